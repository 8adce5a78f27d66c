/* SPDX-License-Identifier: BSD-2-Clause */
/* Errors of the standard library, and of github.com/pkg/errors, whose Error methods only put their
 * fields together, the same way from Go 1.15 to 1.27. */
#include <string.h>

#include "decode/wellknown.h"

static const char *whole(const struct sd_value *v, struct sd_arena *arena)
{
	if (v->kind != SD_V_STRING || v->n < v->total || (v->n && memchr(v->bytes, 0, v->n)))
		return NULL;
	return v->n ? sd_arena_strndup(arena, (const char *)v->bytes, v->n) : "";
}

/* The message is prefix, text, suffix; none when there is no text. */
static void set_parts(struct sd_value *v, const char *prefix, const char *text, const char *suffix,
		      struct sd_arena *arena)
{
	if (text)
		sd_wk_set_message(v, sd_arena_printf(arena, "%s%s%s", prefix, text, suffix));
}

/* ---- the message is a field ---- */

/* encoding/json: SyntaxError */
static void refine_msg(struct sd_value *v, struct sd_arena *arena)
{
	sd_wk_set_message(v, sd_wk_string(v, "msg", arena));
}

/* net/http: httpError (to 1.21), timeoutError */
static void refine_err(struct sd_value *v, struct sd_arena *arena)
{
	sd_wk_set_message(v, sd_wk_string(v, "err", arena));
}

/* net: notFoundError, temporaryError */
static void refine_s(struct sd_value *v, struct sd_arena *arena)
{
	sd_wk_set_message(v, sd_wk_string(v, "s", arena));
}

/* net/http: ProtocolError */
static void refine_error_string(struct sd_value *v, struct sd_arena *arena)
{
	sd_wk_set_message(v, sd_wk_string(v, "ErrorString", arena));
}

/* ---- it is the value ---- */

/* net/textproto: ProtocolError; net: InvalidAddrError */
static void refine_string(struct sd_value *v, struct sd_arena *arena)
{
	sd_wk_set_message(v, whole(v, arena));
}

static void refine_network(struct sd_value *v, struct sd_arena *arena)
{
	set_parts(v, "unknown network ", whole(v, arena), "", arena);
}

static const char *quoted(const struct sd_value *v, struct sd_arena *arena)
{
	const char *text = whole(v, arena);

	return text ? sd_wk_quote(text, arena) : NULL;
}

static void refine_escape(struct sd_value *v, struct sd_arena *arena)
{
	set_parts(v, "invalid URL escape ", quoted(v, arena), "", arena);
}

static void refine_host(struct sd_value *v, struct sd_arena *arena)
{
	set_parts(v, "invalid character ", quoted(v, arena), " in host name", arena);
}

static void refine_base64(struct sd_value *v, struct sd_arena *arena)
{
	if (v->kind == SD_V_INT)
		sd_wk_set_message(v,
				  sd_arena_printf(arena, "illegal base64 data at input byte %lld",
						  (long long)v->s));
}

static void refine_base32(struct sd_value *v, struct sd_arena *arena)
{
	if (v->kind == SD_V_INT)
		sd_wk_set_message(v,
				  sd_arena_printf(arena, "illegal base32 data at input byte %lld",
						  (long long)v->s));
}

/* encoding/hex: %#U of the byte, which shows the character when it is printable */
static void refine_hex(struct sd_value *v, struct sd_arena *arena)
{
	if (v->kind == SD_V_UINT && v->u >= 0x20 && v->u < 0x7f)
		sd_wk_set_message(v,
				  sd_arena_printf(arena, "encoding/hex: invalid byte: U+%04X '%c'",
						  (unsigned int)v->u, (int)v->u));
}

/* ---- it is always the same ---- */

static void set_fixed(struct sd_value *v, const char *message)
{
	if (v->kind == SD_V_STRUCT)
		sd_wk_set_message(v, message);
}

/* internal/poll: DeadlineExceededError; net: timeoutError */
static void refine_timeout(struct sd_value *v, struct sd_arena *arena)
{
	set_fixed(v, "i/o timeout");
}

