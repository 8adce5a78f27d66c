/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ids of types for the kernel side: how large values are and where their pointers lead. An id holds
 * for every depth, as the kernel counts pointers itself; but types are only looked into as deep as
 * they can be reached, since completing them from the debug information is what takes time. Maps
 * and channels get types of their own, from lang/go/layouts.h.
 */
#include "plan/types.h"

#include <string.h>

enum {
	MAX_TYPES = 1 << 18,
	MAX_PTRS = 1 << 20,
	MAX_LEVEL = 16,	 /* arrays and structs within one another */
	TABLES = 2,	 /* of a Swiss map's directory: a table holds more than is shown, mostly */
	WAITING = 16,	 /* goroutines that wait at a channel are counted up to here */
	SUDOG_SIZE = 16, /* as much of one as leads to the next */
};

/* What an id stands for, of a type. Together with the type's address the key of by_type. */
enum role {
	VALUE,
	MAP,	   /* runtime.hmap, maps.Map */
	BLOCK,	   /* a map's bucket or group */
	TABLE_PTR, /* what a Swiss map's directory consists of: always the id after BLOCK's */
	TABLE,
	CHAN,
};

enum state {
	NEW,
	SHALLOW, /* its pointers that cost depth are left out */
	DONE,
};

void sd_tables_init(struct sd_tables *t, const struct sd_limits *limits)
{
	memset(t, 0, sizeof(*t));
	t->limits = *limits;
	sd_vec_push(&t->types, (struct sdw_type){0});
	sd_vec_push(&t->info, (struct sd_type_info){0});
	sd_vec_push(&t->ptrs, (struct sdw_ptr){0});
	t->word_type = sd_types_add(t, 8, NULL, 0);
}

void sd_tables_deinit(struct sd_tables *t)
{
	sd_vec_free(&t->types);
	sd_vec_free(&t->info);
	sd_vec_free(&t->ptrs);
	sd_vec_free(&t->todo);
	sd_vec_free(&t->rtype_keys);
	sd_vec_free(&t->rtypes);
	sd_vec_free(&t->ops);
	sd_vec_free(&t->texts);
	sd_map_deinit(&t->by_type);
	sd_map_deinit(&t->iface_modules);
	sd_map_deinit(&t->func_modules);
}

void sd_tables_module(struct sd_tables *t, u32 module, const struct sd_go_layout *go)
{
	t->module = module;
	t->go = go;
}

static bool is_full(const struct sd_tables *t)
{
	return t->types.n + WAITING + 2 > MAX_TYPES || t->ptrs.n + SD_TYPE_PTRS > MAX_PTRS;
}

static void set_ptrs(struct sd_tables *t, u32 index, const struct sdw_ptr *ptrs, u32 n)
{
	t->types.v[index].first_ptr = (u32)t->ptrs.n;
	t->types.v[index].nptr = n;
	for (u32 i = 0; i < n; i++)
		sd_vec_push(&t->ptrs, ptrs[i]);
}

u32 sd_types_add(struct sd_tables *t, u64 size, const struct sdw_ptr *ptrs, u32 n)
{
	u32 index = (u32)t->types.n;

	sd_vec_push(&t->types, (struct sdw_type){.size = (u32)SD_MIN(size, (u64)SDW_READ_MAX)});
	sd_vec_push(&t->info, (struct sd_type_info){.state = DONE});
	set_ptrs(t, index, ptrs, n);
	return index;
}

/* Lays an id open to depth, now or in sd_types_finish(). */
static u32 reach(struct sd_tables *t, u32 index, u32 depth)
{
	struct sd_type_info *info = &t->info.v[index];

	if (info->type && info->reach < depth + 1) {
		info->reach = depth + 1;
		sd_vec_push(&t->todo, index);
	}
	return index;
}

/*
 * Go's types by their descriptors, since the debug information and the descriptors each have an
 * sd_type of the same; others by their address, which is a multiple of 8 and of the user half.
 */
