/* SPDX-License-Identifier: BSD-2-Clause */
/* What this host allows, found by trying it, and what to do about what it does not. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include <bpf/bpf.h>

#include "run/state.h"

struct checks {
	SD_VEC(struct sd_check) list;
};

static void check(struct checks *v, const char *name, bool ok, bool needed, const char *found,
		  const char *effect, const char *help)
{
	struct sd_check c = {.name = name, .ok = ok, .needed = needed};

	snprintf(c.found, sizeof(c.found), "%s", found);
	if (!ok) {
		snprintf(c.effect, sizeof(c.effect), "%s", effect);
		snprintf(c.help, sizeof(c.help), "%s", help);
	}
	sd_vec_push(&v->list, c);
}

static void check_rights(struct checks *v)
{
	const char *how = geteuid() ? "sudo sonde …" : "capsh --print";
	bool admin = sd_has_cap(SD_CAP_SYS_ADMIN);
	const char *mode = sd_lockdown();
	bool rights = admin || (sd_has_cap(SD_CAP_BPF) && sd_has_cap(SD_CAP_PERFMON));
	bool reads = sd_has_helper(
		BPF_FUNC_probe_read_kernel); /* what counts, whatever securityfs says */

	check(v, "CAP_BPF", admin || sd_has_cap(SD_CAP_BPF), true,
	      sd_has_cap(SD_CAP_BPF) ? "yes"
	      : admin		     ? "CAP_SYS_ADMIN in its place"
				     : "no",
	      "BPF programs cannot be loaded", how);
	check(v, "CAP_PERFMON", admin || sd_has_cap(SD_CAP_PERFMON), true,
	      sd_has_cap(SD_CAP_PERFMON) ? "yes"
	      : admin			 ? "CAP_SYS_ADMIN in its place"
					 : "no",
	      "BPF programs cannot read the target's memory", how);
	check(v, "CAP_SYS_PTRACE", sd_has_cap(SD_CAP_SYS_PTRACE), false,
	      sd_has_cap(SD_CAP_SYS_PTRACE) ? "yes" : "no",
	      "only processes of this user can be traced", how);
	check(v, "lockdown", rights ? reads : strcmp(mode, "confidentiality") != 0, false,
	      strcmp(mode, "unknown") ? mode
	      : rights && !reads      ? "kernel reads are refused"
	      : rights		      ? "kernel reads are allowed"
				      : "cannot be tried without rights",
	      "no kernel reads: goroutines of Go up to 1.16 and position-independent files on old "
	      "kernels are unknown",
	      "cat /sys/kernel/security/lockdown");
}

static void check_attach(struct checks *v)
{
	bool multi = sd_has_multi(),
	     rights = sd_has_cap(SD_CAP_SYS_ADMIN) ||
		      (sd_has_cap(SD_CAP_BPF) && sd_has_cap(SD_CAP_PERFMON));
	const char *dir = sd_tracefs_dir();
	int why = errno, type = sd_perf_uprobe_type();
	char text[160];

	check(v, "uprobe_multi", multi, false,
	      multi    ? "yes"
	      : rights ? "no"
		       : "cannot be tried without rights",
	      "many functions attach one by one or through tracefs, which needs CAP_SYS_ADMIN",
	      rights ? "a kernel of 6.6 or newer" : "sudo sonde doctor");
	if (multi)
		check(v, "uprobe_multi pid filter", sd_has_multi_pid(), false,
		      sd_has_multi_pid() ? "yes" : "broken",
		      "with -p, all processes of the binary pay for the probe",
		      "a kernel of 6.10 or newer");
	snprintf(text, sizeof(text), "%s", dir ? dir : strerror(why));
	check(v, "tracefs", dir, false, text,
	      multi ? "only the second way to attach" : "attaching one by one is slow",
	      "sudo mount -t tracefs tracefs /sys/kernel/tracing");
	check(v, "perf uprobes", type >= 0, false, type >= 0 ? "yes" : "no",
	      "only the last way to attach", "a kernel with CONFIG_UPROBE_EVENTS=y");
	snprintf(text, sizeof(text), "%s",
		 multi	     ? "uprobe_multi"
		 : dir	     ? "tracefs"
		 : type >= 0 ? "perf"
			     : "none");
	check(v, "a way to attach", multi || dir || type >= 0, true, text, "nothing can be probed",
	      "a kernel with CONFIG_UPROBE_EVENTS=y");
	check(v, "attach cookies", sd_has_helper(BPF_FUNC_get_attach_cookie), false,
	      sd_has_helper(BPF_FUNC_get_attach_cookie) ? "yes" : "no", "one binary at a time",
	      "a kernel of 5.15 or newer");
}

static void check_build(struct checks *v, const char *name, const char *build, const char *effect,
			const char *help)
{
	struct sd_run_opts opts = {.nsites = 1,
				   .ntypes = 1,
				   .nptrs = 1,
				   .build = build,
				   .ring_size = 65536,
				   .want_floats = !sd_run_no_floats()};
	struct sd_run *run = NULL;
	sd_autoerr err = sd_run_create(&opts, &run);

	check(v, name, !err, !build,
	      err     ? err->msg
	      : build ? "loads"
		      : sd_run_build_name(run),
	      effect, help);
	sd_run_destroy(run);
}

void sd_run_doctor(struct sd_check **ret, u32 *n_ret)
{
	struct checks v = {};
	bool rights = sd_has_cap(SD_CAP_SYS_ADMIN) || sd_has_cap(SD_CAP_BPF), ring = sd_has_ring();
	bool btf = !access("/sys/kernel/btf/vmlinux", R_OK);
	struct utsname u;

	check(&v, "kernel", !uname(&u) && !strcmp(u.machine, "x86_64"), true, u.release,
	      "only x86-64 is traced so far", "");
	check_rights(&v);
	check_attach(&v);
	check(&v, "ring buffer", ring, false,
	      ring     ? "yes"
	      : rights ? "no"
		       : "cannot be tried without rights",
	      "records go through perf buffers: one for each CPU, dearer",
	      rights ? "a kernel of 5.8 or newer" : "sudo sonde doctor");
	check(&v, "BTF", btf, false, btf ? "/sys/kernel/btf/vmlinux" : "no",
	      "goroutines of Go up to 1.16 cannot be told apart",
	      "a kernel with CONFIG_DEBUG_INFO_BTF=y");
	check_build(&v, "programs", NULL, "nothing can be traced", "sonde doctor --debug run");
	check_build(&v, "build preempt", "preempt", "the next build is taken",
		    "a kernel of 6.10 or newer");
	check_build(&v, "build slots", "slots",
		    "the next build is taken: at most 48 values of an event are followed",
		    "a kernel of 5.17 or newer");
	check_build(&v, "build plain", "plain", "", "");
	*ret = v.list.v;
	*n_ret = (u32)v.list.n;
}
