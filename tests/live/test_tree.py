# SPDX-License-Identifier: BSD-2-Clause
"""--tree: each call stands under the call that it was made in, which its own call stack proves; what --min-duration,
--max-depth and --goid leave out is counted."""
import os
import re
import tempfile

import build
import live
from live import Case, check

FRAMES = 256


def check_shape(events):
    """Calls in order of entry under their parents, each parent before its calls and a level above them."""
    path, seen = {}, {}
    for e in events:
        where = (e["pid"], e.get("goid") or -e["tid"])
        open_calls = path.setdefault(where, [])
        check(e["id"] not in seen, lambda: "twice: %r" % e)
        check(e["depth"] <= len(open_calls), lambda: "%d deep under %d calls: %r" % (e["depth"], len(open_calls), e))
        del open_calls[e["depth"]:]
        parent = open_calls[-1] if open_calls else None
        check(e.get("parent") == (parent["id"] if parent else None), lambda: "the parent is %r: %r" % (parent, e))
        if parent:
            check(e["ts"] >= parent["ts"], lambda: "before its parent %r: %r" % (parent, e))
            if "duration_ns" in parent:
                end = e["ts"] + e.get("duration_ns", 0)
                check(end <= parent["ts"] + parent["duration_ns"], lambda: "ends after its parent %r: %r" % (parent, e))
            if e["depth"] < len(path[where]):
                check(e["ts"] >= path[where][e["depth"]]["ts"], "not in order of entry")
        seen[e["id"]] = e
        open_calls.append(e)
    return seen


def check_parents(events, seen):
    """The chain of parents is the call stack, as far as its functions are traced."""
    traced = {e["func"] for e in events if e["kind"] in ("call", "open", "unwound")}  # main.main began before
    chains = 0
    for e in events:
        if e["kind"] == "return":  # of a call that began before: its stack is not known
            continue
        parents, p = [], e
        while "parent" in p:
            p = seen[p["parent"]]
            parents.append(p["func"])
        stack = [f.get("func") for f in e["stack"][1:] if not f.get("inlined")]
        if e["site"]["inlined"]:  # the function that holds the copy is no frame of its own
            first = next(i for i, f in enumerate(e["stack"]) if not f.get("inlined"))
            stack = [f.get("func") for f in e["stack"][first:] if not f.get("inlined")]
        want = [f for f in stack if f in traced]
        if "stack_end" in e:
            parents = parents[:len(want)]
        check(parents == want, lambda: "%s is in %r, and its stack says %r" % (e["func"], parents[:9], want[:9]))
        chains += len(parents) > 1
    check(chains, "no call in a call in a call: nothing was tested")


PROBES = {"flow": ["main." + f for f in ("hop", "locked", "thrower", "catcher", "again", "cleanup", "outerCatcher", "ladder",
                                         "safe", "faultCatcher", "quitter", "quits", "panics", "thrown", "waits", "slow",
                                         "blocked", "parked")]}


def tree(theme, version, mode):
    def run():
        live.need_live()
        path = live.program(theme, version, mode)
        probes = PROBES.get(theme, ["main.*"])
        flat = live.trace(path, probes)
        r = live.trace(path, probes, ["--tree", "--stack=%d" % FRAMES])
        check(len(r.events) == r.summary["delivered"], "%d lines" % len(r.events))
        seen = check_shape(r.events)
        check_parents(r.events, seen)
        if theme == "stacks":
            check(len(r.events) == len(flat.events), "%d events, %d without --tree" % (len(r.events), len(flat.events)))
        kinds = {k: sum(e["kind"] == k for e in r.events) for k in sorted({e["kind"] for e in r.events})}
        return "%d events, %d deep, %r" % (len(r.events), max(e["depth"] for e in r.events), kinds)
    return run


def text():
    """Lines: duration or state first, indented by depth."""
    live.need_live()
    path = live.program("flow")
    with live.Target(path) as target, live.Sonde("trace", "-p", target.pid, "--tree", "main.catcher", "main.thrower") as s:
        s.tracing()
        target.release()
        target.wait()
        check(s.wait() == 0, lambda: s.err())
        lines = s.out().splitlines()
    first = next(i for i, l in enumerate(lines) if "main.catcher(" in l)
    check(re.match(r"\d\d:\d\d:\d\d\.\d{6} g\d+ +[\d.]+[nµm]?s  main\.catcher\(n=\d+\) = ", lines[first]), lambda: lines[first])
    depth = int(re.search(r"n=(\d+)", lines[first]).group(1))
    for i in range(depth + 1):
        check(re.match(r"\S+ g\d+   unwound  " + "  " * (i + 1) + r"main\.thrower\(n=%d, " % (depth - i), lines[first + 1 + i]),
              lambda: lines[first + 1 + i])


