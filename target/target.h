/* SPDX-License-Identifier: BSD-2-Clause */
/* What is traced: processes, the binaries that they run, starting a command, noticing the end. */
#ifndef SD_TARGET_TARGET_H
#define SD_TARGET_TARGET_H

#include <sys/types.h>

#include "base/err.h"
#include "elf/elf.h"

/** The binary of a target: how to open it so that it is the running inode, never another file of
 * the same name. */
struct sd_binary_ref {
	char *path;    /* owned: what the kernel and we open: /proc/PID/exe, or the user's path */
	char *display; /* owned: what messages say: the path as the user knows it */
	u64 dev, ino;
	bool deleted; /* the file was removed or replaced while it runs */
};

/** The executable of a running process. Errors: no such process (names processes of like number?
 * no: says `ps`), kernel thread, not permitted, zombie. */
sd_must_check struct sd_err *sd_target_of_pid(pid_t pid, struct sd_binary_ref *ret);
/** A file on disk. With search it is a command: PATH is searched when name has no slash (as execvp
 * does), it must be executable, and errors are of the kinds SD_ERR_CMD_NOTFOUND and
 * SD_ERR_CMD_NOEXEC; without, SD_ERR_FAILED. Errors: not there, a directory, not executable, a
 * script (what would run is its interpreter); SD_ERR_PERM: not readable. */
sd_must_check struct sd_err *sd_target_of_path(const char *name, bool search,
					       struct sd_binary_ref *ret);
void sd_binary_ref_deinit(struct sd_binary_ref *ref);

/** A process being watched for its end. */
struct sd_watch;
sd_must_check struct sd_err *sd_watch_create(pid_t pid, struct sd_watch **ret);
void sd_watch_destroy(struct sd_watch *w);
/** pidfd to poll, or −1 (kernels before 5.3: use sd_watch_ended() on a timer). */
int sd_watch_fd(const struct sd_watch *w);
bool sd_watch_ended(struct sd_watch *w);

/** A command started by sonde: it stops before exec until released; runs with sonde's stdio, as the
 * user who called sudo when there is one? No: as sonde's own user. Dies with nothing: sonde's death
 * leaves it running. */
struct sd_child {
	pid_t pid;
	int go_fd;  /* write end: released by closing after a byte */
	int err_fd; /* read end: errno of a failed exec arrives here */
};
/** Forks; the child waits. path: what to execute (resolved); argv NULL-terminated, borrowed. */
sd_must_check struct sd_err *sd_child_start(const char *path, char *const *argv,
					    struct sd_child *ret);
/** Lets it exec. Error kinds SD_ERR_CMD_NOEXEC/NOTFOUND when exec failed: then it is reaped, and
 * pid is −1. */
sd_must_check struct sd_err *sd_child_release(struct sd_child *c);
/** Non-blocking: true when it ended (once: its status is taken); *status_ret as a shell has it (128
 * + signal). */
bool sd_child_reap(struct sd_child *c, int *status_ret);
/** Kills a child that was never released (when set-up failed). */
void sd_child_abandon(struct sd_child *c);

/** Path of the file that a process maps at addr now, and where that mapping lies; owned by the
 * caller. NULL: none. */
char *sd_target_mapping(pid_t pid, u64 addr, u64 *lo_ret, u64 *hi_ret);

#endif
