/* SPDX-License-Identifier: BSD-2-Clause */
/* The life of a session: targets and probes, prepare, start, poll, finish. */
#include "lib/session.h"

#include "lib/stack.h"
#include "lib/taming.h"
#include "lib/tree.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	BUSY_POLL_MS = 1,   /* while events come */
	OPEN_CALLS = 16384, /* of conditions' functions that are known to be open at once */
	IDLE_POLL_MS = 20,  /* after a while without */
	IDLE_AFTER = 50,
};
#define WATCH_NS 1000000000ULL

static u64 clock_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (u64)ts.tv_sec * 1000000000ULL + (u64)ts.tv_nsec;
}

void sd_say(struct sonde_session *s, enum sonde_message kind, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	if (!s->opts.message)
		return;
	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		abort();
	va_end(ap);
	s->opts.message(s->opts.ctx, kind, text);
	free(text);
}

static void log_sink(void *ctx, enum sd_log_level level, const char *domain, const char *msg)
{
	struct sonde_session *s = ctx;

	if (level == SD_LOG_DEBUG)
		sd_say(s, SONDE_DEBUG, "%s: %s", domain, msg);
	else
		sd_say(s, level == SD_LOG_WARN ? SONDE_WARNING : SONDE_STATUS, "%s", msg);
}

struct sonde_error *sonde_session_create(const struct sonde_options *opts,
					 struct sonde_session **ret)
{
	struct sonde_session *s = sd_xcalloc(1, sizeof(*s));

	s->opts = *opts;
	s->debug = opts->debug ? sd_xstrdup(opts->debug) : NULL;
	s->limits = (struct sd_limits){
		.depth = opts->no_follow ? 0
			 : opts->depth	 ? opts->depth
					 : 4,
		.items = opts->items ? opts->items : 16,
		.str = opts->string_size ? opts->string_size : 256,
		.bytes = opts->event_size ? opts->event_size : SDW_DATA_CAP,
	};
	sd_tables_init(&s->tables, &s->limits);
	s->redact = sd_redact_create(&(struct sd_redact_options){.names = opts->secrets,
								 .nnames = (u32)opts->nsecrets,
								 .show = opts->show_secrets,
								 .no_strings = opts->no_strings});
	s->sink = opts->format == SONDE_JSON ? sd_sink_json_create()
					     : sd_sink_text_create(opts->colour, false);
	sd_log_set(log_sink, s, s->debug);
	s->child.pid = -1;
	s->child_status = -1;
	*ret = s;
	return NULL;
}

void sonde_session_destroy(struct sonde_session *s)
{
	if (!s)
		return;
	if (s->has_child && !s->child_released)
		sd_child_abandon(&s->child);
	sd_join_destroy(s->join);
	sd_run_destroy(s->run);
	sd_log_set(NULL, NULL, NULL);
	for (size_t i = 0; i < s->targets.n; i++)
		sd_watch_destroy(s->targets.v[i].watch);
	for (size_t i = 0; i < s->modules.n; i++)
		sd_module_close(s->modules.v[i]);
	for (size_t i = 0; i < s->checked.n; i++)
		sd_node_release(s->checked.v[i]);
	sd_vec_free(&s->checked);
	for (size_t i = 0; i < s->probes.n; i++) {
		sd_probe_spec_deinit(&s->probes.v[i].spec);
		sd_file_place_deinit(&s->probes.v[i].place);
		sd_err_free(s->probes.v[i].wrong);
	}
	for (char **a = s->argv; a && *a; a++)
		free(*a);
	free(s->argv);
	if (s->sink)
		s->sink->destroy(s->sink);
	sd_redact_destroy(s->redact);
	sd_floats_deinit(s);
	sd_trees_destroy(s->trees);
	sd_stacks_destroy(s->stacks);
	sd_vec_free(&s->modules);
	sd_vec_free(&s->targets);
	sd_vec_free(&s->probes);
	sd_vec_free(&s->traced);
	sd_vec_free(&s->points);
	sd_vec_free(&s->join_sites);
	sd_tables_deinit(&s->tables);
	sd_buf_deinit(&s->out);
	sd_arena_deinit(&s->event_arena);
	sd_arena_deinit(&s->arena);
	free(s->debug);
	free(s);
}

