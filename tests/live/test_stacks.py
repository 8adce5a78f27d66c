# SPDX-License-Identifier: BSD-2-Clause
"""--stack: each stack is what Go's own runtime says at that call, frame by frame; what is not followed says so."""
import json
import os
import re
import shutil
import subprocess
import tempfile

import build
import live
from live import Case, Failure, Skip, check, happens

PROBES = ("main.plain", "main.large", "main.leaf", "main.small", "main.deep", "main.(*inner).Method",
          "main.inner.Value", "main.deferred", "main.compare", "main.finish")
FRAMES = 32
MODES = ("default", "noopt", "pie", "sw", "cgo")


def truth_of(lines):
    stacks = {}
    for line in lines:
        if line.startswith('{"kind":"stack"'):
            t = json.loads(line)
            stacks[t["func"], t["id"]] = t
    check(stacks, "no stacks in the truth")
    return stacks


def levels(truth, n):
    """The stacks of each call of main.deep, which only the last one tells; n: of the one that is n calls above it."""
    calls = sum(f[0] == "main.deep" for f in truth["frames"])
    return [dict(truth, frames=truth["frames"][i:]) for i in range(calls) if n in (i, None)]


def is_same(got, want):
    return [got.get("func"), got.get("file"), got.get("line")] == want


def id_of(event):
    """The number of the call: an argument, or among the results."""
    if "id" in event.get("args", {}):
        # 1.15: where a call is inlined in an inlined one, its argument has no place
        gone = event["site"]["inlined"] and isinstance(event["args"]["id"], dict)
        return None if gone else event["args"]["id"]
    return next((v for v in event.get("results", {}).values() if type(v) is int), None)


def complaint(event, truth, frames, may_end):
    """What is wrong with a stack; None: nothing."""
    got, want = event["stack"], truth["frames"]
    check(want[-1][0] == "runtime.goexit", "the truth does not end with goexit")
    want = want[:-1]
    if not got or got[0].get("func") != want[0][0]:
        return "begins with %r" % got[:1]
    if want[0][1] and got[0].get("file") not in (want[0][1], None):
        return "begins in %r" % got[0]
    for i, w in enumerate(want[1:len(got)], 1):
        if not is_same(got[i], w):
            return "frame %d is %r, not %r" % (i, got[i], w)
    end = event.get("stack_end")
    if len(got) > len(want):
        return "%d frames, not %d: %r" % (len(got), len(want), got[len(want):])
    if end is None:
        return None if len(got) == len(want) else "%d frames, not %d" % (len(got), len(want))
    if end == "cut at %d frames" % frames:
        return None if len(got) == frames < len(want) else "cut at %d of %d" % (len(got), len(want))
    return None if may_end(end) else "ends after %r: %s" % (got[-1], end)


def creator_complaint(event, truth):
    """What is wrong with the place where the goroutine was made."""
    got = event.get("created_by")
    if not truth["created"]:
        return None if got is None else "created by %r" % got
    m = re.match(r"^(.*?)(?: in goroutine (\d+))?$", truth["created"])
    file, line = truth["at"].rsplit(":", 1)
    if got is None or not is_same(got, [m.group(1), file, int(line)]):
        return "created by %r, not %r at %r" % (got, truth["created"], truth["at"])
    if got.get("goid") != (int(m.group(2)) if m.group(2) else None):
        return "in goroutine %r, not %s" % (got.get("goid"), m.group(2))
    return None


