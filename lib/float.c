/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Floats in registers: at which sites they can be had through a signal frame (bpf/float.bpf.h), and
 * which record the registers of a frame belong to. A record that waits for its frame is kept back
 * from join until that comes, or is known not to.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/exprs.h"
#include "lib/session.h"

#define WAIT_NS                                                                                    \
	500000000ull /* a frame follows its record within microseconds of the thread's time */

/* ---- sites ---- */

bool sd_floats_insn(const struct sd_module *m, u64 pc, struct sd_insn *ret)
{
	u64 have = 0;
	const u8 *bytes = sd_elf_bytes(m->elf, (struct sd_vaddr){pc}, &have);
	sd_autoerr err = bytes ? sd_insn_decode(bytes, have, pc, ret) : NULL;

	return bytes && !err;
}

/* Where a thread goes on behind the instruction; false when that cannot be said. */
static bool find_next(const struct sd_site *site, const struct sd_insn *in, struct sdw_next *ret)
{
	const s32 len = in->len, target = (s32)(in->target - in->addr);
	struct sdw_next next = {.ip = len, .alt = len, .flags = SDW_NEXT_SP | SDW_NEXT_REGS};

	switch ((enum sd_insn_class)in->cls) {
	case SD_INSN_NOP:
	case SD_INSN_ENDBR:
		break;
	case SD_INSN_PUSH_REG:
		next.sp = -8;
		break;
	case SD_INSN_JMP:
		next.ip = next.alt = target;
		break;
	case SD_INSN_JCC:
		if (!site->drop_if_be)
			next.alt = target;
		if (in->cc == SD_CC_OTHER)
			next.flags = SDW_NEXT_SP;
		break;
	case SD_INSN_CALL:
		next.ip = next.alt = target;
		next.sp = -8;
		break;
	case SD_INSN_RET:
		if (in->len > 2) /* ret imm16: not Go's */
			return false;
		next.flags |= SDW_NEXT_RET;
		next.sp = 8;
		break;
	case SD_INSN_OTHER:
		if (in->writes >> SD_RSP & 1)
			next.flags &= ~(u32)SDW_NEXT_SP;
		if (in->writes & ~(1u << SD_RSP))
			next.flags &= ~(u32)SDW_NEXT_REGS;
		break;
	default:
		return false;
	}
	*ret = next;
	return true;
}

/* The signal comes behind the probed instruction: XMM registers that it writes hold something else
 * by then. */
static void drop_written(struct sonde_session *s, struct sd_variable *vars, u32 n, u32 written)
{
	for (u32 i = 0; i < n; i++) {
		struct sd_loc *loc = &vars[i].loc;
		bool any = false;

		for (u32 k = 0; k < loc->n; k++)
			any |= loc->pieces[k].kind == SD_PIECE_XMM && loc->pieces[k].reg < 32 &&
			       (written >> loc->pieces[k].reg & 1);
		if (!any)
			continue;
		loc->pieces = sd_arena_memdup(&s->arena, loc->pieces,
					      sizeof(*loc->pieces) * loc->n);
		for (u32 k = 0; k < loc->n; k++) {
			struct sd_piece *p = &loc->pieces[k];

			if (p->kind != SD_PIECE_XMM || p->reg >= 32 || !(written >> p->reg & 1))
				continue;
			p->why = sd_arena_printf(
				&s->arena, "in xmm%u: the probed instruction changes it", p->reg);
			p->kind = SD_PIECE_NONE;
		}
	}
}

/* The variables that expressions name are others than the parameters. */
static void drop_written_of_exprs(struct sonde_session *s, struct sd_exprs *ex, u32 written)
{
	u32 n = ex->nvars[SD_AT_HIT];
	struct sd_variable *vars;

	if (!n)
		return;
	vars = sd_arena_memdup(&s->arena, ex->vars[SD_AT_HIT], sizeof(*vars) * n);
	drop_written(s, vars, n, written);
	ex->vars[SD_AT_HIT] = vars;
}

static void no_floats(struct sd_point *p)
{
	p->wire.flags &= ~(u32)SDW_SITE_WANT_XMM;
	if (!p->wire.nroots && !p->wire.regs_type && !p->wire.frames)
		p->wire.flags |= SDW_SITE_REGS_ONLY;
}