/* ---- targets ---- */

/* One module per file: several processes of one binary share it. Takes over ref. */
static struct sd_err *module_for(struct sonde_session *s, struct sd_binary_ref *ref,
				 struct sd_module **ret)
{
	struct sd_module *m;
	struct sd_err *err;

	for (size_t i = 0; i < s->modules.n; i++) {
		m = s->modules.v[i];
		if (m->ref.dev == ref->dev && m->ref.ino == ref->ino) {
			sd_binary_ref_deinit(ref);
			*ret = m;
			return NULL;
		}
	}
	err = sd_module_open(ref, &m);
	if (err)
		return err;
	m->index = (u32)s->modules.n;
	sd_vec_push(&s->modules, m);
	*ret = m;
	return NULL;
}

static struct sd_err *add_pid(struct sonde_session *s, pid_t pid)
{
	struct sd_target t = {.pid = pid};
	struct sd_binary_ref ref;

	SD_TRY(sd_target_of_pid(pid, &ref));
	if (ref.deleted)
		sd_say(s, SONDE_WARNING,
		       "the file of process %d was removed or replaced: the running one is traced",
		       (int)pid);
	SD_TRY(module_for(s, &ref, &t.module));
	SD_TRY(sd_watch_create(pid, &t.watch));
	sd_vec_push(&s->targets, t);
	return NULL;
}

struct sonde_error *sonde_session_add_pid(struct sonde_session *s, pid_t pid)
{
	return sd_error_public(add_pid(s, pid));
}

static struct sd_err *add_binary(struct sonde_session *s, const char *path)
{
	struct sd_target t = {0};
	struct sd_binary_ref ref;
	struct sd_err *err = sd_target_of_path(path, false, &ref);

	if (err && !err->hint && !strchr(path, '/') && strchr(path, '.'))
		return sd_err_hint(
			err,
			"a target comes before the probes: -p PID, a binary's path, or -- COMMAND");
	if (err)
		return err;
	SD_TRY(module_for(s, &ref, &t.module));
	sd_vec_push(&s->targets, t);
	return NULL;
}

struct sonde_error *sonde_session_add_binary(struct sonde_session *s, const char *path)
{
	return sd_error_public(add_binary(s, path));
}

static struct sd_err *add_command(struct sonde_session *s, char *const *argv)
{
	struct sd_target t = {0};
	struct sd_binary_ref ref;
	size_t n = 0;

	SD_TRY(sd_target_of_path(argv[0], true, &ref));
	SD_TRY(module_for(s, &ref, &t.module));
	while (argv[n])
		n++;
	s->argv = sd_xcalloc(n + 1, sizeof(*s->argv));
	for (size_t i = 0; i < n; i++)
		s->argv[i] = sd_xstrdup(argv[i]);
	t.pid = -1; /* known when it is forked */
	sd_vec_push(&s->targets, t);
	return NULL;
}

struct sonde_error *sonde_session_add_command(struct sonde_session *s, char *const *argv)
{
	return sd_error_public(add_command(s, argv));
}

struct sonde_error *sonde_session_add_probe(struct sonde_session *s, const char *text)
{
	struct sd_probe p = {0};
	struct sd_err *err = sd_probe_parse(text, &p.spec);

	if (err)
		return sd_error_public(err);
	sd_vec_push(&s->probes, p);
	return NULL;
}

static struct sd_err *read_file(const char *path, struct sd_buf *ret)
{
	FILE *f = strcmp(path, "-") ? fopen(path, "re") : stdin;
	struct sd_err *err = NULL;
	char block[4096];
	size_t n;