static u64 key_of(const struct sd_tables *t, const struct sd_type *type, enum role role)
{
	if (!t->go || !type->go_rtype || type->go_rtype >> 40)
		return (u64)(uintptr_t)type | role;
	return 1ULL << 63 | (u64)(t->module & 0xffff) << 43 | type->go_rtype << 3 | role;
}

static u32 id_of(struct sd_tables *t, struct sd_type *type, enum role role, u64 size, u32 depth)
{
	struct sd_type_info *info;
	bool is_new;
	u64 *slot;

	if (is_full(t) || !size)
		return 0;
	slot = sd_map_put(&t->by_type, key_of(t, type, role), &is_new);
	if (!is_new) {
		info = &t->info.v[*slot];
		if (info->type->kind != type->kind || info->type->size != type->size)
			slot = sd_map_put(&t->by_type, (u64)(uintptr_t)type | role,
					  &is_new); /* no descriptor of it */
		else if (t->from_descriptors && info->state != DONE)
			info->type = type; /* quicker to complete */
	}
	if (is_new) {
		*slot = t->types.n;
		sd_vec_push(&t->types,
			    (struct sdw_type){.size = (u32)SD_MIN(size, (u64)SDW_READ_MAX)});
		sd_vec_push(&t->info, (struct sd_type_info){.type = type, .role = role});
	}
	return reach(t, (u32)*slot, depth);
}

u32 sd_types_value(struct sd_tables *t, struct sd_type *type, u32 depth)
{
	return id_of(t, type, VALUE, type->size, depth);
}

static bool slots_of(const struct sd_tables *t, struct sd_type *map, struct sd_go_map_slots *ret)
{
	struct sd_type *key = sd_type_key(map), *elem = sd_type_elem(map);

	return t->go && key->kind != SD_KIND_UNKNOWN && elem->kind != SD_KIND_UNKNOWN &&
	       sd_go_map_slots(t->go->map_kind, key->size, key->align, elem->size, elem->align,
			       ret);
}

u32 sd_types_behind(struct sd_tables *t, struct sd_type *type, u32 depth)
{
	struct sd_go_map_slots slots;

	if (type->kind == SD_KIND_MAP && slots_of(t, type, &slots))
		return id_of(t, type, MAP, SD_GO_HMAP_SIZE, depth);
	if (type->kind == SD_KIND_CHAN && t->go)
		return id_of(t, type, CHAN, t->go->chan.size, depth);
	if (type->kind == SD_KIND_FUNC && t->go) {
		struct sdw_ptr code = {.kind = SDW_PTR_IFACE, .count = SDW_IFACE_SELF};

		sd_map_put(&t->func_modules, t->module, NULL);
		if (!t->closure_type)
			t->closure_type = sd_types_add(t, 8, &code, 1);
		return t->closure_type;
	}
	return 0;
}

static void find(struct sd_tables *t, struct sd_found *f, struct sd_type *type, u64 at, u32 depth,
		 u32 level);

static void find_handle(struct sd_tables *t, struct sd_found *f, struct sd_type *type, u32 off,
			u32 depth)
{
	u32 index = sd_types_behind(t, type, depth);

	if (index && type->kind == SD_KIND_FUNC) /* what that type does, in fewer steps */
		sd_found_add(f, (struct sdw_ptr){.off = off,
						 .len_off = off,
						 .kind = SDW_PTR_IFACE,
						 .count = SDW_IFACE_FUNC});
	else if (index)
		sd_found_add(f, (struct sdw_ptr){.off = off, .kind = SDW_PTR_SAME, .type = index});
	else if (type->kind == SD_KIND_FUNC)
		sd_found_add(f, (struct sdw_ptr){.off = off, .kind = SDW_PTR_RAW, .count = 8});
	else /* layout not known: the number of elements comes first in all of them */
		sd_found_add(f, (struct sdw_ptr){.off = off,
						 .kind = SDW_PTR_RAW,
						 .count = type->kind == SD_KIND_CHAN ? 16 : 8});
}

