# SPDX-License-Identifier: BSD-2-Clause
"""Floats in registers through signal frames: exact among the scheduler's own SIGURGs, harmless, honest when they fail."""
import collections
import json
import re
import struct

import build
import live
from live import Case, check, happens

FUNCTIONS = ["main.outer", "main.inner", "main.leafward"]


def f32(x):
    return struct.unpack("f", struct.pack("f", x))[0]


def wanted(func, n):
    """What a call with this n is passed and returns, by position."""
    if func == "main.outer":
        return {"a": n / 4, "b": f32(n)}, [n / 2, n, f32(n + 1)]
    if func == "main.inner":
        return {"c": {"re": n + 0.5, "im": -float(n)}, "f": f32(n * 2)}, [n + 1.0, f32(n)]
    return {"x": n * 4.0}, [n * 8.0]


def number(value):
    """A complex number of the output as {"re", "im"}, whatever stands for it; others as they are."""
    if isinstance(value, dict) and {"real", "imag"} <= set(value):
        return {"re": value["real"], "im": value["imag"]}
    if isinstance(value, list) and len(value) == 2:
        return {"re": value[0], "im": value[1]}
    return value


def reason(value):
    return value["unavailable"] if isinstance(value, dict) and "unavailable" in value else None


class Tally:
    def __init__(self):
        self.right = 0
        self.wrong = []
        self.reasons = collections.Counter()

    def compare(self, where, want, got):
        if reason(got) is not None:
            self.reasons[re.sub(r"xmm\d+", "xmm", reason(got))] += 1
        elif number(got) == want:
            self.right += 1
        else:
            self.wrong.append("%s: %r, not %r" % (where, got, want))


def compare_all(t, events):
    """Compares every call; returns how often each was seen."""
    seen = collections.Counter()
    for e in events:
        n = e["args"]["n"]
        seen[e["func"], n] += 1
        args, results = wanted(e["func"], n)
        for name, want in args.items():
            t.compare("%s(n=%d) %s" % (e["func"], n, name), want, e["args"][name])
        if e["kind"] == "call" and reason(e["results"]) is None:
            for i, (want, got) in enumerate(zip(results, e["results"].values())):
                t.compare("%s(n=%d) result %d" % (e["func"], n, i), want, got)
    check(not t.wrong, lambda: "%d wrong: %s" % (len(t.wrong), "; ".join(t.wrong[:5])))
    return seen


