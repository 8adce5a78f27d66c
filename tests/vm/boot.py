#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Boots a kernel under qemu's software emulation and runs commands in it.

What a machine is made of (an initramfs written here: the files that are named, the shared libraries
that they need, tests/vm/init.c as its first process), how it is started, and what its answers on
the second serial port mean. Knows nothing of sonde or of what the commands test.

  boot.py [--append WORDS] [--log DIR] [--timeout S] [--file SRC[:DST]]... KERNEL -- PROGRAM ARGS...

PROGRAM is a file of this machine, which is packed as /bin/NAME unless a --file put it elsewhere and
it is named by its place in the machine. Its output and exit code become this command's own (a
signal: 128 + N; out of time: 124; the machine died or did not start: 125).
"""

import argparse
import dataclasses
import os
import re
import selectors
import shutil
import stat
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))

# Where glibc's loader looks without a cache file; Debian's and the usual ones.
DEFAULT_LIB_DIRS = {"/lib", "/usr/lib", "/lib64", "/usr/lib64",
                    "/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu"}

# What a kernel prints when something is wrong with it, whatever the tests say.
COMPLAINTS = re.compile(
    r"BUG:|Oops:|Kernel panic|general protection fault|WARNING:|INFO: (rcu|task)|rcu: INFO|"
    r"watchdog: BUG|Unable to handle|scheduling while atomic|stack segment fault|Call Trace:")


class VmError(Exception):
    """The machine cannot be built or started; the text is for a person."""


@dataclasses.dataclass
class Ran:
    """One command: how it ended ("exit", "signal", "timeout", "error", "died") and what it said."""
    name: str
    how: str = "died"
    code: int = -1
    ms: int = 0
    out: str = ""
    err: str = ""

    @property
    def ok(self):
        return self.how == "exit" and self.code == 0

    def ending(self):
        if self.how == "exit":
            return f"exit code {self.code}"
        if self.how == "signal":
            return f"killed by signal {self.code}"
        if self.how == "timeout":
            return f"not done after {self.code} s"
        if self.how == "error":
            return f"not started: {os.strerror(self.code)}"
        return "the machine died while it ran"


@dataclasses.dataclass
class Boot:
    """One machine's life. `ready_s`: from qemu's start to the first command, on this clock."""
    runs: dict = dataclasses.field(default_factory=dict)
    notes: list = dataclasses.field(default_factory=list)
    complaints: list = dataclasses.field(default_factory=list)
    ready_s: float = None
    total_s: float = 0.0
    done: bool = False
    problem: str = ""


def cpio(entries):
    """An archive in the format "newc" of (name, mode, data, (major, minor)); yields its bytes."""
    for ino, (name, mode, data, rdev) in enumerate(entries + [("TRAILER!!!", 0, b"", (0, 0))], 1):
        raw = name.encode() + b"\0"
        head = "070701" + "".join("%08x" % n for n in (
            ino, mode, 0, 0, 2 if stat.S_ISDIR(mode) else 1, 0, len(data), 0, 0,
            rdev[0], rdev[1], len(raw), 0))
        yield head.encode() + raw + b"\0" * (-(len(head) + len(raw)) % 4)
        yield data
        yield b"\0" * (-len(data) % 4)


def libraries(path):
    """The shared libraries (and the loader) of an ELF file as the loader of this machine finds
    them; none for a static one and for what is no ELF file."""
    with open(path, "rb") as f:
        if f.read(4) != b"\x7fELF":
            return []
    p = subprocess.run(["ldd", path], capture_output=True, text=True, check=False,
                       env={**os.environ, "LC_ALL": "C"})
    text = p.stdout + p.stderr
    if "not a dynamic executable" in text or "statically linked" in text:
        return []
    found = []
    for line in p.stdout.splitlines():
        if "not found" in line:
            raise VmError(f"{path}: {line.strip()}")
        m = re.match(r"\s*(?:\S+ => )?(/\S+) \(0x", line)
        if m:
            found.append(m.group(1))
    if p.returncode or not found:
        raise VmError(f"ldd {path}: {text.strip() or p.returncode}")
    return found


def initramfs(files, plan, init, out):
    """Writes the archive. `files`: {path in the machine: path here}; libraries come along under
    their own absolute paths. `plan`: lines of words for init."""
    place = dict(files)
    dirs_needed = set()
    for src in files.values():
        for lib in libraries(src):
            place.setdefault(lib, lib)
            if os.path.dirname(lib) not in DEFAULT_LIB_DIRS:
                dirs_needed.add(os.path.dirname(lib))
    if dirs_needed:
        plan = [("env", "LD_LIBRARY_PATH=" + ":".join(sorted(dirs_needed)))] + plan
    for words in plan:
        if any("\t" in w or "\n" in w or "\0" in w for w in words):
            raise VmError(f"tab or newline in {words!r}")
        if len(words) > 250:
            raise VmError(f"too many words in {words[:3]!r}")
    place["/init"] = init
    entries, seen = [], {""}

    def parents(name):
        up = os.path.dirname(name)
        if up not in seen:
            parents(up)
            seen.add(up)
            entries.append((up, stat.S_IFDIR | 0o755, b"", (0, 0)))

    for dst in ("dev", "proc", "sys", "tmp", "run", "etc", "root"):
        parents(dst + "/x")
    entries.append(("dev/console", stat.S_IFCHR | 0o600, b"", (5, 1)))
    for dst, src in sorted(place.items()):
        name = dst.lstrip("/")
        parents(name)
        with open(src, "rb") as f:
            mode = 0o755 if os.fstat(f.fileno()).st_mode & 0o111 else 0o644
            entries.append((name, stat.S_IFREG | mode, f.read(), (0, 0)))
    text = "".join("\t".join(words) + "\n" for words in plan)
    entries.append(("plan", stat.S_IFREG | 0o644, text.encode(), (0, 0)))
    with open(out, "wb") as f:
        for part in cpio(entries):
            f.write(part)


def compile_static(source, out, cc=None):
    """Compiles one C file without shared libraries; nothing to do when `out` is newer."""
    if os.path.exists(out) and os.path.getmtime(out) >= os.path.getmtime(source):
        return out
    cc = cc or os.environ.get("CC", "gcc")
    new = f"{out}.{os.getpid()}"
    p = subprocess.run([*cc.split(), "-std=gnu11", "-O2", "-g", "-Wall", "-Wextra", "-pthread",
                        "-static", "-o", new, source], capture_output=True, text=True, check=False)
    if p.returncode:
        raise VmError(f"{cc} {source}: {p.stderr.strip()}")
    os.rename(new, out)
    return out


def missing():
    """Why no machine can be started here, or None."""
    for tool, package in (("qemu-system-x86_64", "qemu-system-x86"), ("gcc", "gcc"),
                          ("ldd", "libc-bin")):
        if not shutil.which(tool):
            return f"{tool} is not installed (package {package})"
    return None


class _Reader:
    """Takes the lines of init apart into a Boot."""

    def __init__(self, boot, start, echo):
        self.boot, self.start, self.echo = boot, start, echo
        self.now = None
        self.rest = b""

    def feed(self, data):
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            self.line(line.decode("utf-8", "replace"))

    def line(self, line):
        word, _, text = line.partition(" ")
        if word in ("o", "O", "e", "E") and self.now:
            text += "\n" if word.islower() else ""
            if word in "oO":
                self.now.out += text
            else:
                self.now.err += text
            if self.echo:
                self.echo(word.lower(), text)
        elif word == "begin":
            self.now = self.boot.runs.setdefault(text, Ran(text))
        elif word == "end" and self.now:
            name, how, code, ms = text.rsplit(" ", 3)
            if name == self.now.name:
                self.now.how, self.now.code, self.now.ms = how, int(code), int(ms)
            self.now = None
        elif word == "ready":
            self.boot.ready_s = time.monotonic() - self.start
        elif word == "note":
            self.boot.notes.append(text)
        elif line == "done":
            self.boot.done = True
        elif line.strip():
            self.boot.notes.append("unexpected: " + line)


def boot(kernel, files, runs, *, append="", cpus=2, mem=2048, timeout=300, log_dir=None, echo=None,
         accel="tcg,thread=single", cpu="qemu64"):
    """Starts `kernel` with `files` ({path there: path here}) and runs `runs`, a list of
    (name, seconds, [program, args...]), one after the other. `timeout` is for all of it, in
    seconds. Leaves console.log (the kernel's), host.log (init's lines) and qemu.log in `log_dir`.
    Returns a Boot; raises VmError when it does not come to starting one."""
    why = missing()
    if why:
        raise VmError(why)
    names = [r[0] for r in runs]
    if len(set(names)) != len(names) or any(" " in n or not n for n in names):
        raise VmError("the names of the commands must be unique words")
    with tempfile.TemporaryDirectory(prefix="sonde-vm-") as work:
        log_dir = log_dir or work
        os.makedirs(log_dir, exist_ok=True)
        init = compile_static(os.path.join(HERE, "init.c"), os.path.join(work, "init"))
        image = os.path.join(work, "initramfs")
        plan = [("run", name, str(int(seconds)), *argv) for name, seconds, argv in runs]
        initramfs(files, plan, init, image)
        console = os.path.join(log_dir, "console.log")
        # The defaults are the careful choice: qemu 7.2 has been seen to hang 6.12 with cpu "max"
        # and with an emulating thread for each CPU, though by no means every time.
        argv = ["qemu-system-x86_64", "-M", "q35", "-cpu", cpu, "-accel", accel,
                "-m", str(mem), "-smp", str(cpus), "-display", "none", "-monitor", "none",
                "-nodefaults", "-no-user-config", "-no-reboot",
                "-chardev", f"file,id=console,path={console}", "-serial", "chardev:console",
                "-chardev", "stdio,id=host,signal=off", "-serial", "chardev:host",
                "-kernel", kernel, "-initrd", image,
                "-append", "console=ttyS0 loglevel=7 panic=-1 rdinit=/init mitigations=off "
                           "audit=0 selinux=0 apparmor=0 random.trust_cpu=on " + append]
        result = Boot()
        open(console, "wb").close()
        with open(os.path.join(log_dir, "host.log"), "wb") as host_log, \
                open(os.path.join(log_dir, "qemu.log"), "wb") as qemu_log:
            start = time.monotonic()
            reader = _Reader(result, start, echo)
            with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=qemu_log) as qemu:
                try:
                    _follow(qemu, reader, host_log, start + timeout, result, timeout)
                finally:
                    if qemu.poll() is None:
                        qemu.kill()
        result.total_s = time.monotonic() - start
        with open(console, errors="replace") as f:
            result.complaints = [ln.strip() for ln in f if COMPLAINTS.search(ln)]
        if not result.problem and not result.done:
            with open(os.path.join(log_dir, "qemu.log"), errors="replace") as f:
                said = f.read().strip()
            result.problem = ("the machine died before its end" if result.ready_s is not None
                              else "the machine did not start") + (f" ({said})" if said else "")
        return result


def _follow(qemu, reader, host_log, end, result, timeout):
    with selectors.DefaultSelector() as sel:
        sel.register(qemu.stdout, selectors.EVENT_READ)
        while True:
            left = end - time.monotonic()
            if left <= 0:
                if not result.done:
                    result.problem = f"the machine was not done after {timeout} s"
                return
            if not sel.select(left):
                continue
            data = os.read(qemu.stdout.fileno(), 1 << 16)
            if not data:
                break
            host_log.write(data)
            host_log.flush()
            reader.feed(data)
            if result.done:
                # all is said; a machine that cannot switch itself off is no failure
                end = min(end, time.monotonic() + 10)
        try:
            qemu.wait(10)
        except subprocess.TimeoutExpired:
            pass


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--append", default="", help="further words for the kernel's command line")
    p.add_argument("--log", help="directory for console.log, host.log, qemu.log")
    p.add_argument("--timeout", type=int, default=300, help="seconds for all of it")
    p.add_argument("--cpus", type=int, default=2)
    p.add_argument("--mem", type=int, default=2048, help="MiB")
    p.add_argument("--accel", default="tcg,thread=single")
    p.add_argument("--cpu", default="qemu64")
    p.add_argument("--file", action="append", default=[], metavar="SRC[:DST]",
                   help="a file to pack, at DST or as /bin/NAME")
    p.add_argument("kernel")
    p.add_argument("command", nargs=argparse.REMAINDER)
    a = p.parse_args()
    command = a.command[1:] if a.command[:1] == ["--"] else a.command
    if not command:
        p.error("no command")
    files = {}
    for f in a.file:
        src, _, dst = f.partition(":")
        files[dst or "/bin/" + os.path.basename(src)] = src
    if command[0] not in files:
        dst = "/bin/" + os.path.basename(command[0])
        files.setdefault(dst, command[0])
        command[0] = dst

    def echo(stream, text):
        f = sys.stdout if stream == "o" else sys.stderr
        f.write(text)
        f.flush()

    try:
        b = boot(a.kernel, files, [("command", a.timeout, command)], append=a.append, cpus=a.cpus,
                 mem=a.mem, timeout=a.timeout, log_dir=a.log, echo=echo, accel=a.accel, cpu=a.cpu)
    except (VmError, OSError) as e:
        print(f"boot.py: {e}", file=sys.stderr)
        return 125
    ran = b.runs.get("command")
    for line in b.notes + b.complaints:
        print(f"boot.py: {line}", file=sys.stderr)
    if b.problem:
        print(f"boot.py: {b.problem}", file=sys.stderr)
    if not ran or ran.how in ("died", "error"):
        return 124 if "not done" in b.problem else 125
    print(f"boot.py: ready after {b.ready_s:.1f} s, command {ran.ms / 1000:.1f} s, "
          f"all {b.total_s:.1f} s; {ran.ending()}", file=sys.stderr)
    return {"exit": ran.code, "signal": 128 + ran.code, "timeout": 124}[ran.how]


if __name__ == "__main__":
    sys.exit(main())