static void refine_closed(struct sd_value *v, struct sd_arena *arena)
{
	set_fixed(v, "use of closed network connection");
}

static void refine_canceled(struct sd_value *v, struct sd_arena *arena)
{
	set_fixed(v, "operation was canceled");
}

static void refine_handshake(struct sd_value *v, struct sd_arena *arena)
{
	set_fixed(v, "net/http: TLS handshake timeout");
}

static void refine_max_bytes(struct sd_value *v, struct sd_arena *arena)
{
	set_fixed(v, "http: request body too large");
}

/* ---- it is composed ---- */

/* net/net.go: "lookup " + Name + " on " + Server + ": " + Err */
static void refine_dns(struct sd_value *v, struct sd_arena *arena)
{
	const char *name = sd_wk_string(v, "Name", arena), *err = sd_wk_string(v, "Err", arena),
		   *server = sd_wk_string(v, "Server", arena);

	if (name && err && server)
		sd_wk_set_message(v, sd_arena_printf(arena, "lookup %s%s%s: %s", name,
						     *server ? " on " : "", server, err));
}

/* net/net.go: "invalid " + Type + ": " + Text */
static void refine_parse(struct sd_value *v, struct sd_arena *arena)
{
	const char *type = sd_wk_string(v, "Type", arena), *text = sd_wk_string(v, "Text", arena);

	if (type && text)
		sd_wk_set_message(v, sd_arena_printf(arena, "invalid %s: %s", type, text));
}

static const char *err_of(const struct sd_value *v, const char *name)
{
	const struct sd_value *err = sd_wk_field(v, name);

	return err ? sd_wk_message(err) : NULL;
}

static void refine_dns_config(struct sd_value *v, struct sd_arena *arena)
{
	set_parts(v, "error reading DNS config: ", err_of(v, "Err"), "", arena);
}

static void refine_verification(struct sd_value *v, struct sd_arena *arena)
{
	set_parts(v, "tls: failed to verify certificate: ", err_of(v, "Err"), "", arena);
}

static void refine_record_header(struct sd_value *v, struct sd_arena *arena)
{
	set_parts(v, "tls: ", sd_wk_string(v, "Msg", arena), "", arena);
}

/* crypto/x509: a hint is of more than is captured */
static void refine_authority(struct sd_value *v, struct sd_arena *arena)
{
	const struct sd_value *hint = sd_wk_field(v, "hintErr");

	if (hint && hint->kind == SD_V_NIL)
		sd_wk_set_message(v, "x509: certificate signed by unknown authority");
}

static void refine_unsupported(struct sd_value *v, struct sd_arena *arena)
{
	set_parts(v, "json: unsupported value: ", sd_wk_string(v, "Str", arena), "", arena);
}

static void refine_xml(struct sd_value *v, struct sd_arena *arena)
{
	const char *msg = sd_wk_string(v, "Msg", arena);
	s64 line;

	if (msg && sd_wk_int(v, "Line", &line))
		sd_wk_set_message(v, sd_arena_printf(arena, "XML syntax error on line %lld: %s",
						     (long long)line, msg));
}

/* The field of that name in quotation marks, when package time quotes it alike in all versions. */
static const char *time_quote(const struct sd_value *v, const char *name, struct sd_arena *arena)
{
	const char *s = sd_wk_string(v, name, arena);

	return s && !strpbrk(s, "\"\\") ? sd_wk_quote(s, arena) : NULL;
}

/* time/format.go */
static void refine_time(struct sd_value *v, struct sd_arena *arena)
{
	const char *value = time_quote(v, "Value", arena), *layout = time_quote(v, "Layout", arena),
		   *got = time_quote(v, "ValueElem", arena),
		   *want = time_quote(v, "LayoutElem", arena),
		   *message = sd_wk_string(v, "Message", arena);

	if (!value || !message)
		return;
	if (*message)
		sd_wk_set_message(v, sd_arena_printf(arena, "parsing time %s%s", value, message));
	else if (layout && got && want)
		sd_wk_set_message(v, sd_arena_printf(arena,
						     "parsing time %s as %s: cannot parse %s as %s",
						     value, layout, got, want));
}

