# SPDX-License-Identifier: BSD-2-Clause
"""Builds a generated program, runs it under `sonde trace` and compares each value with what the program tells."""
import collections
import hashlib
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "..", "live")]

import build  # noqa: E402
import compare  # noqa: E402
import live  # noqa: E402
import text  # noqa: E402

CACHE = os.path.join(os.path.dirname(build.CACHE), "values")
ROOM = ("--bytes", "1048576", "--ring-size", "64M")
DEFAULTS = {"depth": 4, "string": 256, "items": 16}


class Broken(Exception):
    """A program that does not compile or does not come to its end."""


def compiled(source, version, mode):
    """The path of the program made of this source."""
    g = build.go(version)
    key = hashlib.sha256((source + build.content("truth")).encode()).hexdigest()[:16]
    top = os.path.join(CACHE, "%s-go%s-%s" % (key, g.version, mode))
    path = os.path.join(top, "prog")
    if not os.path.exists(path):
        os.makedirs(os.path.join(top, "truth"), exist_ok=True)
        shutil.copy(os.path.join(build.TARGETS, "truth", "truth.go"), os.path.join(top, "truth"))
        for name, text in (("main.go", source), ("go.mod", "module example.com/targets\n\ngo 1.%d\n" % g.minor)):
            with open(os.path.join(top, name), "w", encoding="utf-8") as f:
                f.write(text)
        cmd = [g.go, "build", "-o", path + ".new"] + build.MODES[mode]
        if g.minor >= 18:
            cmd.append("-buildvcs=false")
        p = subprocess.run(cmd, cwd=top, env=dict(g.env, CGO_ENABLED="0"), stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if p.returncode:
            raise Broken(p.stdout)
        os.rename(path + ".new", path)
    os.utime(top)
    return path


def tidy(most=200):
    """Takes what was not used for longest out of the cache: each program is 4 MB."""
    entries = sorted(os.scandir(CACHE), key=lambda e: e.stat().st_mtime, reverse=True) if os.path.isdir(CACHE) else []
    for e in entries[most:]:
        shutil.rmtree(e.path, ignore_errors=True)


class Tally:
    def __init__(self):
        self.calls = self.values = 0
        self.reasons = collections.Counter()  # for what could have been shown
        self.asked = collections.Counter()  # for what the limits forbid, or no program says
        self.wrong = []

    def add(self, other):
        for name in ("calls", "values", "reasons", "asked", "wrong"):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def __str__(self):
        return "%d calls, %d values, %d wrong, %d unavailable, %d beyond limits or never told" % (
            self.calls, self.values, len(self.wrong), sum(self.reasons.values()), sum(self.asked.values()))


class Depths(compare.Comparison):
    """Holds the reason "depth" against the pointers above the value, too."""
    limit = 4

    def reason(self, text):
        if text == "depth" and len(self.path) < self.limit:
            text = "depth %d" % len(self.path)
        super().reason(text)


def traced(program, version, mode, options):
    path = compiled(program.source(), version, mode)
    try:
        return path, live.trace(path, program.names, options=options)
    except live.Failure as e:
        if re.search(r"did not finish|before ready", str(e)):
            raise Broken(str(e))
        raise


def examined(program, version, mode, options=()):
    """The tally of one program with one Go version in one mode, and the program's path."""
    path, run = traced(program, version, mode, ROOM + tuple(options))
    limits = dict(DEFAULTS)
    limits.update((k[2:], int(v)) for k, v in zip(options[::2], options[1::2]))
    before = compare.Comparison, compare.STRING_LIMIT, compare.ITEM_LIMIT
    compare.Comparison, compare.STRING_LIMIT, compare.ITEM_LIMIT = Depths, limits["string"], limits["items"]
    Depths.limit = limits["depth"]
    try:
        c = compare.compare(run.truth, run.events, run.pid, run.start, run.end, values=mode in build.HAS_DWARF,
                            blanks_known=build.go(version).minor >= 22, deep=True)
    finally:
        compare.Comparison, compare.STRING_LIMIT, compare.ITEM_LIMIT = before
    t = Tally()
    t.calls, t.values, t.wrong = c.calls, c.values, c.wrong
    nobody = {"depth", "cycle"} | ({"no captured variables"} if build.go(version).minor < 23 else set())
    for reason, n in c.reasons.items():
        (t.asked if reason in nobody else t.reasons)[reason] += n
    return t, path


def examined_text(program, version, mode):
    """Holds the lines of text output against what must hold of any; returns how many there are."""
    path = compiled(program.source(), version, mode)
    with live.Target(path) as target, live.Sonde("trace", "-p", target.pid, "--show-secrets", *ROOM, *program.names) as sonde:
        sonde.tracing()
        target.release()
        target.wait()
        sonde.wait()
        params, calls = {}, collections.Counter()
        for function, told in compare.Truth(target.truth()).calls.items():
            params[function], calls[function] = list(told[0]["args"]), len(told)
        lines = sonde.out().splitlines()
    # Go to 1.16 lists parameters of size zero after their neighbours
    faults = [f for f in (text.fault(line, params, build.go(version).minor > 16) for line in lines) if f]
    live.check(not faults, lambda: "text of seed %d: %s" % (program.seed, faults[0]))
    live.check(len(lines) == sum(calls.values()), lambda: "%d lines of %d calls" % (len(lines), sum(calls.values())))
    return len(lines)
