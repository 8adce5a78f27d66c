/* SPDX-License-Identifier: BSD-2-Clause */
/* Which types have a rule of their own, how a type's name finds it, and what rules ask of values.
 */
#include "decode/wellknown.h"

#include <stdlib.h>
#include <string.h>

#include "decode/walk.h"

/* By the name after the last slash, and by the whole name. */
static const struct sd_wellknown *const rules[] = {
	&sd_wk_atomic_bool,
	&sd_wk_atomic_int32,
	&sd_wk_atomic_int64,
	&sd_wk_atomic_pointer,
	&sd_wk_atomic_uint32,
	&sd_wk_atomic_uint64,
	&sd_wk_atomic_uintptr,
	&sd_wk_atomic_value,
	&sd_wk_base32_error,
	&sd_wk_base64_error,
	&sd_wk_big_int,
	&sd_wk_buffer,
	&sd_wk_ctx_background,
	&sd_wk_ctx_cancel,
	&sd_wk_deadline_error,
	&sd_wk_ctx_timer,
	&sd_wk_ctx_todo,
	&sd_wk_ctx_value,
	&sd_wk_ctx_without,
	&sd_wk_error_string,
	&sd_wk_pkg_fundamental,
	&sd_wk_join_error,
	&sd_wk_pkg_with_message,
	&sd_wk_pkg_with_stack,
	&sd_wk_exec_error,
	&sd_wk_exit_error,
	&sd_wk_wrap_error,
	&sd_wk_wrap_errors,
	&sd_wk_path_error,
	&sd_wk_hex_error,
	&sd_wk_http_max_bytes_error,
	&sd_wk_http_protocol_error,
	&sd_wk_http_error,
	&sd_wk_http_timeout_error,
	&sd_wk_http_handshake_error,
	&sd_wk_json_syntax_error,
	&sd_wk_json_value_error,
	&sd_wk_addr_error,
	&sd_wk_dns_config_error,
	&sd_wk_dns_error,
	&sd_wk_net_ip,
	&sd_wk_invalid_addr_error,
	&sd_wk_op_error,
	&sd_wk_net_parse_error,
	&sd_wk_tcp_addr,
	&sd_wk_udp_addr,
	&sd_wk_unix_addr,
	&sd_wk_network_error,
	&sd_wk_canceled_error,
	&sd_wk_not_found_error,
	&sd_wk_temporary_error,
	&sd_wk_net_timeout_error,
	&sd_wk_netip_addr,
	&sd_wk_netip_addrport,
	&sd_wk_netip_prefix,
	&sd_wk_link_error,
	&sd_wk_path_error_15,
	&sd_wk_syscall_error,
	&sd_wk_poll_deadline_error,
	&sd_wk_poll_closing_error,
	&sd_wk_reflect_value,
	&sd_wk_plain_error,
	&sd_wk_num_error,
	&sd_wk_builder,
	&sd_wk_mutex_inner,
	&sd_wk_mutex,
	&sd_wk_once,
	&sd_wk_rwmutex,
	&sd_wk_waitgroup,
	&sd_wk_errno_type,
	&sd_wk_text_protocol_error,
	&sd_wk_duration,
	&sd_wk_time_parse_error,
	&sd_wk_time,
	&sd_wk_tls_verification_error,
	&sd_wk_tls_header_error,
	&sd_wk_url_error,
	&sd_wk_url_escape_error,
	&sd_wk_url_host_error,
	&sd_wk_url,
	&sd_wk_x509_authority_error,
	&sd_wk_xml_syntax_error,
};

struct name {
	const char *p;
	size_t n;
};

/* The runtime's own descriptors have "fs.PathError" where DWARF has "io/fs.PathError". */
static struct name last_part(struct name name)
{
	const char *slash = memrchr(name.p, '/', name.n);

	if (slash) {
		name.n -= (size_t)(slash + 1 - name.p);
		name.p = slash + 1;
	}
	return name;
}

static int compare_names(struct name a, struct name b)
{
	int diff = memcmp(a.p, b.p, SD_MIN(a.n, b.n));

	return diff ? diff : (a.n > b.n) - (a.n < b.n);
}

static int compare_rule(const void *key, const void *rule)
{
	const char *name = (*(const struct sd_wellknown *const *)rule)->type_name;
	struct name whole = {name, strlen(name)};

	return compare_names(last_part(*(const struct name *)key), last_part(whole));
}