/* os/exec: what os.ProcessState says, of which the names of signals are not known here */
static void refine_exit(struct sd_value *v, struct sd_arena *arena)
{
	const struct sd_value *state = sd_wk_deref(sd_wk_field(v, "ProcessState"));
	s64 status;

	if (state && sd_wk_int(state, "status", &status) && !(status & 0x7f))
		sd_wk_set_message(v, sd_arena_printf(arena, "exit status %u",
						     (unsigned int)(status >> 8 & 0xff)));
}

/* github.com/pkg/errors: withMessage */
static void refine_with_message(struct sd_value *v, struct sd_arena *arena)
{
	const char *msg = sd_wk_string(v, "msg", arena), *cause = err_of(v, "cause");

	if (msg && cause)
		sd_wk_set_message(v, sd_arena_printf(arena, "%s: %s", msg, cause));
}

/* github.com/pkg/errors: withStack */
static void refine_embedded(struct sd_value *v, struct sd_arena *arena)
{
	sd_wk_set_message(v, err_of(v, "error"));
}

#define RULE(id, name, how)                                                                        \
	const struct sd_wellknown sd_wk_##id = {.type_name = (name), .refine = (how)}

RULE(json_syntax_error, "encoding/json.SyntaxError", refine_msg);
RULE(json_value_error, "encoding/json.UnsupportedValueError", refine_unsupported);
RULE(http_error, "net/http.httpError", refine_err);
RULE(http_timeout_error, "net/http.timeoutError", refine_err);
RULE(http_protocol_error, "net/http.ProtocolError", refine_error_string);
RULE(http_handshake_error, "net/http.tlsHandshakeTimeoutError", refine_handshake);
RULE(http_max_bytes_error, "net/http.MaxBytesError", refine_max_bytes);
RULE(not_found_error, "net.notFoundError", refine_s);
RULE(temporary_error, "net.temporaryError", refine_s);
RULE(net_timeout_error, "net.timeoutError", refine_timeout);
RULE(canceled_error, "net.canceledError", refine_canceled);
RULE(dns_error, "net.DNSError", refine_dns);
RULE(dns_config_error, "net.DNSConfigError", refine_dns_config);
RULE(net_parse_error, "net.ParseError", refine_parse);
RULE(network_error, "net.UnknownNetworkError", refine_network);
RULE(invalid_addr_error, "net.InvalidAddrError", refine_string);
RULE(poll_deadline_error, "internal/poll.DeadlineExceededError", refine_timeout);
RULE(poll_closing_error, "internal/poll.errNetClosing", refine_closed);
RULE(text_protocol_error, "net/textproto.ProtocolError", refine_string);
RULE(url_escape_error, "net/url.EscapeError", refine_escape);
RULE(url_host_error, "net/url.InvalidHostError", refine_host);
RULE(base64_error, "encoding/base64.CorruptInputError", refine_base64);
RULE(base32_error, "encoding/base32.CorruptInputError", refine_base32);
RULE(hex_error, "encoding/hex.InvalidByteError", refine_hex);
RULE(xml_syntax_error, "encoding/xml.SyntaxError", refine_xml);
RULE(tls_header_error, "crypto/tls.RecordHeaderError", refine_record_header);
RULE(tls_verification_error, "crypto/tls.CertificateVerificationError", refine_verification);
RULE(x509_authority_error, "crypto/x509.UnknownAuthorityError", refine_authority);
RULE(exit_error, "os/exec.ExitError", refine_exit);
RULE(time_parse_error, "time.ParseError", refine_time);
RULE(pkg_fundamental, "github.com/pkg/errors.fundamental", refine_msg);
RULE(pkg_with_message, "github.com/pkg/errors.withMessage", refine_with_message);
RULE(pkg_with_stack, "github.com/pkg/errors.withStack", refine_embedded);