	if (!f)
		return sd_err_errno(SD_ERR_USAGE, errno, "cannot read the probes of %s", path);
	while (!err && (n = fread(block, 1, sizeof(block), f)) > 0) {
		sd_buf_add(ret, block, n);
		if (ret->n > SD_PROBE_FILE_SIZE)
			err = sd_err_new(SD_ERR_USAGE,
					 "%s is larger than %u bytes: no file of probes", path,
					 (unsigned int)SD_PROBE_FILE_SIZE);
	}
	if (!err && ferror(f))
		err = sd_err_errno(SD_ERR_USAGE, errno, "cannot read the probes of %s", path);
	if (f != stdin)
		fclose(f);
	return err;
}

static struct sd_err *add_file(struct sonde_session *s, const char *path)
{
	struct sd_probe_file file;
	struct sd_buf text = {0};
	struct sd_err *err = read_file(path, &text);

	if (!err)
		err = sd_probe_file_parse(path, text.p ? text.p : "", text.n, &file);
	sd_buf_deinit(&text);
	if (err)
		return err;
	for (u32 i = 0; i < file.n; i++) {
		sd_vec_push(&s->probes, (struct sd_probe){.spec = file.probes[i].spec,
							  .place = file.probes[i].place});
		memset(&file.probes[i], 0, sizeof(file.probes[i]));
	}
	sd_probe_file_deinit(&file);
	return NULL;
}

struct sonde_error *sonde_session_add_probe_file(struct sonde_session *s, const char *path)
{
	return sd_error_public(add_file(s, path));
}

/* ---- prepare ---- */

struct sd_err *sd_probe_wrong(struct sonde_session *s, u32 probe, struct sd_err *err)
{
	struct sd_probe *p = &s->probes.v[probe];

	if (!p->place.n || p->wrong || (err->kind != SD_ERR_USAGE && err->kind != SD_ERR_NOMATCH))
		return err;
	if (err->text && strcmp(err->text, p->spec.text) != 0) /* an option's */
		p->wrong = sd_err_prefix(err, "%s:%u", p->place.file, p->place.lines[0].line);
	else
		p->wrong = sd_file_error(&p->place, err, false);
	return NULL;
}

/* All that is wrong with probes of files; err, which is about all of them, when that is nothing. */
static struct sd_err *wrong_probes(struct sonde_session *s, struct sd_err *err)
{
	struct sd_err *first = NULL, **next = &first;

	for (size_t i = 0; i < s->probes.n; i++) {
		*next = s->probes.v[i].wrong;
		s->probes.v[i].wrong = NULL;
		if (*next)
			next = &(*next)->next;
	}
	if (!first)
		return err;
	sd_err_free(err);
	return first;
}

static struct sd_err *prepare(struct sonde_session *s)
{
	if (!s->modules.n)
		return sd_err_hint(sd_err_new(SD_ERR_USAGE, "no target"),
				   "give -p PID, a binary's path, or -- COMMAND");
	if (!s->probes.n)
		return sd_err_hint(sd_err_new(SD_ERR_USAGE, "no probe"),
				   "sonde list %s names the functions",
				   s->modules.v[0]->ref.display);
	SD_TRY(sd_taming_prepare(s));
	SD_TRY(sd_resolve(s));
	SD_TRY(wrong_probes(s, sd_make_points(s)));
	for (size_t i = 0; i < s->modules.n; i++)
		sd_elf_trim(s->modules.v[i]->elf);
	s->prepared = true;
	return NULL;
}

struct sonde_error *sonde_session_prepare(struct sonde_session *s)
{
	return sd_error_public(prepare(s));
}

struct sonde_error *sonde_session_explain(struct sonde_session *s)
{
	if (s->opts.format == SONDE_JSON)
		sd_explain_json(s);
	else
		sd_explain_text(s);
	sd_emit_flush(s, true);
	return NULL;
}

/* ---- start ---- */

static bool plan_closures(struct sonde_session *s, struct sd_module *m)
{
	struct sd_dwarf *dw;

	if (!sd_plan_wants_closures(&s->tables, m->index))
		return false;
	dw = sd_module_dwarf(m);
	if (dw)
		sd_plan_closures(&s->tables, m->index, sd_go_layout(m->go), dw);
	return true;
}

