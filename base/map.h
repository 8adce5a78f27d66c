/* SPDX-License-Identifier: BSD-2-Clause */
/* Hash maps: from integers (sd_map) and from strings (sd_strmap) to pointers or integers. */
#ifndef SD_BASE_MAP_H
#define SD_BASE_MAP_H

#include "base/base.h"

/** u64 -> u64, open addressing; any key and value. A zeroed map is empty and ready. */
struct sd_map {
	struct sd_map_slot *slots; /* owned */
	size_t n;
	size_t used; /* live and deleted */
	size_t cap;  /* power of two or 0 */
};

void sd_map_deinit(struct sd_map *m);
/** The place of key's value, NULL when it is absent; valid until the next insertion. */
u64 *sd_map_get(const struct sd_map *m, u64 key);
/** The place of key's value, made (zero) when absent; *new_ret (may be NULL) says whether it was
 * made. */
u64 *sd_map_put(struct sd_map *m, u64 key, bool *new_ret);
/** Removes key; false when it was not there. */
bool sd_map_del(struct sd_map *m, u64 key);
/** Walks: start with *pos = 0; false at the end. Do not insert meanwhile; deleting the current key
 * is fine. */
bool sd_map_next(const struct sd_map *m, size_t *pos, u64 *key_ret, u64 **value_ret);

/** string -> u64; keys are borrowed and must outlive the map. A zeroed map is empty and ready. */
struct sd_strmap {
	struct sd_strmap_slot *slots; /* owned */
	size_t n;
	size_t cap;
};

void sd_strmap_deinit(struct sd_strmap *m);
u64 *sd_strmap_get(const struct sd_strmap *m, const char *key);
u64 *sd_strmap_put(struct sd_strmap *m, const char *key, bool *new_ret);
/** Walks the keys: start with *pos = 0; NULL at the end. Do not insert meanwhile. */
const char *sd_strmap_next(const struct sd_strmap *m, size_t *pos);

/** A good 64-bit mix (splitmix64 finaliser) and a string hash (FNV-1a). */
u64 sd_hash64(u64 x);
u64 sd_hash_bytes(const void *p, size_t n);

#endif