/* Whether the rule is for a type of that package. */
static bool is_of_package(const struct sd_wellknown *rule, const char *pkg)
{
	size_t n = strlen(pkg);

	return !strncmp(rule->type_name, pkg, n) && rule->type_name[n] == '.' &&
	       !strpbrk(rule->type_name + n + 1, "./");
}

/* Of the rules from first on whose last part is name's, the one for t. */
static const struct sd_wellknown *choose(const struct sd_type *t, struct name name,
					 const struct sd_wellknown *const *first)
{
	const struct sd_wellknown *const *rule, *const *end = rules + SD_ARRAY_SIZE(rules);

	for (rule = first; rule < end && !compare_rule(&name, rule); rule++) {
		struct name whole = {(*rule)->type_name, strlen((*rule)->type_name)};

		if (t->pkg ? is_of_package(*rule, t->pkg) : !compare_names(whole, name))
			return *rule;
	}
	return t->pkg || memchr(name.p, '/', name.n) ? NULL : *first;
}

const struct sd_wellknown *sd_wellknown_find(const struct sd_type *t)
{
	const struct sd_wellknown *const *rule;
	struct name name;

	if (!t->named || !t->name)
		return NULL;
	name = (struct name){t->name, strcspn(t->name, "[")};
	rule = bsearch(&name, rules, SD_ARRAY_SIZE(rules), sizeof(*rules), compare_rule);
	if (!rule)
		return NULL;
	/* two packages may end in the same name */
	while (rule > rules && !compare_rule(&name, rule - 1))
		rule--;
	return choose(t, name, rule);
}

bool sd_wellknown_sorted(void)
{
	for (size_t i = 1; i < SD_ARRAY_SIZE(rules); i++) {
		const char *name = rules[i - 1]->type_name;
		struct name before = {name, strlen(name)};

		if (compare_rule(&before, &rules[i]) > 0)
			return false;
	}
	return true;
}

const struct sd_value *sd_wk_field(const struct sd_value *v, const char *name)
{
	if (v->kind != SD_V_STRUCT)
		return NULL;
	for (u64 i = 0; i < v->n; i++)
		if (v->items[i].name && !strcmp(v->items[i].name, name))
			return &v->items[i];
	return NULL;
}

const char *sd_wk_string(const struct sd_value *v, const char *name, struct sd_arena *arena)
{
	const struct sd_value *s = sd_wk_field(v, name);

	if (!s || s->kind != SD_V_STRING || s->n < s->total || (s->n && memchr(s->bytes, 0, s->n)))
		return NULL;
	return s->n ? sd_arena_strndup(arena, (const char *)s->bytes, s->n) : "";
}

bool sd_wk_int(const struct sd_value *v, const char *name, s64 *ret)
{
	const struct sd_value *i = sd_wk_field(v, name);

	if (!i || (i->kind != SD_V_INT && i->kind != SD_V_UINT))
		return false;
	*ret = i->s;
	return true;
}

const struct sd_value *sd_wk_deref(const struct sd_value *v)
{
	if (v && v->kind == SD_V_PTR)
		return v->n ? v->items : NULL;
	return v;
}

const char *sd_wk_message(const struct sd_value *v)
{
	const char *told = v ? sd_value_told(v) : NULL;

	while (told && (v->kind == SD_V_IFACE || v->kind == SD_V_PTR))
		v = v->items;
	return told && v->told == SD_TOLD_MESSAGE ? told : NULL;
}

void sd_wk_set_message(struct sd_value *v, const char *message)
{
	if (!message)
		return;
	v->text = message;
	v->told = SD_TOLD_MESSAGE;
}

void sd_wk_set_text(struct sd_value *v, const char *text)
{
	if (!text)
		return;
	v->kind = SD_V_TEXT;
	v->text = text;
	v->items = NULL;
	v->n = v->total = 0;
}

const char *sd_wk_quote(const char *s, struct sd_arena *arena)
{
	char *q = sd_arena_alloc_raw(arena, 2 * strlen(s) + 3), *w = q;

	*w++ = '"';
	for (; *s; s++) {
		if (*s < 0x20 || *s >= 0x7f)
			return NULL;
		if (*s == '"' || *s == '\\')
			*w++ = '\\';
		*w++ = *s;
	}
	*w++ = '"';
	*w = '\0';
	return q;
}
