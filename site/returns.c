/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a function is left: every RET, the jumps that leave it, and calls to a given function from
 * it. */
#include <inttypes.h>

#include "site/priv.h"

/* `jmp *%reg` of a C switch: the register was just added up from a table's entry; `jmp
 * *table(,%reg,8)`; and anything marked notrack, which compilers do for jump tables only. */
static bool is_jump_table(const struct sd_flow *f, u32 i)
{
	const struct sd_insn *in = &f->v.v[i];
	const u8 *p = f->code.p + (in->addr - f->code.lo);
	struct sd_operands o;

	if (p[0] == 0x3e)
		return true;
	if (!sd_code_operands(&f->code, in->addr, &o) || o.n != 1)
		return false;
	if (o.v[0].kind == SD_OPND_MEM)
		return o.v[0].index != SD_OPND_NOREG && o.v[0].scale == 8;
	if (o.v[0].kind != SD_OPND_REG)
		return false;
	for (u32 back = 1; back <= 6 && back <= i; back++) {
		struct sd_operands prev;

		if (!sd_insn_falls_through(&f->v.v[i - back]))
			return false;
		if (sd_code_operands(&f->code, f->v.v[i - back].addr, &prev) && prev.n == 2 &&
		    prev.v[1].kind == SD_OPND_MEM && prev.v[1].index != SD_OPND_NOREG &&
		    (prev.v[1].scale == 4 || prev.v[1].scale == 8) && prev.op != SD_OP_LEA)
			return true;
	}
	return false;
}

static struct sd_err *check_flow(const struct sd_flow *f, u32 *tail_jumps_ret)
{
	const struct sd_func *fn = f->code.fn;
	bool go_code = fn->lang == SD_LANG_GO && !fn->abi0;
	u32 tails = 0;

	if (f->bad)
		return sd_err_new(SD_ERR_FAILED, "%s: bytes at 0x%" PRIx64 " cannot be decoded",
				  fn->name, f->bad);
	for (u32 i = 0; i < f->v.n; i++) {
		const struct sd_insn *in = &f->v.v[i];

		if (in->cls == SD_INSN_JMP_IND) {
			/* Go's compiler uses indirect jumps for switches only (1.19); its assembly
			 * leaves by them. */
			if (!go_code && !is_jump_table(f, i))
				tails++;
			continue;
		}
		if (in->cls != SD_INSN_JMP && in->cls != SD_INSN_JCC)
			continue;
		if (in->target < fn->entry.v || in->target >= fn->end.v)
			tails++;
		else if (sd_flow_find(f, in->target) == SD_FLOW_NONE && in->target < f->code.hi)
			return sd_err_new(SD_ERR_FAILED,
					  "%s: the jump at 0x%" PRIx64
					  " goes into the middle of an instruction",
					  fn->name, in->addr);
	}
	*tail_jumps_ret = tails;
	return NULL;
}

static struct sd_err *fill_returns(struct sd_elf *elf, const struct sd_flow *f,
				   struct sd_arena *arena, struct sd_site **ret, u32 *n_ret)
{
	struct sd_site *sites;
	u32 n = 0, k = 0;

	for (u32 i = 0; i < f->v.n; i++)
		n += f->v.v[i].cls == SD_INSN_RET;
	sites = sd_arena_array(arena, struct sd_site, n);
	for (u32 i = 0; i < f->v.n; i++) {
		if (f->v.v[i].cls != SD_INSN_RET)
			continue;
		sites[k].kind = SD_SITE_RETURN;
		sites[k].cfa = (struct sd_cfa){.reg = SD_RSP, .known = true, .off = 8};
		sites[k].why = "return instruction";
		SD_TRY(sd_site_fill(elf, &f->code, f->v.v[i].addr, &sites[k]));
		k++;
	}
	*ret = sites;
	*n_ret = n;
	return NULL;
}

struct sd_err *sd_site_returns(struct sd_elf *elf, const struct sd_func *fn, struct sd_arena *arena,
			       struct sd_site **ret, u32 *n_ret, u32 *tail_jumps_ret)
{
	struct sd_flow f;
	struct sd_err *err;
	u32 tails = 0;

	if (fn->runtime_internal)
		return sd_err_new(SD_ERR_FAILED,
				  "%s: a part of the runtime that must not be probed", fn->name);
	SD_TRY(sd_flow_init(elf, fn, &f));
	err = check_flow(&f, &tails);
	if (!err)
		err = fill_returns(elf, &f, arena, ret, n_ret);
	if (!err)
		*tail_jumps_ret = tails;
	sd_flow_deinit(&f);
	return err;
}

static struct sd_err *addr_in_flow(struct sd_elf *elf, const struct sd_flow *f, u64 addr,
				   struct sd_site *site)
{
	u32 at = sd_flow_find(f, addr);
	sd_autofree struct sd_cfa *cfa = NULL;

	if (at == SD_FLOW_NONE) {
		if (f->bad && addr >= f->bad)
			return sd_err_new(SD_ERR_FAILED,
					  "%s: bytes at 0x%" PRIx64 " cannot be decoded",
					  f->code.fn->name, f->bad);
		return sd_err_new(SD_ERR_USAGE,
				  "0x%" PRIx64 " is not the start of an instruction of %s", addr,
				  f->code.fn->name);
	}
	cfa = sd_xcalloc(f->v.n, sizeof(*cfa));
	sd_flow_frames(f, cfa);
	site->cfa = cfa[at];
	return sd_site_fill(elf, &f->code, addr, site);
}

struct sd_err *sd_site_addr(struct sd_elf *elf, const struct sd_func *fn, struct sd_vaddr addr,
			    struct sd_arena *arena, struct sd_site *ret)
{
	struct sd_site site = {.kind = SD_SITE_ADDR, .why = "the address that was asked for"};
	struct sd_flow f;
	struct sd_err *err;

	if (fn->runtime_internal)
		return sd_err_new(SD_ERR_FAILED,
				  "%s: a part of the runtime that must not be probed", fn->name);
	SD_TRY(sd_flow_init(elf, fn, &f));
	site.args_at_abi = addr.v == fn->entry.v;
	err = addr_in_flow(elf, &f, addr.v, &site);
	sd_flow_deinit(&f);
	if (!err)
		*ret = site;
	return err;
}

bool sd_site_call_to(struct sd_elf *elf, const struct sd_func *fn, struct sd_vaddr callee,
		     struct sd_site *ret)
{
	struct sd_site site = {.kind = SD_SITE_ADDR, .why = "call that was looked for"};
	struct sd_flow f;
	struct sd_err *err = sd_flow_init(elf, fn, &f);
	bool found = false;

	for (u32 i = 0; !err && i < f.v.n && !found; i++) {
		const struct sd_insn *in = &f.v.v[i];

		if (in->cls != SD_INSN_CALL || in->target != callee.v)
			continue;
		err = addr_in_flow(elf, &f, in->addr, &site);
		found = !err;
	}
	if (found)
		*ret = site;
	if (err)
		sd_err_free(err);
	else
		sd_flow_deinit(&f);
	return found;
}
