# SPDX-License-Identifier: BSD-2-Clause
"""Runs a truth program under sonde, end to end: start, attach, release, wait, parse.

What sonde is held to here: `sonde trace -p PID --format json PROBE...` prints, once all probes are attached, a line on
stderr that starts with "sonde: " and contains "tracing"; it ends by itself when the target does; its last line on
stdout is the summary.
"""
import collections
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time

import build

HERE = os.path.dirname(os.path.abspath(__file__))
SONDE = os.environ.get("SONDE") or os.path.normpath(os.path.join(HERE, "..", "..", "build", "sonde"))
ROOT = os.geteuid() == 0
PATIENCE = float(os.environ.get("SONDE_LIVE_TIMEOUT", "120"))
TRIES = 3
ROOM = []  # options for what does not say itself how large its buffer is: a case's last try has more room

OK, FAILED, USAGE, NOTHING_MATCHED, NOT_HERE, LOST = 0, 1, 2, 3, 4, 5


class Skip(Exception):
    """This case cannot run here; the text says why."""


class Failure(Exception):
    """This case failed; the text says how."""


class Again(Failure):
    """A failure that a busy machine's scheduler can bring about without sonde's fault: it is tried again, see tried()."""


def check(condition, text):
    if not condition:
        raise Failure(text() if callable(text) else text)


def happens(condition, text):
    """What must come about before anything can be judged, and may fail to by chance."""
    if not condition:
        raise Again(text() if callable(text) else text)


def tried(run):
    """What run() returns, and what is to be said beside: after Again it is run again, a few times, at last with much room."""
    unlucky = []
    while True:
        ROOM[:] = ["--ring-size", "256M"] if len(unlucky) == TRIES - 1 else []
        try:
            said = ["tried again after: %.200s" % e for e in unlucky] + [" ".join(ROOM)] * bool(ROOM)
            return run(), said
        except Again as e:
            unlucky.append(e)
            if len(unlucky) == TRIES:
                raise Failure("%d times: %s" % (TRIES, e)) from e
        finally:
            ROOM[:] = []


Case = collections.namedtuple("Case", "name run")


class Context(collections.namedtuple("Context", "versions quick reasons")):
    def ends(self):
        """The oldest and the newest version, none of them with --quick: for what costs much and differs little."""
        return () if self.quick else (self.versions[0], self.versions[-1])