/* What the values of interfaces are, and what func values captured: of modules where a plan leads
 * to one. Each may lead to the other. */
static void plan_rtypes(struct sonde_session *s)
{
	for (size_t i = 0; i < s->modules.n; i++) {
		struct sd_module *m = s->modules.v[i];
		bool closures = m->go && plan_closures(s, m);

		if (!m->go || !sd_plan_wants_rtypes(&s->tables, m->index))
			continue;
		sd_plan_rtypes(&s->tables, m->index, m->go);
		if (!closures)
			plan_closures(s, m);
		sd_elf_trim(m->elf);
	}
}

static struct sd_err *load(struct sonde_session *s)
{
	struct sd_run_opts opts = {
		.attach = (enum sd_attach)s->opts.attach,
		.buffer = (enum sd_buffer)s->opts.buffer,
		.ring_size = s->opts.ring_size,
		.nsites = (u32)s->points.n,
		.ntypes = (u32)s->tables.types.n,
		.nptrs = (u32)s->tables.ptrs.n,
		.nrtypes = (u32)s->tables.rtypes.n,
		.nops = (u32)s->tables.ops.n,
		.ntexts = (u32)s->tables.texts.n,
	};
	sd_autofree struct sdw_site *wire = sd_xcalloc(s->points.n, sizeof(*wire));

	struct sdw_probe *taming = sd_taming_probes(s, &opts.nfirsts);

	sd_floats_check(s);
	for (size_t i = 0; i < s->points.n; i++) {
		wire[i] = s->points.v[i].wire;
		opts.need_fsbase |= (wire[i].flags & SDW_SITE_G_TLS) != 0;
		opts.want_floats |= (wire[i].flags & SDW_SITE_WANT_XMM) != 0;
		opts.judges |= sd_run_is_judged(&wire[i]);
		if (wire[i].flags & SDW_SITE_MARK)
			opts.nopens = OPEN_CALLS;
		if (wire[i].flags & (SDW_SITE_TAME | SDW_SITE_HITS))
			opts.nprobes = (u32)s->probes.n;
		opts.pie |= sd_elf_is_pie(s->points.v[i].module->elf);
	}
	SD_TRY(sd_run_create(&opts, &s->run));
	SD_TRY(sd_run_set_types(s->run, s->tables.types.v, (u32)s->tables.types.n, s->tables.ptrs.v,
				(u32)s->tables.ptrs.n));
	SD_TRY(sd_run_set_rtypes(s->run, s->tables.rtype_keys.v, s->tables.rtypes.v,
				 (u32)s->tables.rtypes.n));
	SD_TRY(sd_run_set_ops(s->run, s->tables.ops.v, (u32)s->tables.ops.n, s->tables.texts.v,
			      (u32)s->tables.texts.n));
	if (opts.nprobes)
		SD_TRY(sd_run_set_probes(s->run, taming, opts.nprobes));
	return sd_run_set_sites(s->run, wire, (u32)s->points.n);
}

static struct sd_err *attach_target(struct sonde_session *s, const struct sd_target *t)
{
	SD_VEC(struct sd_attach_site) sites = {0};
	struct sd_err *err;
	u32 refused = 0;

	for (u32 i = 0; i < s->points.n; i++)
		if (s->points.v[i].module == t->module)
			sd_vec_push(&sites, (struct sd_attach_site){
						    .index = i, .off = s->points.v[i].site.off.v});
	err = sites.n ? sd_run_attach(s->run, t->module->ref.path, t->pid, t->module->index,
				      sites.v, (u32)sites.n)
		      : NULL;
	for (size_t i = 0; i < sites.n && !err; i++) {
		struct sd_point *p = &s->points.v[sites.v[i].index];

		if (!sites.v[i].failed)
			continue;
		p->refused = true;
		refused++;
		sd_say(s, SONDE_WARNING, "the kernel refuses a probe at 0x%llx in %s: %s",
		       (unsigned long long)p->site.addr.v,
		       p->traced == SD_NO_TRACED ? "the runtime" : s->traced.v[p->traced].sig.name,
		       strerror(sites.v[i].errnum));
	}
	sd_vec_free(&sites);
	return err;
}

