/* SPDX-License-Identifier: BSD-2-Clause */
/* Prints what lang/go says of a binary's types, in the form of src/main.go, for tests/go_types.py
 * to compare. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lang/go/go.h"

static struct sd_go *go;
static u64 found, completed;

static const char *const words[] = {
	[SD_KIND_BOOL] = "bool",
	[SD_KIND_STRING] = "string",
	[SD_KIND_SLICE] = "slice",
	[SD_KIND_ARRAY] = "array",
	[SD_KIND_STRUCT] = "struct",
	[SD_KIND_IFACE] = "interface",
	[SD_KIND_EFACE] = "empty interface",
	[SD_KIND_MAP] = "map",
	[SD_KIND_CHAN] = "chan",
	[SD_KIND_FUNC] = "func",
	[SD_KIND_INT] = "int",
	[SD_KIND_UINT] = "uint",
	[SD_KIND_FLOAT] = "float",
	[SD_KIND_COMPLEX] = "complex",
	[SD_KIND_PTR] = "ptr",
	[SD_KIND_UNKNOWN] = "unknown",
};

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static u64 id(const struct sd_type *t)
{
	return t ? t->id : 0;
}

static void print_map(struct sd_type *t)
{
	struct sd_go_map_slots s;

	if (!sd_go_map_slots(sd_go_layout(go)->map_kind, t->key->size, t->key->align, t->elem->size,
			     t->elem->align, &s))
		return;
	printf("map\t%" PRIx64 "\tsize=%" PRIu64
	       " key_off=%u key_stride=%u elem_off=%u elem_stride=%u ik=%d ie=%d "
	       "overflow=%u\n",
	       t->id, s.size, s.key_off, s.key_stride, s.elem_off, s.elem_stride, s.key_indirect,
	       s.elem_indirect, s.overflow_off);
}

static bool print_type(void *ctx, struct sd_vaddr addr)
{
	struct sd_type *t = sd_go_rtype_type(go, addr);

	found++;
	if (!t) {
		printf("bad\t%" PRIx64 "\n", addr.v);
		return true;
	}
	sd_type_complete(t);
	printf("type\t%" PRIx64 "\t%s\t%s\t%s\t%" PRIu64 "\t%u\t%s\t%" PRIx64 "\t%" PRIx64
	       "\t%" PRIu64 "\t",
	       t->id, words[t->kind], t->named ? "true" : "false", t->name, t->size, t->align,
	       t->direct == SD_DIRECT_YES ? "true" : "false", id(t->key), id(t->elem), t->count);
	for (u32 i = 0; i < t->nfields; i++)
		printf(" %s:%" PRIu64 ":%s:%" PRIx64, t->fields[i].name, t->fields[i].off,
		       t->fields[i].embedded ? "true" : "false", t->fields[i].type->id);
	printf("\n");
	if (t->kind == SD_KIND_MAP)
		print_map(t);
	return true;
}

static bool count(void *ctx, struct sd_vaddr addr)
{
	found++;
	return true;
}

static bool complete(void *ctx, struct sd_vaddr addr)
{
	struct sd_type *t = sd_go_rtype_type(go, addr);

	completed += t && sd_type_complete(t)->kind != SD_KIND_UNKNOWN;
	return true;
}

static void print_times(void)
{
	double t0 = now_ms(), t1, t2;

	sd_go_each_rtype(go, count, NULL);
	t1 = now_ms();
	sd_go_each_rtype(go, complete, NULL);
	t2 = now_ms();
	printf("%" PRIu64 " types in %.2f ms, %" PRIu64 " completed in %.2f ms\n", found, t1 - t0,
	       completed, t2 - t1);
}

static bool print_main(u32 index)
{
	struct sd_func f;

	if (!sd_go_func(go, index, &f) || strcmp(f.name, "main.main"))
		return false;
	printf("main\t%" PRIx64 "\n", f.entry.v);
	return true;
}

#define FIELD(type, name, off) printf("struct\t%s\t%s\t%u\n", type, name, (unsigned int)(off))

static void print_structs(void)
{
	const struct sd_go_layout *l = sd_go_layout(go);
	struct sd_go_chan_layout c = l->chan;

	FIELD("runtime.hchan", "", c.size);
	FIELD("runtime.hchan", "qcount", c.qcount);
	FIELD("runtime.hchan", "dataqsiz", c.dataqsiz);
	FIELD("runtime.hchan", "buf", c.buf);
	FIELD("runtime.hchan", "elemsize", c.elemsize);
	FIELD("runtime.hchan", "closed", c.closed);
	FIELD("runtime.hchan", "elemtype", c.elemtype);
	FIELD("runtime.hchan", "sendx", c.sendx);
	FIELD("runtime.hchan", "recvx", c.recvx);
	FIELD("runtime.hchan", "recvq", c.recvq);
	FIELD("runtime.hchan", "sendq", c.sendq);
	FIELD("runtime.waitq", "first", SD_GO_WAITQ_FIRST);
	FIELD("runtime.sudog", "g", SD_GO_SUDOG_G);
	FIELD("runtime.sudog", "next", SD_GO_SUDOG_NEXT);
	FIELD("runtime.sudog", "elem", SD_GO_SUDOG_ELEM);
	if (l->map_kind == SD_GO_MAP_CLASSIC) {
		FIELD("runtime.hmap", "count", SD_GO_HMAP_COUNT);
		FIELD("runtime.hmap", "flags", SD_GO_HMAP_FLAGS);
		FIELD("runtime.hmap", "B", SD_GO_HMAP_B);
		FIELD("runtime.hmap", "buckets", SD_GO_HMAP_BUCKETS);
		FIELD("runtime.hmap", "oldbuckets", SD_GO_HMAP_OLD);
		FIELD("runtime.hmap", "nevacuate", SD_GO_HMAP_EVACUATED);
	} else if (l->map_kind != SD_GO_MAP_UNKNOWN) {
		FIELD("internal/runtime/maps.Map", "", SD_GO_SWISS_SIZE);
		FIELD("internal/runtime/maps.Map", "used", SD_GO_SWISS_USED);
		FIELD("internal/runtime/maps.Map", "dirPtr", SD_GO_SWISS_DIR);
		FIELD("internal/runtime/maps.Map", "dirLen", SD_GO_SWISS_DIR_LEN);
		FIELD("internal/runtime/maps.Map", "globalDepth", SD_GO_SWISS_GLOBAL_DEPTH);
		FIELD("internal/runtime/maps.table", "", SD_GO_TABLE_SIZE);
		FIELD("internal/runtime/maps.table", "used", SD_GO_TABLE_USED);
		FIELD("internal/runtime/maps.table", "capacity", SD_GO_TABLE_CAPACITY);
		FIELD("internal/runtime/maps.table", "localDepth", SD_GO_TABLE_LOCAL_DEPTH);
		FIELD("internal/runtime/maps.table", "index", SD_GO_TABLE_INDEX);
		FIELD("internal/runtime/maps.table", "groups", SD_GO_TABLE_GROUPS);
		FIELD("internal/runtime/maps.groupsReference", "data", 0);
		FIELD("internal/runtime/maps.groupsReference", "lengthMask",
		      SD_GO_TABLE_LENGTH_MASK - SD_GO_TABLE_GROUPS);
	}
}

int main(int argc, char **argv)
{
	struct sd_elf *elf = NULL;
	struct sd_err *err;
	int ret = 1;

	if (argc < 2)
		return 2;
	err = sd_elf_open(argv[1], argv[1], &elf);
	if (!err)
		err = sd_go_open(elf, &go);
	if (err) {
		fprintf(stderr, "%s\n", err->msg);
		sd_err_free(err);
	} else if (!go) {
		fprintf(stderr, "%s is no Go program\n", argv[1]);
	} else if (argc > 2) {
		print_times();
		ret = 0;
	} else {
		for (u32 i = 0; i < sd_go_nfuncs(go) && !print_main(i); i++)
			;
		sd_go_each_rtype(go, print_type, NULL);
		print_structs();
		ret = 0;
	}
	sd_go_close(go);
	sd_elf_close(elf);
	return ret;
}
