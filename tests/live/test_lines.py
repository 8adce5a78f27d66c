# SPDX-License-Identifier: BSD-2-Clause
"""Probes on source lines: how often each of some 200 marked lines is come to, and what its variables hold there. The truth
is told by the twins of the marked functions (targets/twin.py), which are probed too: telling keeps their variables alive."""
import collections
import json
import os
import re
import subprocess
import sys

import build
import live
from live import Case, check

sys.path.insert(0, build.TARGETS)
import twin  # noqa: E402

MODES = ("default", "noopt", "pie")
PAIRS = {
    "lines": (("plain.go", "twins.go", 0), ("since122.go", "twins122.go", 22), ("since123.go", "twins123.go", 23)),
    "lines4": (("plain.go", "twins.go", 18),),
}

# What compilers do that nothing in the binary tells: (mark, in the twin, variable or None for the count) → versions 1.N.
# Counts that sonde doubts itself need not be here.
LOST = {
    # double(y) under an if becomes a shift by the condition: the code of one of two inlined copies is gone
    ("inl_double", False, None): range(27, 99),
    # an inner x that is not in the debug information at all lets the outer one show
    ("shadow_inner", True, "x"): range(15, 24),
    # the parts of a condition have no statement of their own but the test of what came out
    ("multi_and2", True, None): range(15, 17),
    ("multi_and3", True, None): range(15, 17),
}


class Tally:
    """As compare.Comparison, as far as reasons.py asks."""

    def __init__(self):
        self.lines = self.hits = self.right = self.doubted = 0
        self.wrong = []
        self.reasons = collections.Counter()

    def reason(self, text):
        self.reasons[re.sub(r"0x[0-9a-f]+|\d+", "N", str(text))] += 1


def why(value):
    """The first reason in a value, None when all of it is there."""
    if isinstance(value, dict) and "unavailable" in value:
        return value["unavailable"]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next((w for w in map(why, parts) if w is not None), None)


def plain(value):
    """The truth without what it says more than sonde: pointers are what they point to."""
    if isinstance(value, dict):
        if value.get("$kind") == "ptr":
            return plain(value["to"])
        return {k: plain(v) for k, v in value.items()}
    return [plain(v) for v in value] if isinstance(value, list) else value


def told(lines):
    truth = collections.defaultdict(list)
    for line in lines:
        if line.startswith('{"kind":"at"'):
            at = json.loads(line)
            truth[at["mark"]].append(plain(at["values"]))
    return truth


def no_code(path, probes):
    """Those of the probes whose lines have no code, or none that can be probed: sonde names one at a time."""
    gone = []
    while True:
        left = [p for p in probes if p not in gone]
        status, _, err = live.sonde("explain", path, *left)
        if status == live.OK:
            return gone
        m = re.search(r"(\S+:\d+) (has no code|cannot be probed)", err)
        check(status == live.NOTHING_MATCHED and m and m.group(1) in left, lambda: "explain: %d: %s" % (status, err))
        gone.append(m.group(1))


def logged(path, theme, probes):
    """One run under `sonde log` with these probes: {line: [values at each hit]}, the truth, and the probes whose hits may not
    be as many as the line's passages."""
    source = os.path.join(build.TARGETS, theme)  # a checkout may be newer than the program
    with live.Target(path) as target:
        with live.Sonde("log", "-p", target.pid, "--format", "json", "--show-secrets", "--source", source,
                        *probes) as sonde:
            sonde.tracing()
            target.release()
            status = target.wait()
            check(sonde.wait() == live.OK, lambda: "%s: %s" % (sonde, sonde.err()[-1000:]))
            truth = told(target.truth())
            events, summary = live.parse_events(sonde.out())
    check(status == 0, "the target failed")
    live.check_summary(summary)
    hits = collections.defaultdict(list)
    for e in events:
        for name in e.get("unsure", ()):
            e["values"][name] = {"unavailable": "may be older than the line"}
        hits[os.path.basename(e["file"]), e["line"]].append(e["values"])
    return hits, truth, {p["probe"] for p in summary["probes"] if "count_unsure" in p}


def compare_line(t, where, want, got, names, lost, doubted):
    t.lines += 1
    t.doubted += doubted
    if len(want) != len(got):
        if None not in lost and not doubted:
            t.wrong.append("%s: %d hits, not %d" % (where, len(got), len(want)))
        t.reason("lost by the compiler")
        return
    t.hits += len(got)
    for w, g in zip(want, got):
        for name in names:
            reason = why(g[name]) if name in g else "not in the debug information"
            if reason is not None:
                t.reason(reason)
            elif name in lost:
                t.reason("lost by the compiler")
            elif plain(g[name]) != w[name]:
                t.wrong.append("%s: %s is %r, not %r" % (where, name, g[name], w[name]))
            else:
                t.right += 1


