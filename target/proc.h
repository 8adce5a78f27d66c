/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside of the target room: what /proc says of a process. */
#ifndef SD_TARGET_PROC_H
#define SD_TARGET_PROC_H

#include "target/target.h"

struct sd_proc_stat {
	char comm[64];
	char state;    /* R, S, Z, … */
	u64 flags;     /* PF_*: include/linux/sched.h */
	u64 starttime; /* clock ticks after boot: tells a process from a later one of the same
			  number */
};

enum { SD_PF_KTHREAD = 0x00200000 };

/** Fields of /proc/PID/stat; false when there is no such process. */
bool sd_proc_stat(pid_t pid, struct sd_proc_stat *ret);
/** The thread group of a task, 0 when it is not there. */
pid_t sd_proc_tgid(pid_t pid);
/** The target of a symbolic link, owned by the caller; NULL with errno. */
char *sd_proc_readlink(const char *path);
/** As sd_watch_create(), as on kernels without pidfd_open(): for the tests. */
sd_must_check struct sd_err *sd_watch_create_polling(pid_t pid, struct sd_watch **ret);

#endif
