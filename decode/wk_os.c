/* SPDX-License-Identifier: BSD-2-Clause */
/* Errors around system calls: syscall.Errno, fs.PathError, os.LinkError, os.SyscallError,
 * exec.Error, and strconv.NumError, net.OpError, url.Error, which are made alike. */
#include "decode/wellknown.h"

static const char *err_of(const struct sd_value *v, const char *name)
{
	const struct sd_value *err = sd_wk_field(v, name);

	return err ? sd_wk_message(err) : NULL;
}

/* syscall/syscall_unix.go */
static void refine_errno(struct sd_value *v, struct sd_arena *arena)
{
	const char *message;

	/* "stale NFS file handle", and "stale file handle" in later versions */
	if (v->kind != SD_V_UINT || v->u == 116)
		return;
	message = sd_wk_errno(v->u);
	if (!message)
		message = sd_arena_printf(arena, "errno %lld", (long long)v->s);
	sd_wk_set_message(v, message);
}

/* io/fs/fs.go: Op + " " + Path + ": " + Err */
static void refine_path(struct sd_value *v, struct sd_arena *arena)
{
	const char *op = sd_wk_string(v, "Op", arena), *path = sd_wk_string(v, "Path", arena),
		   *err = err_of(v, "Err");

	if (op && path && err)
		sd_wk_set_message(v, sd_arena_printf(arena, "%s %s: %s", op, path, err));
}

/* os/file.go: Op + " " + Old + " " + New + ": " + Err */
static void refine_link(struct sd_value *v, struct sd_arena *arena)
{
	const char *op = sd_wk_string(v, "Op", arena), *old = sd_wk_string(v, "Old", arena),
		   *new = sd_wk_string(v, "New", arena), *err = err_of(v, "Err");

	if (op && old && new &&err)
		sd_wk_set_message(v, sd_arena_printf(arena, "%s %s %s: %s", op, old, new, err));
}

/* os/error.go: Syscall + ": " + Err */
static void refine_syscall(struct sd_value *v, struct sd_arena *arena)
{
	const char *call = sd_wk_string(v, "Syscall", arena), *err = err_of(v, "Err");

	if (call && err)
		sd_wk_set_message(v, sd_arena_printf(arena, "%s: %s", call, err));
}

/* os/exec/exec.go: "exec: " + Quote(Name) + ": " + Err */
static void refine_exec(struct sd_value *v, struct sd_arena *arena)
{
	const char *name = sd_wk_string(v, "Name", arena), *err = err_of(v, "Err");

	name = name ? sd_wk_quote(name, arena) : NULL;
	if (name && err)
		sd_wk_set_message(v, sd_arena_printf(arena, "exec: %s: %s", name, err));
}

/* strconv: "strconv." + Func + ": parsing " + Quote(Num) + ": " + Err */
static void refine_num(struct sd_value *v, struct sd_arena *arena)
{
	const char *func = sd_wk_string(v, "Func", arena), *num = sd_wk_string(v, "Num", arena),
		   *err = err_of(v, "Err");

	num = num ? sd_wk_quote(num, arena) : NULL;
	if (func && num && err)
		sd_wk_set_message(
			v, sd_arena_printf(arena, "strconv.%s: parsing %s: %s", func, num, err));
}

/* net/url/url.go: Op + " " + Quote(URL) + ": " + Err */
static void refine_url(struct sd_value *v, struct sd_arena *arena)
{
	const char *op = sd_wk_string(v, "Op", arena), *url = sd_wk_string(v, "URL", arena),
		   *err = err_of(v, "Err");

	url = url ? sd_wk_quote(url, arena) : NULL;
	if (op && url && err)
		sd_wk_set_message(v, sd_arena_printf(arena, "%s %s: %s", op, url, err));
}

/* The text of an address in an interface; "" for nil, NULL when it is not known. */
static const char *address(const struct sd_value *v)
{
	if (v && v->kind == SD_V_NIL)
		return "";
	return v ? sd_value_told(v) : NULL;
}

/* net/net.go: Op Net Source->Addr: Err */
static void refine_op(struct sd_value *v, struct sd_arena *arena)
{
	const char *op = sd_wk_string(v, "Op", arena), *net = sd_wk_string(v, "Net", arena),
		   *err = err_of(v, "Err"), *source = address(sd_wk_field(v, "Source")),
		   *addr = address(sd_wk_field(v, "Addr"));
	const char *between;

	if (!op || !net || !err || !source || !addr)
		return;
	between = !*addr ? "" : *source ? "->" : " ";
	sd_wk_set_message(v, sd_arena_printf(arena, "%s%s%s%s%s%s%s: %s", op, *net ? " " : "", net,
					     *source ? " " : "", source, between, addr, err));
}

/* net/net.go: "address " + Addr + ": " + Err, which is a string */
static void refine_addr(struct sd_value *v, struct sd_arena *arena)
{
	const char *err = sd_wk_string(v, "Err", arena), *addr = sd_wk_string(v, "Addr", arena);

	if (!err || !addr)
		return;
	sd_wk_set_message(v, *addr ? sd_arena_printf(arena, "address %s: %s", addr, err) : err);
}

const struct sd_wellknown sd_wk_errno_type = {.type_name = "syscall.Errno", .refine = refine_errno};
const struct sd_wellknown sd_wk_path_error = {.type_name = "io/fs.PathError",
					      .refine = refine_path};
/* to Go 1.15 */
const struct sd_wellknown sd_wk_path_error_15 = {.type_name = "os.PathError",
						 .refine = refine_path};
const struct sd_wellknown sd_wk_link_error = {.type_name = "os.LinkError", .refine = refine_link};
const struct sd_wellknown sd_wk_syscall_error = {.type_name = "os.SyscallError",
						 .refine = refine_syscall};
const struct sd_wellknown sd_wk_exec_error = {.type_name = "os/exec.Error", .refine = refine_exec};
const struct sd_wellknown sd_wk_num_error = {.type_name = "strconv.NumError", .refine = refine_num};
const struct sd_wellknown sd_wk_url_error = {.type_name = "net/url.Error", .refine = refine_url};
const struct sd_wellknown sd_wk_op_error = {.type_name = "net.OpError", .refine = refine_op};
const struct sd_wellknown sd_wk_addr_error = {.type_name = "net.AddrError", .refine = refine_addr};