static bool prepare_point(struct sonde_session *s, struct sd_point *p)
{
	struct sd_traced *t = &s->traced.v[p->traced];
	struct sd_insn in;

	if (!(p->wire.flags & (SDW_SITE_G_R14 | SDW_SITE_G_TLS)) ||
	    !sd_floats_insn(p->module, p->site.addr.v, &in) || !find_next(&p->site, &in, &p->next))
		return false;
	if (in.xmm_writes && (p->role == SD_JOIN_ENTRY || p->role == SD_JOIN_ENTRY_ONLY)) {
		drop_written(s, t->sig.params, t->sig.nparams, in.xmm_writes);
		if (t->exprs)
			drop_written_of_exprs(s, t->exprs, in.xmm_writes);
	}
	return true;
}

void sd_floats_prepare(struct sonde_session *s, struct sd_module *m)
{
	bool may = !s->opts.no_float_regs && m->go, any = false;
	struct sd_point frame = {.traced = SD_NO_TRACED, .role = SD_JOIN_SILENT, .module = m};

	for (size_t i = 0; i < s->points.n; i++) {
		struct sd_point *p = &s->points.v[i];

		if (p->module != m || !(p->wire.flags & SDW_SITE_WANT_XMM))
			continue;
		if (may && prepare_point(s, p))
			any = true;
		else
			no_floats(p);
	}
	if (!any)
		return;
	if (sd_floats_frame_site(m, &frame.site)) {
		frame.wire.addr = frame.site.addr.v;
		frame.wire.flags = SDW_SITE_FRAME;
		sd_vec_push(&s->points, frame);
		return;
	}
	for (size_t i = 0; i < s->points.n; i++)
		if (s->points.v[i].module == m && (s->points.v[i].wire.flags & SDW_SITE_WANT_XMM))
			no_floats(&s->points.v[i]);
	sd_say(s, SONDE_WARNING,
	       "%s: floats in registers are not read: its signal handler is not as expected",
	       m->ref.display);
}

void sd_floats_check(struct sonde_session *s)
{
	u32 of = SDW_SITE_WANT_XMM, any = 0;
	const char *why;

	for (size_t i = 0; i < s->points.n; i++)
		if (s->points.v[i].wire.flags & SDW_SITE_WANT_XMM)
			any |= s->points.v[i].wire.flags;
	why = any ? sd_run_no_floats() : NULL;
	if (!why && any & SDW_SITE_G_TLS) {
		of = SDW_SITE_G_TLS;
		why = sd_run_no_fsbase();
	}
	if (!why)
		return;
	sd_say(s, SONDE_WARNING, "floats in registers are not read: %s", why);
	for (size_t i = 0; i < s->points.n; i++)
		if (s->points.v[i].wire.flags & of && s->points.v[i].wire.flags & SDW_SITE_WANT_XMM)
			no_floats(&s->points.v[i]);
}

struct sd_err *sd_floats_set(struct sonde_session *s)
{
	for (size_t i = 0; i < s->points.n; i++)
		if (s->points.v[i].wire.flags & SDW_SITE_WANT_XMM)
			SD_TRY(sd_run_set_next(s->run, (u32)i, &s->points.v[i].next));
	return NULL;
}

/* ---- records ---- */

/* Hands a record that was kept back to join. */
static void release(struct sonde_session *s, size_t i)
{
	struct sdw_rec *rec = s->waiting.v[i];

	s->waiting.v[i] = s->waiting.v[--s->waiting.n];
	sd_join_record(s->join, rec);
	free(rec);
}

static void keep(struct sonde_session *s, const struct sdw_rec *rec)
{
	/* room for one range more; its offset must be a multiple of 8, as all sizes of records are
	 */
	struct sdw_rec *copy = sd_xmalloc(rec->size + sizeof(struct sdw_range) + SDW_XMM_BYTES);

	memcpy(copy, rec, rec->size);
	sd_vec_push(&s->waiting, copy);
}

static void add_floats(struct sdw_rec *rec, const struct sdw_rec *floats)
{
	struct sdw_range range = {.len = SDW_XMM_BYTES, .status = SDW_XMM};

	rec->flags |= floats->flags & SDW_REC_XMM_WHY;
	if (rec->flags & SDW_REC_XMM_WHY)
		return;
	if (rec->size & 7 || rec->size + sizeof(range) + SDW_XMM_BYTES > SDW_EVENT_MAX) {
		rec->flags |= SDW_REC_XMM_FAULT;
		return;
	}
	memcpy((u8 *)rec + rec->size, &range, sizeof(range));
	memcpy((u8 *)rec + rec->size + sizeof(range), floats->regs, SDW_XMM_BYTES);
	rec->size += sizeof(range) + SDW_XMM_BYTES;
	rec->nranges++;
}

