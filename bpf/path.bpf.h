/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The program that captures what expressions read (sdw_site.paths): before the chase, each word
 * that it loads is a range, and what it ends at is queued.
 */
#ifndef SD_BPF_PATH_H
#define SD_BPF_PATH_H

#include "chase.bpf.h"
#include "vm.bpf.h"

static __always_inline void sd_path_load(struct sd_vm *vm, struct sd_scratch *s,
					 struct sdw_rec *rec, const struct sdw_op *op)
{
	__u64 n = op->b & 15, len = op->off, bad = sd_is_bad(vm, op->a), at = s->off;
	__u64 a = *sd_v(vm, op->a);

	vm->w[0] = 0;
	vm->w[1] = 0;
	if (bad || !a) {
		sd_vm_loaded(vm, op, bad || !(op->b & SDW_LOAD_OR_0));
		return;
	}
	if (len > sd_room(s) || !sd_fits(s, len)) {
		rec->flags |= SDW_REC_CUT_BYTES;
		bad = 1;
	} else if (sd_read(s, rec, a + op->imm, len)) {
		bad = 1;
	} else {
		at += SD_RANGE_SIZE;
		vm->w[0] = sd_word(rec, at);
		if (!n)
			vm->w[1] = sd_word(rec, at + 8);
		else if (n < 8)
			vm->w[0] &= (1ULL << 8 * n) - 1;
	}
	sd_vm_loaded(vm, op, bad);
}

static __always_inline int sd_path_step(struct sd_vm *vm, struct sd_scratch *s, struct sdw_rec *rec)
{
	const struct sdw_op *op = bpf_map_lookup_elem(&ops, &vm->pc);

	if (!op)
		return 1;
	vm->pc++;
	if (op->code == SDW_OP_LOAD) {
		sd_path_load(vm, s, rec, op);
		return 0;
	}
	if (op->code != SDW_OP_CAPTURE)
		return sd_vm_op(vm, op);
	s->next.addr = *sd_v(vm, op->a);
	if (!s->next.addr || sd_is_bad(vm, op->a))
		return 0;
	s->next.addr += op->imm;
	s->next.type = op->off;
	s->next.count = op->b;
	s->next.depth = op->dst;
	sd_push(s, rec);
	return 0;
}

#ifdef SD_PLAIN
static __noinline int sd_path_one(struct sd_vm *vm, struct sd_scratch *s, struct sdw_rec *rec)
{
	return sd_path_step(vm, s, rec);
}
#else
struct sd_path_ctx {
	struct sd_vm *vm;
	struct sd_scratch *s;
	struct sdw_rec *rec;
};

static long sd_path_one(__u32 i, struct sd_path_ctx *c)
{
	return sd_path_step(c->vm, c->s, c->rec);
}
#endif

static __noinline void sd_paths(struct sd_scratch *s, struct sdw_rec *rec, __u32 first)
{
	struct sd_vm *vm = sd_vm_take();

	if (!vm) {
		rec->flags |= SDW_REC_CUT_QUEUE;
		return;
	}
#pragma unroll
	for (int i = 0; i < SDW_NREGS; i++)
		vm->v[SDW_REG + i] = rec->regs[i];
	vm->v[SDW_BIAS] = s->bias;
	vm->pc = first;
	vm->bad = 0;
	vm->at = 0;
#ifdef SD_PLAIN
	for (int i = 0; i < SDW_VM_STEPS_PLAIN; i++)
		if (sd_path_one(vm, s, rec))
			goto end;
	rec->flags |= SDW_REC_CUT_QUEUE;
end:
#else
	{
		struct sd_path_ctx c = {vm, s, rec};

		bpf_loop(SDW_VM_STEPS_LOOP, sd_path_one, &c, 0);
	}
#endif
	sd_vm_release(vm);
}

/* Which hit of its probe this is: a range without bytes. */
static __always_inline void sd_path_hits(struct sd_scratch *s, struct sdw_rec *rec)
{
	__u64 off = s->off;

	sd_opaque(off);
	if (off > SDW_REC_MAX - SD_RANGE_SIZE || off + SD_RANGE_SIZE > s->limit ||
	    s->left < SD_RANGE_SIZE)
		return;
	*(struct sdw_range *)((__u8 *)rec + off) = (struct sdw_range){.addr = s->hits,
								      .status = SDW_HITS};
	rec->nranges++;
	s->off = off + SD_RANGE_SIZE;
	s->left -= SD_RANGE_SIZE;
}

#endif