static struct sd_err *start_child(struct sonde_session *s)
{
	for (size_t i = 0; i < s->targets.n; i++) {
		struct sd_target *t = &s->targets.v[i];

		if (t->pid != -1)
			continue;
		SD_TRY(sd_child_start(t->module->ref.path, s->argv, &s->child));
		s->has_child = true;
		t->pid = s->child.pid;
	}
	return NULL;
}

static const char *plural(u32 n)
{
	return n == 1 ? "" : "s";
}

static void describe_probe(struct sonde_session *s, u32 probe, struct sd_buf *b)
{
	const struct sd_probe *p = &s->probes.v[probe];
	u32 returns = 0, entries = 0, places = 0;

	for (size_t i = 0; i < s->points.n; i++) {
		const struct sd_point *pt = &s->points.v[i];

		if (pt->traced == SD_NO_TRACED || s->traced.v[pt->traced].probe != probe ||
		    pt->refused)
			continue;
		places++;
		if (s->traced.v[pt->traced].inlined)
			continue;
		if (pt->role == SD_JOIN_RETURN || pt->role == SD_JOIN_RETURN_ONLY)
			returns++;
		else
			entries++;
	}
	if (p->spec.name)
		sd_buf_printf(b, "%s: ", p->spec.name);
	sd_buf_add(b, p->spec.text + p->spec.start, p->spec.end - p->spec.start);
	if (p->spec.match == SD_MATCH_LINE) {
		sd_buf_printf(b, " %u place%s", places, plural(places));
		return;
	}
	if (!places && p->repeated)
		sd_buf_str(b, " nothing that other probes do not trace");
	if (p->functions > 1)
		sd_buf_printf(b, " %u functions,", p->functions);
	if (entries)
		sd_buf_printf(b, " %s", p->spec.match == SD_MATCH_ADDR ? "address" : "entry");
	if (entries && returns)
		sd_buf_str(b, " +");
	if (returns)
		sd_buf_printf(b, " %u return%s", returns, plural(returns));
	if (p->copies)
		sd_buf_printf(b, "%s %u inlined cop%s", entries || returns ? " +" : "", p->copies,
			      p->copies == 1 ? "y" : "ies");
}

/* Why the probe's hits may be more or fewer than control's arrivals at its line; NULL: they are as
 * many, or it is no line. */
static const char *count_doubt(const struct sonde_session *s, u32 probe)
{
	bool lacks = false;

	for (size_t i = 0; i < s->traced.n; i++) {
		const struct sd_line_place *place = s->traced.v[i].line_place;

		if (s->traced.v[i].probe != probe || !place)
			continue;
		if (place->doubt)
			return place->doubt;
		lacks |= place->why_not != NULL;
	}
	return lacks ? "hits may be fewer than passages: in one of its places it cannot be probed"
		     : NULL;
}

static void say_doubts(struct sonde_session *s)
{
	for (u32 i = 0; i < s->probes.n; i++) {
		const char *doubt = count_doubt(s, i);

		if (doubt)
			sd_say(s, SONDE_WARNING, "%s:%u: %s", s->probes.v[i].spec.pattern,
			       s->probes.v[i].spec.line, doubt);
	}
}