static void find_slice(struct sd_tables *t, struct sd_found *f, struct sd_type *type, u32 off,
		       u32 depth)
{
	struct sd_type *elem = sd_type_elem(type);
	struct sdw_ptr p = {.off = off, .len_off = off + 8, .kind = SDW_PTR_BYTES};

	if (elem->size > 1) {
		p.kind = SDW_PTR_SLICE;
		p.type = sd_types_value(t, elem, depth);
	}
	if (elem->size == 1 || p.type)
		sd_found_add(f, p);
}

static void find_iface(struct sd_tables *t, struct sd_found *f, bool has_methods, u32 off)
{
	sd_map_put(&t->iface_modules, t->module, NULL);
	sd_found_add(f, (struct sdw_ptr){.off = off,
					 .len_off = off + 8,
					 .kind = SDW_PTR_IFACE,
					 .count = has_methods});
}

/* {type, pointer, flag}: leads where the empty interface of that type and data word does. */
static bool is_reflect_value(const struct sd_tables *t, const struct sd_type *type)
{
	return t->go && type->named && type->size == 24 && type->name &&
	       !strcmp(type->name, "reflect.Value");
}

/* level bounds nesting of hostile types. */
static void find(struct sd_tables *t, struct sd_found *f, struct sd_type *type, u64 at, u32 depth,
		 u32 level)
{
	u32 off = (u32)at, index;
	struct sd_type *elem;
	u64 v_off;

	if (level > MAX_LEVEL || at > SDW_READ_MAX || f->n == f->cap)
		return;
	if (type->kind == SD_KIND_PTR && !depth)
		return;
	sd_type_complete(type);
	switch (type->kind) {
	case SD_KIND_STRING:
		sd_found_add(
			f, (struct sdw_ptr){.off = off, .len_off = off + 8, .kind = SDW_PTR_BYTES});
		break;
	case SD_KIND_SLICE:
		find_slice(t, f, type, off, depth);
		break;
	case SD_KIND_ARRAY:
		elem = sd_type_elem(type);
		for (u64 i = 0; elem->size && i < SD_MIN(type->count, (u64)t->limits.items); i++)
			find(t, f, elem, at + i * elem->size, depth, level + 1);
		break;
	case SD_KIND_STRUCT:
		if (is_reflect_value(t, type)) {
			find_iface(t, f, false, off);
			break;
		}
		elem = t->go ? sd_type_atomic_pointer(type, &v_off) : NULL;
		if (elem) {
			find(t, f, elem, at + v_off, depth, level + 1);
			break;
		}
		for (u32 i = 0; i < type->nfields; i++)
			find(t, f, type->fields[i].type, at + type->fields[i].off, depth,
			     level + 1);
		break;
	case SD_KIND_PTR:
		index = sd_types_value(t, sd_type_elem(type), depth - 1);
		if (index)
			sd_found_add(f, (struct sdw_ptr){
						.off = off, .kind = SDW_PTR_ONE, .type = index});
		break;
	case SD_KIND_IFACE:
	case SD_KIND_EFACE:
		find_iface(t, f, type->kind == SD_KIND_IFACE, off);
		break;
	case SD_KIND_MAP:
	case SD_KIND_CHAN:
	case SD_KIND_FUNC:
		find_handle(t, f, type, off, depth);
		break;
	default:
		break;
	}
}

void sd_types_find(struct sd_tables *t, struct sd_found *f, struct sd_type *type, u32 depth)
{
	find(t, f, type, 0, depth, 0);
}

/*
 * How many buckets or groups are read: at 8 slots each and never less than a third full, but for
 * what was deleted or made in advance, half as many as elements are shown will do. One range must
 * take them.
 */