/* Whether both are of one hit, or of two at which all general registers were the same. */
static bool same_registers(const struct sdw_rec *a, const struct sdw_rec *b)
{
	return a->pid == b->pid && a->tid == b->tid && !memcmp(a->regs, b->regs, sizeof(a->regs));
}

/* The first of those that wait for the same numbers as rec; s->waiting.n: none. */
static size_t next_sharing(const struct sonde_session *s, const struct sdw_rec *rec)
{
	size_t first = s->waiting.n;

	for (size_t i = 0; i < s->waiting.n; i++) {
		const struct sdw_rec *w = s->waiting.v[i];

		if ((w->flags & SDW_REC_XMM_SHARED) && same_registers(w, rec) &&
		    (first == s->waiting.n || w->ts < s->waiting.v[first]->ts))
			first = i;
	}
	return first;
}

static void take_floats(struct sonde_session *s, const struct sdw_rec *floats)
{
	for (size_t i = 0; i < s->waiting.n; i++) {
		struct sdw_rec *rec = s->waiting.v[i];
		struct sdw_rec asked = *rec;

		if (rec->tid != floats->tid || rec->pid != floats->pid || rec->ts != floats->g ||
		    rec->site != floats->site)
			continue;
		add_floats(rec, floats);
		release(s, i);
		while ((i = next_sharing(s, &asked)) < s->waiting.n) {
			add_floats(s->waiting.v[i], floats);
			release(s, i);
		}
		return;
	}
}

/* Whether w waits for a record that can still come, now that rec is there. */
static bool still_waits(const struct sdw_rec *w, const struct sdw_rec *rec)
{
	if (w->pid != rec->pid || (w->tid != rec->tid && (!rec->g || w->g != rec->g)))
		return true;
	/* another probe on the same instruction; but not one that has asked anew */
	return same_registers(w, rec) && w->site != rec->site &&
	       ((rec->flags & SDW_REC_XMM_SHARED) || !(rec->flags & SDW_REC_XMM));
}

static bool is_asked(const struct sonde_session *s, const struct sdw_rec *rec)
{
	for (size_t i = 0; i < s->waiting.n; i++)
		if (!(s->waiting.v[i]->flags & SDW_REC_XMM_SHARED) &&
		    same_registers(s->waiting.v[i], rec))
			return true;
	return false;
}

void sd_floats_record(struct sonde_session *s, const struct sdw_rec *rec)
{
	if (rec->flags & SDW_REC_FLOATS) {
		take_floats(s, rec);
		return;
	}
	/* the thread or the goroutine has gone on: what it waited for does not come any more */
	for (size_t i = s->waiting.n; i-- > 0;)
		if (!still_waits(s->waiting.v[i], rec))
			release(s, i);
	if ((rec->flags & (SDW_REC_XMM | SDW_REC_XMM_WHY)) == SDW_REC_XMM &&
	    (!(rec->flags & SDW_REC_XMM_SHARED) || is_asked(s, rec)))
		keep(s, rec);
	else
		sd_join_record(s->join, rec);
}

void sd_floats_expire(struct sonde_session *s, u64 now)
{
	for (size_t i = s->waiting.n; i-- > 0;)
		if (s->waiting.v[i]->ts + WAIT_NS < now)
			release(s, i);
}

void sd_floats_flush(struct sonde_session *s, u32 pid)
{
	for (;;) {
		size_t first = s->waiting.n;

		for (size_t i = 0; i < s->waiting.n; i++)
			if ((!pid || s->waiting.v[i]->pid == pid) &&
			    (first == s->waiting.n ||
			     s->waiting.v[i]->ts < s->waiting.v[first]->ts))
				first = i;
		if (first == s->waiting.n)
			return;
		release(s, first);
	}
}

void sd_floats_deinit(struct sonde_session *s)
{
	for (size_t i = 0; i < s->waiting.n; i++)
		free(s->waiting.v[i]);
	sd_vec_free(&s->waiting);
}