static void say_tracing(struct sonde_session *s)
{
	const struct sd_module *m = s->modules.v[0];
	const char *base = strrchr(m->ref.display, '/');
	struct sd_buf b = {0};

	sd_buf_printf(&b, "tracing %s (", base ? base + 1 : m->ref.display);
	if (s->targets.v[0].pid > 0)
		sd_buf_printf(&b, "pid %d%s", (int)s->targets.v[0].pid, m->go ? ", " : "");
	if (m->go)
		sd_buf_str(&b, sd_go_version(m->go)->text);
	if (s->targets.v[0].pid <= 0 && !m->go)
		sd_buf_str(&b, "every process");
	sd_buf_str(&b, "): ");
	for (u32 i = 0; i < s->probes.n && i < 8; i++) {
		sd_buf_str(&b, i ? ", " : "");
		describe_probe(s, i, &b);
	}
	if (s->probes.n > 8)
		sd_buf_printf(&b, " and %zu more probes", s->probes.n - 8);
	sd_say(s, SONDE_STATUS, "%s", sd_buf_cstr(&b));
	sd_buf_deinit(&b);
	for (size_t i = 0; i < s->traced.n && (s->opts.verbose || s->traced.n <= 4); i++) {
		const struct sd_traced *t = &s->traced.v[i];

		if (t->problem)
			sd_say(s, SONDE_WARNING, "%s: %s", t->sig.name, t->problem);
		if (t->sig.params_why && !t->at_addr)
			sd_say(s, SONDE_WARNING, "%s: arguments: %s", t->sig.name,
			       t->sig.params_why);
	}
	sd_lines_say_unsure(s);
	say_doubts(s);
	if (s->opts.verbose)
		sd_say(s, SONDE_STATUS, "attached by %s, program build %s, %s buffer",
		       sd_run_attach_name(s->run), sd_run_build_name(s->run),
		       sd_run_buffer_name(s->run));
}

static struct sd_err *start(struct sonde_session *s)
{
	u64 before = clock_ns(CLOCK_MONOTONIC);

	s->clock_offset = clock_ns(CLOCK_REALTIME) - before;
	plan_rtypes(s);
	SD_TRY(load(s));
	s->join = sd_join_create(s->join_sites.v, (u32)s->join_sites.n, (u32)s->probes.n + 1,
				 sd_emit_call, sd_emit_lost, s);
	if (s->opts.tree || s->opts.max_depth)
		sd_join_want_places(s->join);
	SD_TRY(start_child(s));
	SD_TRY(sd_floats_set(s));
	s->many_pids = s->targets.n > 1 || s->targets.v[0].pid == 0;
	for (size_t i = 0; i < s->targets.n; i++)
		SD_TRY(attach_target(s, &s->targets.v[i]));
	s->started = true;
	say_tracing(s);
	if (s->has_child) {
		s->child_released = true;
		return sd_child_release(&s->child);
	}
	return NULL;
}

struct sonde_error *sonde_session_start(struct sonde_session *s)
{
	return sd_error_public(start(s));
}

/* ---- poll ---- */

static bool take_record(void *ctx, const struct sdw_rec *rec)
{
	struct sonde_session *s = ctx;

	sd_floats_record(s, rec);
	return s->finishing || !s->opts.count || s->emitted < s->opts.count;
}

static u64 drain(struct sonde_session *s, bool flush)
{
	u64 n = sd_run_drain(s->run, flush, take_record, s);

	sd_emit_flush(s, true);
	return n;
}

/* True when no target is left. */
static bool targets_ended(struct sonde_session *s)
{
	bool any_left = false;

	if (s->has_child && !s->child_ended && sd_child_reap(&s->child, &s->child_status)) {
		s->child_ended = true;
		drain(s, true);
		sd_floats_flush(s, (u32)s->child.pid);
		sd_join_process_gone(s->join, (u32)s->child.pid);
	}
	for (size_t i = 0; i < s->targets.n; i++) {
		struct sd_target *t = &s->targets.v[i];

		if (t->ended)
			continue;
		if (s->has_child && t->pid == s->child.pid)
			t->ended = s->child_ended;
		else if (t->watch && sd_watch_ended(t->watch)) {
			t->ended = true;
			drain(s, true);
			sd_floats_flush(s, (u32)t->pid);
			sd_join_process_gone(s->join, (u32)t->pid);
			sd_say(s, SONDE_STATUS, "process %d ended", (int)t->pid);
		}
		any_left |= !t->ended;
	}
	return !any_left;
}

