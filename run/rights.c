/* SPDX-License-Identifier: BSD-2-Clause */
/* Why the kernel said no: capabilities, lockdown; and the command that helps. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run/state.h"

bool sd_has_cap(unsigned int cap)
{
	FILE *f = fopen("/proc/self/status", "re");
	unsigned long long eff = 0;
	char line[256];

	if (!f)
		return false;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "CapEff: %llx", &eff) == 1)
			break;
	fclose(f);
	return eff >> cap & 1;
}

const char *sd_lockdown(void)
{
	FILE *f = fopen("/sys/kernel/security/lockdown", "re");
	char line[128] = "";
	const char *mode = "unknown";

	if (!f)
		return mode;
	if (fgets(line, sizeof(line), f)) {
		if (strstr(line, "[none]"))
			mode = "none";
		else if (strstr(line, "[integrity]"))
			mode = "integrity";
		else if (strstr(line, "[confidentiality]"))
			mode = "confidentiality";
	}
	fclose(f);
	return mode;
}

struct sd_err *sd_rights_err(int errnum, bool perf, const char *what)
{
	bool admin = sd_has_cap(SD_CAP_SYS_ADMIN);
	const char *lacks = NULL;
	struct sd_err *err;

	if (errnum != EPERM && errnum != EACCES)
		return sd_err_hint(sd_err_errno(SD_ERR_FAILED, errnum, "%s", what), "sonde doctor");
	if (perf && !admin)
		lacks = sd_has_multi() ? "CAP_SYS_ADMIN (uprobe_multi would need CAP_BPF and "
					 "CAP_PERFMON only)"
				       : "CAP_SYS_ADMIN (needed on kernels before 6.6, which have "
					 "no uprobe_multi)";
	else if (!admin && !sd_has_cap(SD_CAP_BPF) && !sd_has_cap(SD_CAP_PERFMON))
		lacks = "CAP_BPF and CAP_PERFMON";
	else if (!admin && !sd_has_cap(SD_CAP_BPF))
		lacks = "CAP_BPF";
	else if (!admin && !sd_has_cap(SD_CAP_PERFMON))
		lacks = "CAP_PERFMON";
	if (lacks) {
		err = sd_err_new(SD_ERR_PERM, "%s: not permitted: this process lacks %s", what,
				 lacks);
		return geteuid() ? sd_err_hint(err, "sudo sonde …")
				 : sd_err_hint(err, "sonde doctor");
	}
	if (!strcmp(sd_lockdown(), "confidentiality"))
		err = sd_err_new(SD_ERR_PERM,
				 "%s: not permitted: the kernel is locked down (confidentiality)",
				 what);
	else
		err = sd_err_errno(SD_ERR_PERM, errnum,
				   "%s: all capabilities are there, but the kernel refuses "
				   "(a security module, or a container's seccomp filter)",
				   what);
	return sd_err_hint(err, "sonde doctor");
}