static u16 some(const struct sd_tables *t, u64 size)
{
	u64 items = SD_MAX(t->limits.items, t->map_items);

	return (u16)SD_MAX(SD_MIN((items + 1) / 2, SDW_READ_MAX / size), 1u);
}

static void find_map(struct sd_tables *t, struct sd_found *f, struct sd_type *map, u32 depth)
{
	struct sd_go_map_slots slots;
	u32 block;

	if (!slots_of(t, map, &slots))
		return;
	block = id_of(t, map, BLOCK, slots.size, depth);
	if (!block)
		return;
	if (t->go->map_kind == SD_GO_MAP_CLASSIC) {
		struct sdw_ptr p = {.off = SD_GO_HMAP_BUCKETS,
				    .len_off = SD_GO_HMAP_B,
				    .kind = SDW_PTR_LOG2,
				    .type = block,
				    .count = (u16)(some(t, slots.size) << 1)};

		sd_found_add(f, p);
		p.off = SD_GO_HMAP_OLD; /* of growth to the same size half is read */
		p.count |= 1;
		sd_found_add(f, p);
		return;
	}
	if (block + 1 == t->types.n &&
	    !id_of(t, map, TABLE_PTR, 8, depth)) /* block was just made */
		return;
	sd_found_add(f, (struct sdw_ptr){.off = SD_GO_SWISS_DIR,
					 .len_off = SD_GO_SWISS_DIR_LEN,
					 .kind = SDW_PTR_SWISS,
					 .type = block,
					 .count = TABLES});
	reach(t, block + 1, depth);
}

static void find_block(struct sd_tables *t, struct sd_found *f, struct sd_type *map, u32 depth)
{
	struct sd_type *key = sd_type_key(map), *elem = sd_type_elem(map);
	struct sd_go_map_slots s;

	if (!slots_of(t, map, &s))
		return;
	if (s.overflow_off)
		sd_found_add(f, (struct sdw_ptr){.off = s.overflow_off,
						 .kind = SDW_PTR_SAME,
						 .type = id_of(t, map, BLOCK, s.size, depth)});
	for (u32 i = 0; i < SD_GO_MAP_SLOTS; i++) {
		u32 key_at = s.key_off + i * s.key_stride, elem_at = s.elem_off + i * s.elem_stride;

		if (s.key_indirect)
			sd_found_add(f, (struct sdw_ptr){.off = key_at,
							 .kind = SDW_PTR_SAME,
							 .type = sd_types_value(t, key, depth)});
		else
			find(t, f, key, key_at, depth, 1);
		if (s.elem_indirect)
			sd_found_add(f, (struct sdw_ptr){.off = elem_at,
							 .kind = SDW_PTR_SAME,
							 .type = sd_types_value(t, elem, depth)});
		else
			find(t, f, elem, elem_at, depth, 1);
	}
}

static void find_table(struct sd_tables *t, struct sd_found *f, struct sd_type *map, u32 depth)
{
	struct sd_go_map_slots s;

	if (!slots_of(t, map, &s))
		return;
	sd_found_add(f, (struct sdw_ptr){.off = SD_GO_TABLE_GROUPS,
					 .len_off = SD_GO_TABLE_LENGTH_MASK,
					 .kind = SDW_PTR_PLUS1,
					 .type = id_of(t, map, BLOCK, s.size, depth),
					 .count = some(t, s.size)});
}

/* Waiting goroutines: each has a type of its own, so that a long queue does not use up the event.
 */
static u32 sudog_type(struct sd_tables *t)
{
	if (t->sudog_type)
		return t->sudog_type;
	t->sudog_type = (u32)t->types.n;
	for (u32 i = 0; i < WAITING; i++) {
		struct sdw_ptr next = {.off = SD_GO_SUDOG_NEXT,
				       .kind = SDW_PTR_SAME,
				       .type = t->sudog_type + i + 1};

		sd_types_add(t, SUDOG_SIZE, &next, i + 1 < WAITING);
	}
	return t->sudog_type;
}