def stacks(version, mode, suffix="", frames=FRAMES):
    def run():
        live.need_live()
        path = live.program("stacks", version, mode)
        option = "--stack" if frames == FRAMES else "--stack=%d" % frames
        r = live.trace(path, [p + suffix for p in PROBES if not suffix or p != "main.small"], [option])
        truth, seen, wrong, ends = truth_of(r.truth), 0, [], {}

        def may_end(why):
            # C has no frames that Go's runtime shows either
            return why == "called from C" and mode == "cgo"
        for e in r.events:
            check("stack" in e, lambda: "no stack: %r" % e)
            ident = id_of(e)
            # without debug information the arguments are not known: any truth of that function will do
            same = [t for (f, i), t in truth.items() if f == e["func"] and ident in (i, None)]
            check(same, lambda: "no such call: %s(%r)" % (e["func"], ident))
            if e["func"] == "main.deep":
                same = [u for t in same for u in levels(t, e["args"].get("n") if "args" in e else None)]
            why = min((complaint(e, t, frames, may_end) or creator_complaint(e, t) or "" for t in same), key=len)
            if why and "fault at" not in e.get("stack_end", ""):
                wrong.append("%s(%s): %s" % (e["func"], ident, why))
            happens("fault at" not in e.get("stack_end", ""), "a page of a stack was away")
            seen += 1
            ends[e.get("stack_end")] = ends.get(e.get("stack_end"), 0) + 1
        if wrong:
            raise Failure("%d of %d wrong: %s" % (len(wrong), seen, "\n".join(wrong[:6])))
        least = len(truth) if not suffix else len([1 for f, _ in truth if f != "main.small"])
        check(seen >= least, lambda: "%d stacks, and %d calls" % (seen, least))
        check(any("cut" in (k or "") for k in ends), "nothing was cut: nothing was tested")
        return "%d stacks, ends %r" % (seen, {k: v for k, v in ends.items() if k})
    return run


def text():
    """The text below the event."""
    live.need_live()
    path = live.program("stacks")
    with live.Target(path) as target, live.Sonde("trace", "-p", target.pid, "--stack=3", "main.finish", "main.deep",
                                                 "-n", 11) as s:
        s.tracing()
        target.release()
        check(s.wait() == 0, lambda: s.err())
        lines = s.out().splitlines()
    check(re.search(r" g1 main\.deep\(id=\d+, n=0\) = \d+  \S+$", lines[0]), lambda: lines[0])
    check(re.match(r"    main\.deep main\.go:\d+$", lines[1]), lambda: lines[1])
    check(re.match(r"    main\.main main\.go:\d+$", lines[2]), lambda: lines[2])
    check(re.match(r"    runtime\.main proc\.go:\d+$", lines[3]), lambda: lines[3])
    check("    <cut at 3 frames>" in lines, lambda: "%r" % lines[:12])


C_SOURCE = r"""
#include <stdio.h>
#include <unistd.h>
__attribute__((noinline)) int leaf(int x) { return x + getpid() % 2; }
__attribute__((noinline)) int mid(int x) { return leaf(x) * 2 + 1; }
__attribute__((noinline)) int top(int x) { return mid(x) + 1; }
int main(void) { printf("ready %d\n", getpid()); fflush(stdout); getchar(); int r = top(1); sleep(1); puts("done"); return r < 0; }
"""


def in_c(flags, functions, end):
    """C: as far as frame pointers go, and no farther."""
    def run():
        live.need_live()
        compiler = shutil.which("gcc")
        if not compiler:
            raise Skip("no gcc")
        with tempfile.TemporaryDirectory() as d:
            source, path = os.path.join(d, "c.c"), os.path.join(d, "c")
            with open(source, "w") as f:
                f.write(C_SOURCE)
            subprocess.run([compiler, "-g", "-fno-optimize-sibling-calls", *flags, "-o", path, source], check=True)
            r = live.trace(path, ["leaf"], ["--stack"])
        check(len(r.events) == 1, lambda: "%r" % r.events)
        got = [f.get("func", f.get("module", "?").rsplit("/", 1)[-1]) for f in r.events[0]["stack"]]
        check(got[:len(functions)] == functions, lambda: "%r" % got)
        check(len(got) == len(functions) or re.match(r"libc|\?$", got[-1]), lambda: "%r" % got)
        check(r.events[0].get("stack_end") == end, lambda: "%r" % r.events[0])
    return run


def cases(ctx):
    yield Case("stacks C -O1 with frame pointers", in_c(["-O1", "-fno-omit-frame-pointer"],
                                                       ["leaf", "mid", "top", "main"], "the code there is not known"))
    yield Case("stacks C -O0", in_c(["-O0"], ["leaf", "mid", "top", "main"], "the code there is not known"))
    yield Case("stacks C -O2", in_c(["-O2", "-fomit-frame-pointer"], ["leaf", "mid"], "mid keeps no frame pointer"))
    yield Case("stacks text", text)
    for version in ctx.versions:
        for mode in MODES if not ctx.quick else ("default", "cgo"):
            yield Case("stacks %s %s" % (build.label(version), mode), stacks(version, mode))
        yield Case("stacks returns %s default" % build.label(version), stacks(version, "default", ":return"))
        if not ctx.quick:
            yield Case("stacks long %s default" % build.label(version), stacks(version, "default", "", 100))