static void wait_for_events(struct sonde_session *s, int timeout_ms)
{
	struct pollfd fds[9];
	nfds_t n = 0;
	int wait = s->idle_polls < IDLE_AFTER ? BUSY_POLL_MS : IDLE_POLL_MS;
	int fd = sd_run_fd(s->run);

	if (timeout_ms >= 0 && wait > timeout_ms)
		wait = timeout_ms;
	if (fd >= 0)
		fds[n++] = (struct pollfd){.fd = fd, .events = POLLIN};
	for (size_t i = 0; i < s->targets.n && n < SD_ARRAY_SIZE(fds); i++)
		if (s->targets.v[i].watch && !s->targets.v[i].ended &&
		    sd_watch_fd(s->targets.v[i].watch) >= 0)
			fds[n++] = (struct pollfd){.fd = sd_watch_fd(s->targets.v[i].watch),
						   .events = POLLIN};
	poll(fds, n, wait);
}

struct sonde_error *sonde_session_poll(struct sonde_session *s, int timeout_ms, bool *done_ret)
{
	u64 end = clock_ns(CLOCK_MONOTONIC) + (u64)(timeout_ms < 0 ? 0 : timeout_ms) * 1000000ULL;
	bool done = false;

	do {
		u64 n = drain(s, false);

		if (s->waiting.n)
			sd_floats_expire(s, clock_ns(CLOCK_MONOTONIC));
		s->idle_polls = n ? 0 : s->idle_polls + 1;
		if (clock_ns(CLOCK_MONOTONIC) - s->watched > WATCH_NS) {
			s->watched = clock_ns(CLOCK_MONOTONIC);
			sd_taming_watch(s);
		}
		done = s->stop || s->reader_gone ||
		       (s->opts.count && s->emitted >= s->opts.count) || targets_ended(s);
		if (!done && !n)
			wait_for_events(s, timeout_ms);
	} while (!done && (timeout_ms < 0 || clock_ns(CLOCK_MONOTONIC) < end));
	*done_ret = done;
	return NULL;
}

void sonde_session_stop(struct sonde_session *s)
{
	s->stop = 1;
}

/* ---- finish ---- */

static struct sd_err *finish(struct sonde_session *s)
{
	struct sd_err *err;

	if (!s->started || s->finished)
		return NULL;
	s->finished = true;
	s->finishing = true;
	sd_run_detach(s->run);
	drain(s, true);
	sd_floats_flush(s, 0);
	sd_join_finish(s->join);
	sd_tree_finish(s);
	err = sd_account(s);
	if (!err) {
		struct sd_account *accounts = sd_xcalloc(s->probes.n, sizeof(*accounts));

		for (u32 i = 0; i < s->probes.n; i++) {
			accounts[i] = s->probes.v[i].account;
			accounts[i].doubt = count_doubt(s, i);
		}
		s->sink->summary(s->sink, accounts, (u32)s->probes.n, &s->sum, &s->out);
		free(accounts);
	}
	sd_emit_flush(s, true);
	if (!err)
		sd_account_say(s);
	return err;
}

struct sonde_error *sonde_session_finish(struct sonde_session *s)
{
	return sd_error_public(finish(s));
}

void sonde_session_counts(const struct sonde_session *s, struct sonde_counts *ret)
{
	*ret = (struct sonde_counts){
		.hits = s->sum.hits,
		.delivered = s->sum.delivered,
		.filtered = s->sum.filtered,
		.limited = s->sum.limited,
		.lost = s->sum.lost,
		.returns_lost = s->sum.lost_return,
	};
}

int sonde_session_command_status(const struct sonde_session *s)
{
	return s->child_ended ? s->child_status : -1;
}

const char *sonde_version(void)
{
	return SONDE_VERSION;
}

const char *sonde_json_schema(void)
{
	return sd_sink_json_schema();
}
