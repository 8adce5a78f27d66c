# SPDX-License-Identifier: BSD-2-Clause
"""Counts and pairs: stack growth, recursion, threads, panics, Goexit, crowds, signals, preemption, a million calls."""
import build
import live
from live import Case, check, happens
from test_values import compared

QUICK = {"recursion": ("default", "noopt", "sw"), "flow": ("default", "sw")}


def million(version, calls):
    """Back to back, entries only, at the default ring size: none is lost."""
    def run():
        live.need_live()
        path = live.program("hot", version)
        r = live.trace(path, ["main.hot:entry"], target_args=[calls], target_status=7)
        check(len(r.events) == calls and r.summary["hits"] == calls,
              lambda: "%d entries, %d hits, not %d" % (len(r.events), r.summary["hits"], calls))
        for i, e in enumerate(r.events):
            check(e["kind"] == "entry" and e["args"]["i"] == i, lambda: "entry %d: %r" % (i, e))
        check(checksum(r.truth) == checksum(build.untraced_with(path, calls)), "another checksum than untraced")
    return run


def pairs(version, calls):
    """Entry and return of both functions, where one of a few calls grows the stack."""
    def run():
        live.need_live()
        path = live.program("hot", version)
        r = live.trace(path, ["main.hot", "main.grow"], target_args=[calls], target_status=7)
        hot = [e for e in r.events if e["func"] == "main.hot"]
        grow = [e for e in r.events if e["func"] == "main.grow"]
        check(len(hot) == calls, lambda: "%d calls of hot, not %d" % (len(hot), calls))
        check(len(grow) == 4 * (calls // 65536), lambda: "%d calls of grow" % len(grow))
        check(all(e["kind"] == "call" and e["duration_ns"] >= 0 for e in r.events), "a call without its return")
        for a, b in zip(hot, hot[1:]):
            if a["results"] == {"unavailable": "go1.17 leaves results out of its debug information"}:
                continue
            # Each call is passed what the one before it returned.
            check(list(a["results"].values())[0] == b["args"]["x"],
                  lambda: "%r is followed by %r" % (a["results"], b["args"]))
    return run


def unused(version, calls):
    """Arguments that are lost where the stack grows or the scheduler preempts say so; conditions on them let these pass."""
    def run():
        live.need_live()
        path = live.program("unused", version)
        r = live.trace(path, ["main.unused"], target_args=[calls])
        check(len(r.events) == 40 + calls, lambda: "%d calls, not %d" % (len(r.events), 40 + calls))
        lost = 0
        for e in r.events:
            gone = [v for v in e["args"].values() if v == {"unavailable": "unused argument, lost in the stack check"}]
            known = e["args"]["s"] == "grown" and e["args"]["f"] == 2.5 and e["args"]["a"] in (*range(40), 1000)
            check(known or len(gone) == 3, lambda: "wrong: %r" % e["args"])
            lost += not known
        if build.go(version).minor >= 17:
            happens(lost, "no stack was grown or checked at such a call: nothing was tested")
        check(lost < 40 + calls // 50, lambda: "%d lost" % lost)
        r = live.trace(path, ["main.unused if a == 7"], target_args=[calls])
        passed = [e for e in r.events if e["args"]["a"] != 7]
        check(len(r.events) - len(passed) <= 1, lambda: "%d calls" % len(r.events))
        check(all("condition" in e for e in passed), lambda: "%r" % passed[:1])
        return "%d of %d lost" % (lost, 40 + calls)
    return run


def checksum(lines):
    found = [l for l in lines if l.startswith("checksum ")]
    check(len(found) == 1, "no checksum")
    return found[0]


def cases(ctx):
    for version in ctx.versions:
        for theme in ("recursion", "flow"):
            for mode in build.MODES:
                # -w alone is the code of the default, found as in -s -w: once is enough
                if mode in QUICK[theme] if ctx.quick else (theme, mode) != ("flow", "w"):
                    yield Case("exact %s %s %s" % (theme, build.label(version), mode),
                               lambda t=theme, v=version, m=mode: compared(ctx, t, v, m))
        yield Case("exact unused %s" % build.label(version), unused(version, 8000))
        # a million lines take this harness long to read: of many versions, the newest
        most = not ctx.quick and version == ctx.versions[-1]
        yield Case("exact entries %s default" % build.label(version), million(version, 1000000 if most else 200000))
        yield Case("exact pairs %s default" % build.label(version), pairs(version, 70000))