def as_root():
    """What to put before a command that needs the rights to trace."""
    if ROOT:
        return []
    if shutil.which("sudo"):
        p = subprocess.run(["sudo", "-n", "true"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
        if p.returncode == 0:
            return ["sudo", "-n"]
    raise Skip("not root, and sudo asks for a password")


def program(theme, version="own", mode="default"):
    try:
        return build.build(theme, version, mode)
    except build.Unavailable as e:
        raise Skip(str(e))


class Process:
    """A child whose output goes to files: nothing it prints can block it."""

    def __init__(self, cmd, stdin=subprocess.PIPE, **more):
        self.dir = tempfile.TemporaryDirectory(prefix="sonde-live-")
        self.out_path = os.path.join(self.dir.name, "out")
        self.err_path = os.path.join(self.dir.name, "err")
        with open(self.out_path, "wb") as out, open(self.err_path, "wb") as err:
            self.popen = subprocess.Popen(cmd, stdin=stdin, stdout=out, stderr=err, **more)
        self.pid = self.popen.pid

    def out(self):
        with open(self.out_path, encoding="utf-8", errors="surrogateescape") as f:
            return f.read()

    def err(self):
        with open(self.err_path, encoding="utf-8", errors="replace") as f:
            return f.read()

    def running(self):
        return self.popen.poll() is None

    def until(self, condition, what, seconds=PATIENCE):
        """Waits until the condition holds; fails if the process ends before, or after that many seconds."""
        end = time.monotonic() + seconds
        while True:
            ended = not self.running()
            if condition():
                return
            if ended:
                raise Failure("%s: ended with status %s before %s: %s" %
                              (self, self.popen.returncode, what, self.err().strip()[-500:]))
            if time.monotonic() > end:
                raise Failure("%s: no %s within %d s: %s" % (self, what, seconds, self.err().strip()[-500:]))
            time.sleep(0.005)

    def wait(self, seconds=PATIENCE):
        try:
            return self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Failure("%s: still running after %d s: %s" % (self, seconds, self.err().strip()[-500:]))

    def kill(self, sig=signal.SIGKILL):
        self.popen.send_signal(sig)

    def close(self):
        if self.running():
            self.kill()
            try:
                self.popen.wait(10)
            except subprocess.TimeoutExpired:
                pass
        if self.popen.stdin:
            try:
                self.popen.stdin.close()
            except OSError:
                pass
        self.dir.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Target(Process):
    """A truth program that has said "ready" and waits for its newline."""

    def __init__(self, path, *args, prefix=(), **more):
        self.path = path
        super().__init__(list(prefix) + [path] + [str(a) for a in args], **more)
        try:
            self.until(lambda: self.out().startswith("ready ") and "\n" in self.out(), "ready")
        except BaseException:
            self.close()
            raise
        self.pid = int(self.out().split(None, 2)[1])

    def __str__(self):
        return "target %s" % os.path.basename(self.path)

    def release(self):
        self.popen.stdin.write(b"\n")
        self.popen.stdin.flush()

    def truth(self):
        """The lines it told, after it ended. Fails if it did not come to its end."""
        text = self.out()
        lines = text.rstrip("\n").split("\n")
        check(lines and lines[-1] == "done", lambda: "%s did not finish: status %s, last line %r, stderr %r" %
              (self, self.popen.returncode, lines[-1:], self.err()[-1000:]))
        return lines


def is_of_cache(args):
    """Whether sonde is asked about a program of the cache: where it was built, its source may be no more."""
    paths = list(args)
    for a, b in zip(args, args[1:]):
        if a == "-p" and b.isdigit() and os.path.exists("/proc/%s/exe" % b):
            paths.append(os.readlink("/proc/%s/exe" % b))
    return any(p.startswith(build.CACHE + "/") for p in paths)


class Sonde(Process):
    """sonde, with the rights to trace."""

    def __init__(self, *args, prefix=None, **more):
        self.args = [str(a) for a in args]
        if self.args[:1] in (["trace"], ["log"], ["explain"]) and is_of_cache(self.args):
            self.args[1:1] = ["--source", build.TARGETS]
        if self.args[:1] in (["trace"], ["log"]) and "--ring-size" not in self.args:
            self.args[1:1] = ROOM
        self.since = self.waited = None
        self.pid_dir = tempfile.TemporaryDirectory(prefix="sonde-live-")
        pid_path = os.path.join(self.pid_dir.name, "pid")
        prefix = as_root() if prefix is None else list(prefix)
        self.by_sudo = bool(prefix) and prefix[0] == "sudo"
        cmd = prefix + [SONDE] + self.args
        if self.by_sudo:
            # Signals must reach sonde itself, not sudo: let the shell that becomes sonde say who it is.
            cmd = prefix + ["sh", "-c", 'echo $$ >"$0"; exec "$@"', pid_path, SONDE] + self.args
        # A shell that put this run into the background has it ignore SIGINT, which children would inherit.
        super().__init__(cmd, stdin=more.pop("stdin", subprocess.DEVNULL),
                         preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL), **more)
        self.pid_path = pid_path if self.by_sudo else None

    def __str__(self):
        return "sonde " + " ".join(self.args[:12])

    def real_pid(self):
        if self.pid_path is None:
            return self.popen.pid
        self.until(lambda: os.path.exists(self.pid_path) and open(self.pid_path).read().endswith("\n"), "pid")
        with open(self.pid_path) as f:
            return int(f.read())

    def kill(self, sig=signal.SIGKILL):
        if self.pid_path is None:
            self.popen.send_signal(sig)
        else:
            subprocess.run(["sudo", "-n", "kill", "-%d" % sig, str(self.real_pid())], check=False)

    def tracing(self):
        """Waits until all probes are attached."""
        self.until(lambda: any(l.startswith("sonde: ") and "tracing" in l for l in self.err().splitlines()),
                   "line with 'tracing'")
        self.since = time.monotonic(), self.delay()
        return self

    def delay(self):
        """For how many seconds it was ready to run and had no CPU; None if that is not told."""
        try:
            total = 0
            for thread in os.listdir("/proc/%d/task" % self.real_pid()):
                with open("/proc/%d/task/%s/schedstat" % (self.real_pid(), thread)) as f:
                    total += int(f.read().split()[1])
            return total / 1e9
        except (OSError, IndexError, ValueError):
            return None

    def wait(self, seconds=PATIENCE):
        """Keeps, beside, which part of the time since tracing() it waited for a CPU."""
        end = time.monotonic() + seconds
        while self.running() and self.since and self.since[1] is not None and time.monotonic() < end:
            now, delay = time.monotonic(), self.delay()
            if delay is not None:
                self.waited = (delay - self.since[1]) / max(now - self.since[0], 1e-3)
            time.sleep(0.01)
        return super().wait(max(1, end - time.monotonic()))

    def close(self):
        super().close()
        self.pid_dir.cleanup()


def parse_int(text):
    """JSON's -0 is a float that has a sign."""
    return -0.0 if text == "-0" else int(text)


def parse_events(text):
    """Events and summary from sonde's JSON output."""
    events, summary = [], None
    for number, line in enumerate(text.rstrip("\n").split("\n") if text else [], 1):
        try:
            event = json.loads(line, parse_int=parse_int)
        except ValueError as e:
            raise Failure("line %d is not JSON (%s): %r" % (number, e, line[:300]))
        check(isinstance(event, dict), lambda: "line %d is not an object: %r" % (number, line[:300]))
        check(summary is None, lambda: "line %d comes after the summary: %r" % (number, line[:300]))
        if event.get("kind") == "summary":
            summary = event
        else:
            events.append(event)
    check(summary is not None, "no summary line at the end of %d events" % len(events))
    return events, summary


COUNTERS = ("hits", "delivered", "filtered", "limited", "lost")


def check_summary(summary, may_lose=False, waited=None):
    """hits = delivered + filtered + limited + lost, for each probe and for all of them; and nothing is lost. Where all that
    is lost found the buffer full, the reader may have had no CPU meanwhile; waited: for which part of the time, if known."""
    for part in summary.get("probes", []) + [summary]:
        name = part.get("probe", "all probes")
        for c in COUNTERS:
            check(isinstance(part.get(c), int) and part[c] >= 0, lambda: "summary of %s: no %s: %r" % (name, c, part))
        check(part["hits"] == part["delivered"] + part["filtered"] + part["limited"] + part["lost"],
              lambda: "summary of %s does not add up: %r" % (name, part))
        reasons = part.get("lost_reasons")
        if reasons is not None:
            check(sum(reasons.values()) == part["lost"], lambda: "lost of %s: reasons do not add up: %r" % (name, part))
    for c in COUNTERS:
        check(summary[c] == sum(p[c] for p in summary["probes"]), lambda: "%s of all probes is not their sum" % c)
    if not may_lose:
        reasons = {r for p in summary["probes"] for r in p.get("lost_reasons", {})}
        lost = summary["lost"] or summary.get("returns_lost", 0)
        check(not lost or reasons <= {"ring full"} and (waited is None or waited > 0.1),
              lambda: "lost, and sonde waited for a CPU in %s of the time: %r" % (waited, summary))
        happens(not lost, lambda: "%d lost of %d, sonde waited for a CPU in %s of the time" %
                (lost, summary["hits"], "an unknown part" if waited is None else "%.0f %%" % (100 * waited)))
    return summary


Run = collections.namedtuple("Run", "events summary truth status err target_status pid start end")


def trace(path, probes, options=(), target_args=(), target_status=0, sonde_prefix=None, target_prefix=(),
          may_lose=False):
    """One program from its start to its end under `sonde trace -p`; nothing may get lost, unless it may."""
    start = time.time_ns()
    with Target(path, *target_args, prefix=target_prefix) as target:
        # the truth tells all, and test_secrets.py has what is left out
        with Sonde("trace", "-p", target.pid, "--format", "json", "--show-secrets", *options, *probes,
                   prefix=sonde_prefix) as sonde:
            sonde.tracing()
            target.release()
            status = target.wait()
            sonde_status = sonde.wait()
            truth = target.truth()
            check(status == target_status, lambda: "%s: exit status %d, not %d" % (target, status, target_status))
            check(sonde_status in (OK, LOST),
                  lambda: "%s: exit status %d: %s" % (sonde, sonde_status, sonde.err().strip()[-1000:]))
            events, summary = parse_events(sonde.out())
            check_summary(summary, may_lose, sonde.waited)
            return Run(events, summary, truth, sonde_status, sonde.err(), status, target.pid, start, time.time_ns())


def sonde(*args, prefix=None, stdin=subprocess.DEVNULL, seconds=PATIENCE):
    """One sonde that ends by itself: (status, stdout, stderr)."""
    with Sonde(*args, prefix=prefix, stdin=stdin) as s:
        status = s.wait(seconds)
        return status, s.out(), s.err()


_can = []


def need_live():
    """Raises Skip, with sonde's own words, if live tracing is not possible here; tried once. Failure if it is broken."""
    if not _can:
        try:
            _can.append(try_live())
        except (Skip, Failure) as e:
            _can.append(e)
    if _can[0] is not None:
        raise type(_can[0])(str(_can[0]))


def try_live():
    check(os.path.exists(SONDE), "no sonde at %s: build it, or name it in $SONDE" % SONDE)
    with Target(program("fp")) as target, Sonde("trace", "-p", target.pid, "main.leaf") as s:
        s.until(lambda: not s.running() or "tracing" in s.err(), "'tracing' or its end")
        if not s.running() and s.popen.returncode == NOT_HERE:
            raise Skip("sonde cannot trace here: %s" % " ".join(s.err().split()))
        s.tracing()
        s.kill(signal.SIGINT)
        s.wait()


# Text bytes: a program's own file is what its memory must be when nobody traces it.

def segments(path):
    """(file offset, address, size) of the executable segments, and the file's type (2: fixed, 3: PIE)."""
    with open(path, "rb") as f:
        head = f.read(64)
        u = lambda b: int.from_bytes(b, "little")
        phoff, size, count = u(head[32:40]), u(head[54:56]), u(head[56:58])
        found = []
        for i in range(count):
            f.seek(phoff + i * size)
            p = f.read(size)
            if u(p[0:4]) == 1 and u(p[4:8]) & 1:
                found.append((u(p[8:16]), u(p[16:24]), u(p[32:40])))
        return found, u(head[16:18])


def load_bias(pid, path):
    found, kind = segments(path)
    if kind == 2:
        return 0
    with open("/proc/%d/maps" % pid) as f:
        for line in f:
            fields = line.split(None, 5)
            if "x" in fields[1] and len(fields) == 6 and os.path.basename(fields[5].strip()) == os.path.basename(path):
                start, offset = int(fields[0].split("-")[0], 16), int(fields[2], 16)
                for file_offset, address, size in found:
                    if file_offset <= offset < file_offset + size:
                        return start - (address + offset - file_offset)
    raise Failure("no executable mapping of %s in process %d" % (path, pid))


def changed_text(pid, path):
    """Addresses (in the file's terms) at which the process's text differs from the file: {address: (file, memory)}."""
    bias = load_bias(pid, path)
    differ = {}
    with open(path, "rb") as f, open("/proc/%d/mem" % pid, "rb") as mem:
        for offset, address, size in segments(path)[0]:
            f.seek(offset)
            mem.seek(address + bias)
            a, b = f.read(size), mem.read(size)
            check(len(a) == len(b), "text of process %d: %d bytes of %d" % (pid, len(b), len(a)))
            if a != b:
                for i in range(0, size, 4096):
                    if a[i:i + 4096] != b[i:i + 4096]:
                        for j in range(i, min(i + 4096, size)):
                            if a[j] != b[j]:
                                differ[address + j] = (a[j], b[j])
    return differ


def text_is_original(pid, path, seconds=PATIENCE / 4):
    """Fails unless the process's text is, at once or after a moment, that of its file."""
    end = time.monotonic() + seconds
    while True:
        differ = changed_text(pid, path)
        if not differ:
            return
        if time.monotonic() > end:
            raise Failure("text of %s still differs from its file: %s" % (os.path.basename(path), ", ".join(
                "0x%x: %02x, not %02x" % (a, m, f) for a, (f, m) in list(differ.items())[:5])))
        time.sleep(0.02)
