/* SPDX-License-Identifier: BSD-2-Clause */
/* The vocabulary of every room: integer names, addresses that cannot be mixed up, cleanup
 * attributes. */
#ifndef SD_BASE_BASE_H
#define SD_BASE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;

/** A link-time virtual address of a binary (before the load bias is added). */
struct sd_vaddr {
	u64 v;
};

/** An offset from the start of a file: what uprobes are registered with. */
struct sd_foff {
	u64 v;
};

#define SD_ARRAY_SIZE(a)	  (sizeof(a) / sizeof((a)[0]))
#define SD_MIN(a, b)		  ((a) < (b) ? (a) : (b))
#define SD_MAX(a, b)		  ((a) > (b) ? (a) : (b))

#define sd_cleanup(fn)		  __attribute__((cleanup(fn)))
#define sd_printf_like(fmt, args) __attribute__((format(printf, fmt, args)))
#define sd_must_check		  __attribute__((warn_unused_result))
#define sd_unused		  __attribute__((unused))

/** Memory that is never NULL: running out of memory ends the process (abort), as it cannot be
 * served anyway. */
void *sd_xmalloc(size_t size);
/** As sd_xmalloc(), zeroed; n * size is checked for overflow. */
void *sd_xcalloc(size_t n, size_t size);
/** As realloc() of n * size bytes, never NULL. */
void *sd_xrealloc(void *p, size_t n, size_t size);
char *sd_xstrdup(const char *s);
char *sd_xstrndup(const char *s, size_t n);

/** Cleanup helpers for sd_cleanup(). */
void sd_freep(void *pp); /* takes a T **; frees the pointee */
void sd_closep(int *fd); /* closes when >= 0 */
#define sd_autofree  sd_cleanup(sd_freep)
#define sd_autoclose sd_cleanup(sd_closep)

#endif