def compared(ctx, theme, version, mode):
    live.need_live()
    path = live.program(theme, version, mode)
    minor = build.go(version).minor
    t = Tally()
    for source, twins, since in PAIRS[theme]:
        if minor < since:
            continue
        names = {m: v for m, (_, v) in twin.marks(os.path.join(build.TARGETS, theme, source)).items()}
        for file, is_twin in ((source, False), (twins, True)):
            marks = twin.marks(os.path.join(build.TARGETS, theme, file))
            probes = {"%s/%s:%d" % (theme, file, line): mark for mark, (line, _) in marks.items()}
            for p in no_code(path, probes):
                t.reason("no code at the line")
                del probes[p]
            hits, truth, doubted = logged(path, theme, list(probes))
            for p, mark in probes.items():
                line = int(p.rsplit(":")[-1])
                lost = {v for (m, tw, v), versions in LOST.items()
                        if m == mark and tw == is_twin and minor in versions and mode != "noopt"}
                compare_line(t, "%s (%s)" % (p, mark), truth[mark], hits[file, line], names[mark], lost,
                             p in doubted)
    check(not t.wrong, lambda: "%d wrong: %s" % (len(t.wrong), "\n".join(t.wrong[:8])))
    check(t.lines >= 25 and 2 * t.right > sum(t.reasons.values()), lambda: "%d lines, %d right, reasons: %r" %
          (t.lines, t.right, t.reasons))
    check(t.doubted <= (1 if mode == "noopt" else max(5, t.lines // 16)), lambda: "%d of %d counts are doubted" % (t.doubted, t.lines))
    text = ctx.reasons.judge(theme, minor, mode, t)
    check(text is None, lambda: text)
    return "%d lines, %d hits, %d values right, %d reasons, %d counts doubted" % (
        t.lines, t.hits, t.right, sum(t.reasons.values()), t.doubted)


def twins_are_current():
    """The committed twins are what twin.py makes of the marked functions (gofmt aside)."""
    for theme, pairs in PAIRS.items():
        for source, twins, _ in pairs:
            made = twin.twin(os.path.join(build.TARGETS, theme, source))
            with open(os.path.join(build.TARGETS, theme, twins)) as f:
                kept = f.read()
            check(made.split() == kept.split(), "%s/%s is not what twin.py makes of %s" % (theme, twins, source))


def shadows(version):
    """Where a line declares a variable, its name still means the one that is shadowed from then on."""
    def run():
        live.need_live()
        path = live.program("lines", version, "noopt")
        at = {m: n for m, (n, _) in twin.marks(os.path.join(build.TARGETS, "lines", "plain.go")).items()}
        r = live.trace(path, ["if: plain.go:%d{x, y}" % at["shadow_if"], "in: plain.go:%d{x, y} if y == 8" % at["shadow_inner"],
                              "inc: plain.go:%d{x, y}" % at["shadow_inc"]])
        got = [(e["probe"], e["values"]["x"], e["values"]["y"]) for e in r.events]
        check(got == [("if", 2, 3), ("if", 7, 8), ("in", 16, 8), ("inc", 16, 116)], lambda: "%r" % got)
    return run


def counted(version, mode):
    """Lines of programs at large: as many hits as passages, or none are promised; unoptimized code has no doubts."""
    def run():
        live.need_live()
        path = live.program("counts", version, mode)
        with open(os.path.join(build.TARGETS, "counts", "main.go")) as f:
            want = {n: int(m.group(1)) for n, m in ((n, re.search(r"// =(\d+)$", t.rstrip())) for n, t in enumerate(f, 1)) if m}
        probes = {"counts/main.go:%d" % n: n for n in want}
        gone = no_code(path, probes)
        parts = live.trace(path, ["%s{}" % p for p in probes if p not in gone]).summary["probes"]
        got = {int(re.search(r":(\d+)", p["probe"]).group(1)): p for p in parts}
        wrong = ["%d: %d hits, not %d" % (n, p["hits"], want[n]) for n, p in got.items()
                 if p["hits"] != want[n] and "count_unsure" not in p]
        check(not wrong, lambda: "; ".join(wrong))
        doubted = [n for n, p in got.items() if "count_unsure" in p]
        check(len(gone) <= (2 if mode == "noopt" else 8) and len(doubted) <= (0 if mode == "noopt" else 12),
              lambda: "no code: %r, doubted: %r" % (gone, doubted))
        return "%d lines, %d without code, %d doubted" % (len(want), len(gone), len(doubted))
    return run


def cases(ctx):
    yield Case("lines twins", twins_are_current)
    for version in ctx.versions:
        for mode in ("default", "noopt"):
            yield Case("lines counts %s %s" % (build.label(version), mode), counted(version, mode))
    for version in ctx.versions:
        yield Case("lines shadows %s" % build.label(version), shadows(version))
    for version in ctx.versions:
        for theme in PAIRS:
            if not build.exists(theme, version):
                continue
            for mode in MODES if not ctx.quick else MODES[:1]:
                yield Case("lines %s %s %s" % (theme, build.label(version), mode),
                           lambda t=theme, v=version, m=mode: compared(ctx, t, v, m))