def filters():
    """What the options leave out, with --tree and without: the same calls, counted under filtered."""
    live.need_live()
    path = live.program("stacks")
    probes = ["main.plain", "main.here", "main.print", "main.deep", "main.finish", "main.deferring", "main.compare",
              "main.small"]
    done = []
    whole = live.trace(path, probes, ["--tree"])
    for tree_option in [], ["--tree"]:
        for option, keep in ((["--max-depth=2"], lambda e: e.get("depth", 0) < 2),
                             (["--goid=1"], lambda e: e["goid"] == 1),
                             (["--min-duration=200us"], lambda e: e.get("duration_ns", 200000) >= 200000),
                             (["--min-duration=1h"], lambda e: "duration_ns" not in e)):
            r = live.trace(path, probes, tree_option + option)
            s = r.summary
            check(s["hits"] == whole.summary["hits"], lambda: "%r: %r, and without %r" % (option, s, whole.summary))
            check(s["filtered"] > 0, lambda: "%r: %r" % (option, s))
            check(s["delivered"] == len(r.events), lambda: "%d lines: %r" % (len(r.events), s))
            check(all(keep(e) for e in r.events), lambda: "%r lets through: %r" % (option, r.events[:1]))
            if tree_option:
                check_shape(r.events)
            if "duration" not in option[0]:
                want = sum(keep(e) for e in whole.events)
                check(len(r.events) == want, "%r: %d events, not %d" % (option, len(r.events), want))
            done.append(s["filtered"])
    return "filtered %r" % done


def conditions():
    """What happened in calls that a condition refuses is shown when the outermost of them ends."""
    live.need_live()
    path = live.program("stacks")
    r = live.trace(path, ["main.deep if duration() > 1h", "main.here"], ["--tree"])
    deep, here = r.summary["probes"]
    check(deep["filtered"] == deep["hits"] > 0 and deep["delivered"] == 0, lambda: "%r" % deep)
    check(here["delivered"] == here["hits"] == len(r.events), lambda: "%r" % here)
    check(max(e["depth"] for e in r.events) == 301, "the depths of calls in main.deep")
    check([e["ts"] for e in r.events if e["goid"] == 1] == sorted(e["ts"] for e in r.events if e["goid"] == 1),
          "they were held back too long")


def too_large():
    """More calls in one call than are held back: shown all the same, and said; the outer one at its end."""
    live.need_live()
    n = 15000
    with tempfile.TemporaryDirectory() as d:
        go, out = os.path.join(d, "go"), os.path.join(d, "out")
        with open(go, "w") as f:
            f.write("\n")
        with open(go) as f:
            status, _, err = live.sonde("trace", "--tree", "--format", "json", "-o", out, "main.main", "main.hot", "--",
                                        live.program("hot"), n, 1, stdin=f)
        check(status == 7, lambda: "exit status %d: %s" % (status, err))
        with open(out) as f:
            events, summary = live.parse_events(f.read())
    live.check_summary(summary)
    check(summary["delivered"] == len(events) and summary["hits"] == n + 1, lambda: "%r" % summary)
    check("too many calls in one call of goroutine 1" in err, lambda: err[-300:])
    outer = [e for e in events if e["func"] == "main.main"]
    check(len(outer) == 1 and outer[0]["kind"] == "open" and outer[0]["depth"] == 0, lambda: "%r" % outer)
    check(all(e["parent"] == outer[0]["id"] for e in events if e["depth"]), "parents")
    at = events.index(outer[0])
    check(at >= 10000, lambda: "%d calls before it" % at)
    return "%d of %d calls before the one they were made in" % (at, n)


def cases(ctx):
    yield Case("tree text", text)
    yield Case("tree filters", filters)
    yield Case("tree conditions", conditions)
    yield Case("tree too-large", too_large)
    for version in ctx.versions:
        for theme in ("stacks", "flow", "recursion"):
            yield Case("tree %s %s default" % (theme, build.label(version)), tree(theme, version, "default"))
