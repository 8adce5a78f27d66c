/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The well-known types: to add one, write wk_NAME.c with its rule, declare the rule here and list
 * it in wellknown.c. And what rules ask of a decoded value: each answers "no" to whatever is
 * missing, cut or of another shape.
 */
#ifndef SD_DECODE_WELLKNOWN_H
#define SD_DECODE_WELLKNOWN_H

#include "decode/decode.h"

/** The field of that name; NULL when v is no struct or has none. */
const struct sd_value *sd_wk_field(const struct sd_value *v, const char *name);
/** The string in the field of that name, in the arena; NULL when it is not whole or has a NUL. */
const char *sd_wk_string(const struct sd_value *v, const char *name, struct sd_arena *arena);
/** The integer in the field of that name, signed or not. */
bool sd_wk_int(const struct sd_value *v, const char *name, s64 *ret);
/** What v points to, through one pointer or none; NULL when the pointer was not followed. */
const struct sd_value *sd_wk_deref(const struct sd_value *v);
/** An error's message (v: the interface, a pointer, or the value); NULL when it is not known. */
const char *sd_wk_message(const struct sd_value *v);
/** Sets the message of the error v unless it is NULL. */
void sd_wk_set_message(struct sd_value *v, const char *message);
/** Makes v the text (kind SD_V_TEXT) unless it is NULL. */
void sd_wk_set_text(struct sd_value *v, const char *text);
/** Go's strconv.Quote of s, in the arena; NULL when s has bytes other than printable ASCII. */
const char *sd_wk_quote(const char *s, struct sd_arena *arena);
/** "10.0.0.1", "2001:db8::1": n is 4 or 16 bytes, as net.IP and net/netip write them; four: write
 * ::ffff:a.b.c.d as a.b.c.d (net.IP does). */
const char *sd_wk_ip(const u8 *p, u64 n, bool four, struct sd_arena *arena);
/** RFC 3339 with as many digits of the second as are needed, offset seconds east of UTC; NULL when
 * the year has not four digits. */
const char *sd_wk_rfc3339(s64 unix_sec, u32 nsec, s32 offset, struct sd_arena *arena);
/** Name of a Linux x86-64 error number as syscall.Errno.Error() has it; NULL: none. */
const char *sd_wk_errno(u64 number);

/** Whether the rules are in the order that finding them needs; for the unit test. */
bool sd_wellknown_sorted(void);

extern const struct sd_wellknown sd_wk_duration;
extern const struct sd_wellknown sd_wk_time;
extern const struct sd_wellknown sd_wk_error_string, sd_wk_wrap_error, sd_wk_wrap_errors,
	sd_wk_join_error, sd_wk_plain_error, sd_wk_deadline_error;
extern const struct sd_wellknown sd_wk_errno_type, sd_wk_path_error, sd_wk_path_error_15,
	sd_wk_link_error, sd_wk_syscall_error, sd_wk_exec_error, sd_wk_num_error, sd_wk_op_error,
	sd_wk_addr_error, sd_wk_url_error;
extern const struct sd_wellknown sd_wk_json_syntax_error, sd_wk_json_value_error, sd_wk_http_error,
	sd_wk_http_timeout_error, sd_wk_http_protocol_error, sd_wk_http_handshake_error,
	sd_wk_http_max_bytes_error, sd_wk_not_found_error, sd_wk_temporary_error,
	sd_wk_net_timeout_error, sd_wk_canceled_error, sd_wk_dns_error, sd_wk_dns_config_error,
	sd_wk_net_parse_error, sd_wk_network_error, sd_wk_invalid_addr_error,
	sd_wk_poll_deadline_error, sd_wk_poll_closing_error, sd_wk_text_protocol_error,
	sd_wk_url_escape_error, sd_wk_url_host_error, sd_wk_base64_error, sd_wk_base32_error,
	sd_wk_hex_error, sd_wk_xml_syntax_error, sd_wk_tls_header_error,
	sd_wk_tls_verification_error, sd_wk_x509_authority_error, sd_wk_exit_error,
	sd_wk_time_parse_error, sd_wk_pkg_fundamental, sd_wk_pkg_with_message, sd_wk_pkg_with_stack;
extern const struct sd_wellknown sd_wk_net_ip, sd_wk_tcp_addr, sd_wk_udp_addr, sd_wk_unix_addr;
extern const struct sd_wellknown sd_wk_netip_addr, sd_wk_netip_addrport, sd_wk_netip_prefix;
extern const struct sd_wellknown sd_wk_url;
extern const struct sd_wellknown sd_wk_big_int;
extern const struct sd_wellknown sd_wk_buffer, sd_wk_builder;
extern const struct sd_wellknown sd_wk_ctx_background, sd_wk_ctx_todo, sd_wk_ctx_cancel,
	sd_wk_ctx_timer, sd_wk_ctx_value, sd_wk_ctx_without;
extern const struct sd_wellknown sd_wk_atomic_bool, sd_wk_atomic_int32, sd_wk_atomic_int64,
	sd_wk_atomic_uint32, sd_wk_atomic_uint64, sd_wk_atomic_uintptr;
extern const struct sd_wellknown sd_wk_atomic_pointer, sd_wk_atomic_value;
extern const struct sd_wellknown sd_wk_once, sd_wk_waitgroup;
extern const struct sd_wellknown sd_wk_mutex, sd_wk_mutex_inner, sd_wk_rwmutex;
extern const struct sd_wellknown sd_wk_reflect_value;

#endif
