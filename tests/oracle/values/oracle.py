# SPDX-License-Identifier: BSD-2-Clause
"""Builds a generated program, runs it under `sonde trace` and compares each value with what the program tells."""
import collections
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..")]

import lane  # noqa: E402
from lane import Broken, build, live  # noqa: E402
import compare  # noqa: E402
import text  # noqa: E402

CACHE = os.path.join(os.path.dirname(build.CACHE), "values")
ROOM = ("--bytes", "1048576", "--ring-size", "64M")
DEFAULTS = {"depth": 4, "string": 256, "items": 16}


def compiled(source, version, mode):
    """The path of the program made of this source."""
    with open(os.path.join(build.TARGETS, "truth", "truth.go"), encoding="utf-8") as f:
        truth = f.read()
    module = "module example.com/targets\n\ngo 1.%d\n" % build.go(version).minor
    return lane.compiled(CACHE, {"main.go": source, "go.mod": module, "truth/truth.go": truth}, version, mode)


def tidy():
    lane.tidy(CACHE, 200)  # of 4 MB each


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