static void find_chan(struct sd_tables *t, struct sd_found *f, struct sd_type *chan, u32 depth)
{
	const struct sd_go_chan_layout *l = &t->go->chan;
	struct sd_type *elem = sd_type_elem(chan);
	u32 index = sd_types_value(t, elem, depth);

	/* the queue goes round: from the oldest to the buffer's end, then from its start on */
	if (index && elem->size <= SDW_READ_MAX) {
		sd_found_add(f, (struct sdw_ptr){.off = l->buf,
						 .len_off = l->recvx,
						 .kind = SDW_PTR_RING,
						 .type = index,
						 .count = (u16)elem->size});
		sd_found_add(f, (struct sdw_ptr){.off = l->buf,
						 .len_off = l->sendx,
						 .kind = SDW_PTR_SLICE,
						 .type = index});
	}
	sd_found_add(f, (struct sdw_ptr){.off = l->recvq + SD_GO_WAITQ_FIRST,
					 .kind = SDW_PTR_SAME,
					 .type = sudog_type(t)});
	sd_found_add(f, (struct sdw_ptr){.off = l->sendq + SD_GO_WAITQ_FIRST,
					 .kind = SDW_PTR_SAME,
					 .type = sudog_type(t)});
}

static void look_into(struct sd_tables *t, u32 index, u32 depth)
{
	struct sdw_ptr ptrs[SD_TYPE_PTRS];
	struct sd_found f = {.v = ptrs, .cap = SD_TYPE_PTRS};
	struct sd_type *type = t->info.v[index].type;

	t->info.v[index].state = depth ? DONE : SHALLOW;
	switch ((enum role)t->info.v[index].role) {
	case VALUE:
		sd_types_find(t, &f, type, depth);
		break;
	case MAP:
		find_map(t, &f, type, depth);
		break;
	case BLOCK:
		find_block(t, &f, type, depth);
		break;
	case TABLE_PTR:
		sd_found_add(&f, (struct sdw_ptr){
					 .kind = SDW_PTR_SAME,
					 .type = id_of(t, type, TABLE, SD_GO_TABLE_SIZE, depth)});
		break;
	case TABLE:
		find_table(t, &f, type, depth);
		break;
	case CHAN:
		find_chan(t, &f, type, depth);
		break;
	}
	set_ptrs(t, index, f.v, f.n);
}

void sd_types_finish(struct sd_tables *t)
{
	/* first in, first out: types are reached from nearer by first, and looked into once, mostly
	 */
	for (size_t i = 0; i < t->todo.n; i++) {
		u32 index = t->todo.v[i], depth = t->info.v[index].reach - 1;

		if (is_full(t))
			break;
		if (t->info.v[index].state == NEW || (t->info.v[index].state == SHALLOW && depth)) {
			look_into(t, index, depth);
			continue;
		}
		for (u32 k = 0; k < t->types.v[index].nptr; k++) {
			const struct sdw_ptr *p = &t->ptrs.v[t->types.v[index].first_ptr + k];

			if (!p->type || (p->kind == SDW_PTR_ONE && !depth))
				continue;
			reach(t, p->type, p->kind == SDW_PTR_ONE ? depth - 1 : depth);
			if (p->kind == SDW_PTR_SWISS)
				reach(t, p->type + 1, depth);
		}
	}
	t->todo.n = 0;
}

void sd_types_want_map_items(struct sd_tables *t, u32 items)
{
	if (t->map_items >= items)
		return;
	t->map_items = items;
	for (u32 i = 0; i < t->info.n; i++) {
		struct sd_type_info *info = &t->info.v[i];

		if (info->role == VALUE || info->state == NEW || !info->type)
			continue;
		info->state = NEW;
		sd_vec_push(&t->todo, i);
	}
}
