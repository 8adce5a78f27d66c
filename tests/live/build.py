#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Builds the truth programs: each target, with any Go version, in any build mode, once.

    build.py TARGET [VERSION [MODE]]     prints the path of the program (VERSION "own": the machine's go)
    build.py --all [VERSION...]          builds all of them for these versions, own or all that go.sh can get

The cache (${SONDE_CACHE:-~/.cache/sonde}/live) is keyed by the sources' content, version and mode.
"""
import concurrent.futures
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
TARGETS = os.path.join(HERE, "targets")
TOOLCHAINS = os.path.join(HERE, "..", "toolchains")
CACHE = os.path.join(os.environ.get("SONDE_CACHE") or os.path.expanduser("~/.cache/sonde"), "live")

THEMES = ("scalars", "strings", "structs", "calls", "generics", "recursion", "flow", "fp", "hot",
          "deep", "ifaces", "maps", "chans", "wellknown", "generics4", "xmm", "torn", "huge", "server", "stacks",
          "lines", "lines4")
SINCE = {"generics": 18, "generics4": 18, "lines4": 18}  # Go 1.N

MODES = {
    "default": [],
    "noopt": ["-gcflags=all=-N -l"],
    "pie": ["-buildmode=pie"],
    "w": ["-ldflags=-w"],
    "sw": ["-ldflags=-s -w"],
    "cgo": ["-tags=truthcgo"],
}
HAS_DWARF = {"default", "noopt", "pie", "cgo"}


class Unavailable(Exception):
    """This program cannot be had here; the text says why: the case is skipped, and counted."""


_lock = threading.Lock()
_gos = {}
_running = {}


def versions():
    with open(os.path.join(TOOLCHAINS, "versions")) as f:
        return f.read().split()


def minor(version):
    return int(version.split(".")[1])


class Go:
    """A toolchain: where it is and what it says it is."""

    def __init__(self, which):
        env = dict(os.environ, GOENV="off", GOFLAGS="", GOTOOLCHAIN="local", GOWORK="off", GOPROXY="off",
                   GO111MODULE="on")
        env.pop("GOROOT", None)
        env.pop("GOEXPERIMENT", None)
        if which == "own":
            self.go = shutil.which("go")
            if not self.go:
                raise Unavailable("no go on PATH")
        else:
            p = subprocess.run(["sh", os.path.join(TOOLCHAINS, "go.sh"), which], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL)
            if p.returncode == 77:
                raise Unavailable(p.stderr.strip() or "toolchain out of reach")
            if p.returncode:
                raise RuntimeError("go.sh %s: exit %d: %s" % (which, p.returncode, p.stderr.strip()))
            env["GOROOT"] = p.stdout.strip()
            self.go = os.path.join(env["GOROOT"], "bin", "go")
        env["GOCACHE"] = os.path.join(CACHE, "go-build")
        self.env = env
        text = subprocess.run([self.go, "version"], env=env, stdout=subprocess.PIPE, text=True, check=True).stdout
        m = re.search(r"go(1\.\d+(\.\d+)?\S*)", text)
        if not m:
            raise Unavailable("go version says %r" % text.strip())
        self.version = m.group(1)
        self.minor = int(self.version.split(".")[1].split("rc")[0].split("beta")[0])


def go(which):
    """The toolchain of that version, or the machine's own."""
    with _lock:
        if which not in _gos:
            try:
                _gos[which] = Go(which)
            except Unavailable as e:
                _gos[which] = e
        found = _gos[which]
    if isinstance(found, Unavailable):
        raise Unavailable(str(found))
    return found


def exists(target, which):
    """Whether that toolchain can have this program at all; unknown toolchains are asked when it is built."""
    try:
        return go(which).minor >= SINCE.get(target, 0)
    except Unavailable:
        return True


def label(which):
    """A version as the names of test cases have it."""
    try:
        return "go" + go(which).version
    except Unavailable:
        return "go-" + which


def content(target):
    h = hashlib.sha256()
    for name in ("truth", target):
        top = os.path.join(TARGETS, name)
        for file in sorted(os.listdir(top)):
            with open(os.path.join(top, file), "rb") as f:
                h.update(file.encode() + b"\0" + f.read() + b"\0")
    return h.hexdigest()[:12]


def line(target, mark):
    """The number of the line of main.go that ends with the mark."""
    with open(os.path.join(TARGETS, target, "main.go"), encoding="utf-8") as f:
        found = [i for i, text in enumerate(f, 1) if text.rstrip().endswith(mark)]
    if len(found) != 1:
        raise RuntimeError("%d lines of %s end with %r" % (len(found), target, mark))
    return found[0]


def build(target, which="own", mode="default"):
    """The path of a program, built if it has to be. Raises Unavailable if it cannot be had on this machine."""
    g = go(which)
    if g.minor < SINCE.get(target, 0):
        raise Unavailable("%s needs Go 1.%d" % (target, SINCE[target]))
    if mode == "cgo" and not (shutil.which("gcc") or shutil.which("clang")):
        raise Unavailable("no C compiler for cgo")
    stem = "%s-go%s-%s-" % (target, g.version, mode)
    path = os.path.join(CACHE, "bin", stem + content(target))
    with _lock:
        one = _running.setdefault(path, threading.Lock())
    with one:
        if os.path.exists(path):
            return path
        os.makedirs(os.path.dirname(path), exist_ok=True)
        for old in os.listdir(os.path.dirname(path)):
            if old.startswith(stem):
                os.unlink(os.path.join(os.path.dirname(path), old))
        cmd = [g.go, "build", "-o", path + ".new"] + MODES[mode]
        if g.minor >= 18:
            cmd.append("-buildvcs=false")
        env = dict(g.env, CGO_ENABLED="1" if mode == "cgo" else "0")
        p = subprocess.run(cmd + ["."], cwd=os.path.join(TARGETS, target), env=env, stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if p.returncode:
            raise RuntimeError("%s, go %s, %s: %s" % (target, g.version, mode, p.stdout.strip()))
        os.rename(path + ".new", path)
    return path


def untraced(path):
    """What a program prints when nobody looks: {"functions": [...], "lines": [...], "status": N}."""
    p = subprocess.run([path], input="\n", stdout=subprocess.PIPE, text=True, timeout=120)
    lines = p.stdout.rstrip("\n").split("\n")
    if len(lines) < 2 or not lines[0].startswith("ready ") or lines[-1] != "done":
        raise RuntimeError("%s: does not end with done: %r" % (path, lines[-1:]))
    functions = []
    for line in lines:
        if line.startswith("{"):
            name = json.loads(line).get("func")
            if name and name not in functions:
                functions.append(name)
    return {"functions": functions, "lines": lines, "status": p.returncode}


def untraced_with(path, *args):
    """The lines that a program prints with these arguments when nobody looks."""
    return subprocess.run([path] + [str(a) for a in args], input="\n", stdout=subprocess.PIPE, text=True,
                          timeout=120).stdout.splitlines()


def functions(path):
    """The functions that a program tells the truth about; remembered beside it."""
    memo = path + ".functions"
    if os.path.exists(memo):
        with open(memo) as f:
            return json.load(f)
    found = untraced(path)["functions"]
    with open(memo + ".new", "w") as f:
        json.dump(found, f)
    os.rename(memo + ".new", memo)
    return found


def build_all(cases, workers=os.cpu_count() or 2):
    """Builds (target, version, mode) cases on all CPUs; returns {case: path or exception}."""
    def one(case):
        try:
            path = build(*case)
            functions(path)
            return path
        except (Unavailable, RuntimeError, OSError, subprocess.SubprocessError) as e:
            return e
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        return dict(zip(cases, pool.map(one, cases)))


def main(argv):
    if argv[:1] == ["--all"]:
        which = argv[1:] or versions()
        cases = [(t, v, m) for v in which for m in MODES for t in THEMES if exists(t, v)]
        done = build_all(cases)
        bad = 0
        for case, path in done.items():
            if isinstance(path, Exception):
                skipped = isinstance(path, Unavailable)
                bad += not skipped
                print("%s %s: %s" % ("skipped" if skipped else "FAILED", " ".join(case), path))
        print("%d programs, %d failed" % (len(done), bad))
        return 1 if bad else 0
    if not argv or argv[0].startswith("-") or len(argv) > 3:
        sys.stderr.write(__doc__)
        return 2
    try:
        print(build(*argv))
    except Unavailable as e:
        sys.stderr.write("build.py: %s\n" % e)
        return 77
    except (RuntimeError, KeyError) as e:
        sys.stderr.write("build.py: %s\n" % e)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