def traced(version, calls, mode="default", more=(), options=()):
    live.need_live()
    path = live.program("floats", version, mode)
    run = live.trace(path, FUNCTIONS, options=("--ring-size", "256M") + tuple(options), target_args=(calls,) + tuple(more))
    t = Tally()
    seen = compare_all(t, run.events)
    check(all(e["kind"] == "call" for e in run.events), "a call without its return")
    check(len(seen) == len(run.events) == 3 * (calls // 3),
          lambda: "%d calls, %d different ones, not %d" % (len(run.events), len(seen), calls))
    return t


def logged(version, calls, mode="default", more=(), options=()):
    """Locals in registers at the test of a loop: which call and which turn it is follows from each of them."""
    live.need_live()
    path = live.program("floats", version, mode)
    probe = "main.go:%d{i, x, y}" % build.line("floats", "// series")
    with live.Target(path, calls, *more) as target:
        with live.Sonde("log", "-p", target.pid, "--format", "json", "--ring-size", "256M", *options, probe) as sonde:
            sonde.tracing()
            target.release()
            check(target.wait() == 0, lambda: target.err())
            sonde.wait()
            target.truth()
            events, summary = live.parse_events(sonde.out())
            live.check_summary(summary)
    t, seen = Tally(), set()
    for e in events:
        i, x, y = (e["values"][v] for v in "ixy")
        where = "turn %d: x %r, y %r" % (i, x, y)
        if reason(x) is None:
            n = x / 2 ** i
            check(1 <= n <= calls // 3 and n % 1 == 0 and (n, i) not in seen, where)
            seen.add((n, i))
            t.compare(where, n * 4 ** i, y)
        else:
            check(reason(y) is not None, where)
            t.compare(where, None, x)
    check(not t.wrong, lambda: "%d wrong: %s" % (len(t.wrong), "; ".join(t.wrong[:5])))
    check(len(events) == 4 * (calls // 3), lambda: "%d lines" % len(events))
    return t


def text(t):
    return "%d right, %d reasons%s" % (t.right, sum(t.reasons.values()),
                                       "".join("; %d %s" % (n, r) for r, n in t.reasons.most_common(3)))


def exact(version, calls, by=traced, **how):
    """None wrong, and all but one in a thousand there: a signal of another kind at the same moment may take one."""
    def run():
        t = by(version, calls, **how)
        happens(sum(t.reasons.values()) * 1000 <= t.right, lambda: text(t))
        return text(t)
    return run


def refused(version, why, by=traced, **how):
    """No float is read, each says why, everything else is right."""
    def run():
        t = by(version, 3000, **how)
        floats = [r for r in t.reasons if r.startswith("in xmm")]
        check(floats == ["in xmm: " + why], lambda: text(t))
        return text(t)
    return run


def killed(version):
    """A target that is killed in the middle: what came is right, the accounts add up, sonde ends."""
    def run():
        live.need_live()
        with live.Target(live.program("floats", version), 30000000) as target:
            with live.Sonde("trace", "-p", target.pid, "--format", "json", "--ring-size", "256M", *FUNCTIONS) as sonde:
                sonde.tracing()
                target.release()
                sonde.until(lambda: len(sonde.out()) > 1 << 20, "output")
                target.kill()
                sonde.wait()
                events, summary = live.parse_events(sonde.out())
                live.check_summary(summary, may_lose=True)
        t = Tally()
        compare_all(t, events)
        check(t.right > 1000, lambda: text(t))
        return text(t)
    return run


def explained(version):
    """What a float costs is said in JSON as it is in text, and that it is not read when signals are refused."""
    def run():
        path = live.program("floats", version)
        for options, note in ((), "read through a signal frame"), (["--no-float-regs"], "float register: not readable"):
            status, out, err = live.sonde("explain", path, "main.outer", "--format", "json", *options, prefix=[])
            check(status == live.OK, err)
            func = json.loads(out)["functions"][0]
            results = func["results"] if isinstance(func["results"], list) else []  # Go 1.17 does not tell them
            notes = {v["name"]: v.get("note", "") for v in func["args"] + results}
            floats = ["a", "b"] + ["r0", "r2"] * bool(results)
            for name in floats:
                check(notes[name].startswith(note), lambda: "%s: %r" % (name, notes[name]))
            check(not notes["n"] and not notes.get("r1"), lambda: "%r" % notes)
            status, out, err = live.sonde("explain", path, "main.outer", *options, prefix=[])
            check(out.count(note) == len(floats), out)
    return run


def cases(ctx):
    for version in ctx.versions:
        if not build.exists("floats", version):
            continue
        label = build.label(version)
        for mode in "default", "cgo", "pie":
            yield Case("floats logged %s %s" % (label, mode), exact(version, 20000, by=logged, mode=mode))
        yield Case("floats logged, ignored %s default" % label,
                   refused(version, "the signal frame did not come", by=logged, more=["ignore"]))
        yield Case("floats logged, off %s default" % label,
                   refused(version, "not readable", by=logged, options=["--no-float-regs"]))
        if regabi(version):
            yield Case("floats exact %s default" % label, exact(version, 20000 if ctx.quick else 100000))
            for mode in ("cgo", "pie") if ctx.quick or version in ctx.ends() else ():
                yield Case("floats exact %s %s" % (label, mode), exact(version, 20000, mode=mode))
            yield Case("floats notify %s default" % label, exact(version, 20000, more=["notify"]))
            yield Case("floats ignored %s default" % label,
                       refused(version, "the signal frame did not come", more=["ignore"]))
            yield Case("floats killed %s default" % label, killed(version))
            yield Case("floats explained %s default" % label, explained(version))
            yield Case("floats off %s default" % label, refused(version, "not readable", options=["--no-float-regs"]))


def regabi(version):
    try:
        return build.go(version).minor >= 17
    except build.Unavailable:
        return False
