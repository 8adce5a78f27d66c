/* SPDX-License-Identifier: BSD-2-Clause */
/* Hash maps with open addressing and linear probing. */
#include "base/map.h"

#include <stdlib.h>
#include <string.h>

enum { EMPTY = 0, LIVE, DEAD };

struct sd_map_slot {
	u64 key;
	u64 value;
	u8 state;
};

struct sd_strmap_slot {
	const char *key; /* borrowed; NULL is empty */
	u64 hash;
	u64 value;
};

u64 sd_hash64(u64 x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9ULL;
	x ^= x >> 27;
	x *= 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

u64 sd_hash_bytes(const void *p, size_t n)
{
	const u8 *b = p;
	u64 h = 0xcbf29ce484222325ULL;

	for (size_t i = 0; i < n; i++)
		h = (h ^ b[i]) * 0x100000001b3ULL;
	return h;
}

void sd_map_deinit(struct sd_map *m)
{
	free(m->slots);
	memset(m, 0, sizeof(*m));
}

u64 *sd_map_get(const struct sd_map *m, u64 key)
{
	if (!m->cap)
		return NULL;
	for (size_t i = sd_hash64(key) & (m->cap - 1);; i = (i + 1) & (m->cap - 1)) {
		struct sd_map_slot *s = &m->slots[i];

		if (s->state == EMPTY)
			return NULL;
		if (s->state == LIVE && s->key == key)
			return &s->value;
	}
}

static void rehash(struct sd_map *m)
{
	struct sd_map_slot *old = m->slots;
	size_t old_cap = m->cap;

	m->cap = 16;
	while (m->cap < m->n * 4)
		m->cap *= 2;
	m->slots = sd_xcalloc(m->cap, sizeof(*m->slots));
	m->used = m->n;
	for (size_t k = 0; k < old_cap; k++) {
		size_t i;

		if (old[k].state != LIVE)
			continue;
		i = sd_hash64(old[k].key) & (m->cap - 1);
		while (m->slots[i].state != EMPTY)
			i = (i + 1) & (m->cap - 1);
		m->slots[i] = old[k];
	}
	free(old);
}

u64 *sd_map_put(struct sd_map *m, u64 key, bool *new_ret)
{
	u64 *found = sd_map_get(m, key);
	size_t i;

	if (new_ret)
		*new_ret = !found;
	if (found)
		return found;
	if ((m->used + 1) * 2 > m->cap)
		rehash(m);
	i = sd_hash64(key) & (m->cap - 1);
	while (m->slots[i].state == LIVE)
		i = (i + 1) & (m->cap - 1);
	if (m->slots[i].state == EMPTY)
		m->used++;
	m->n++;
	m->slots[i] = (struct sd_map_slot){.key = key, .state = LIVE};
	return &m->slots[i].value;
}

bool sd_map_del(struct sd_map *m, u64 key)
{
	u64 *v = sd_map_get(m, key);
	struct sd_map_slot *s;

	if (!v)
		return false;
	s = (struct sd_map_slot *)((char *)v - offsetof(struct sd_map_slot, value));
	s->state = DEAD;
	m->n--;
	return true;
}

bool sd_map_next(const struct sd_map *m, size_t *pos, u64 *key_ret, u64 **value_ret)
{
	for (; *pos < m->cap; (*pos)++) {
		struct sd_map_slot *s = &m->slots[*pos];

		if (s->state != LIVE)
			continue;
		(*pos)++;
		*key_ret = s->key;
		*value_ret = &s->value;
		return true;
	}
	return false;
}

void sd_strmap_deinit(struct sd_strmap *m)
{
	free(m->slots);
	memset(m, 0, sizeof(*m));
}

static struct sd_strmap_slot *find_str(const struct sd_strmap *m, const char *key, u64 hash)
{
	for (size_t i = hash & (m->cap - 1);; i = (i + 1) & (m->cap - 1)) {
		struct sd_strmap_slot *s = &m->slots[i];

		if (!s->key || (s->hash == hash && !strcmp(s->key, key)))
			return s;
	}
}

u64 *sd_strmap_get(const struct sd_strmap *m, const char *key)
{
	struct sd_strmap_slot *s;

	if (!m->cap)
		return NULL;
	s = find_str(m, key, sd_hash64(sd_hash_bytes(key, strlen(key))));
	return s->key ? &s->value : NULL;
}

u64 *sd_strmap_put(struct sd_strmap *m, const char *key, bool *new_ret)
{
	u64 hash = sd_hash64(sd_hash_bytes(key, strlen(key)));
	struct sd_strmap_slot *s;

	if ((m->n + 1) * 2 > m->cap) {
		struct sd_strmap old = *m;

		m->cap = m->cap ? m->cap * 2 : 32;
		m->slots = sd_xcalloc(m->cap, sizeof(*m->slots));
		for (size_t i = 0; i < old.cap; i++)
			if (old.slots[i].key)
				*find_str(m, old.slots[i].key, old.slots[i].hash) = old.slots[i];
		free(old.slots);
	}
	s = find_str(m, key, hash);
	if (new_ret)
		*new_ret = !s->key;
	if (!s->key) {
		s->key = key;
		s->hash = hash;
		s->value = 0;
		m->n++;
	}
	return &s->value;
}

const char *sd_strmap_next(const struct sd_strmap *m, size_t *pos)
{
	while (*pos < m->cap) {
		const char *key = m->slots[(*pos)++].key;

		if (key)
			return key;
	}
	return NULL;
}
