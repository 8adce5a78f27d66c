# SPDX-License-Identifier: BSD-2-Clause
"""What expressions are worth: Go itself computes each in the traced program, and sonde's value must be that one."""
import json
import os
import re

import build
import compare
import live
from live import Case, Failure, Sonde, Target, check, parse_events

THEMES = ("exprs",)
MODES = ("default", "noopt", "pie")
AT_ONCE = 60  # a probe may have 64 expressions


def truths(lines, theme=None):
    """{function: [(entry's values, return's values) of each call]}"""
    calls = {}
    for line in lines:
        if line.startswith('{"kind":"exprs"'):
            one = json.loads(line)
            of = calls.setdefault(one["func"], [])
            if one["when"] == "entry":
                of.append([one["values"], {}])
            else:
                of[-1][1] = one["values"]
    return calls


def told(path):
    memo = path + ".exprs"
    if not os.path.exists(memo):
        with open(memo + ".new", "w") as f:
            json.dump(truths(build.untraced(path)["lines"]), f)
        os.rename(memo + ".new", memo)
    with open(memo) as f:
        return json.load(f)


def chunks(names):
    names = list(names)
    return [names[i:i + AT_ONCE] for i in range(0, len(names), AT_ONCE)]


def compare_one(c, where, truth, got):
    """A value that Go has is that value, or a reason; one that Go has not is a reason."""
    if isinstance(truth, dict) and truth.get("$kind") == "none":
        c.values += 1
        if not compare.is_unavailable(got):
            c.bad(where, "%s, and Go says %s" % (compare.short(got), truth["why"]))
        return
    before = c.reasons.copy()
    compare.compare_value(c, where, truth, got)
    if os.environ.get("SONDE_LIVE_REASONS") and c.reasons != before:
        print("reason: %s: %s" % (where, compare.short(got)))


def compare_events(c, where, truth, events, names, whens):
    """truth: of each call [entry's values, return's]."""
    if len(events) != len(truth):
        c.bad(where, "%d events, not %d" % (len(events), len(truth)))
        return
    for i, (t, e) in enumerate(zip(truth, events)):
        c.calls += 1
        values = e.get("values", {})
        if list(values) != list(names):
            c.bad(where, "values are %s, not %s" % (list(values), list(names)))
            return
        for n in names:
            of = next((t[w] for w in whens if n in t[w]), None)
            compare_one(c, "%s call %d: %s" % (where, i, n), of[n], values[n])


def run_probes(path, probes, command="trace", options=()):
    """{name: events} of named probes, while the program runs to its end."""
    with Target(path) as target, Sonde(command, "-p", target.pid, "--format", "json", *options, *probes) as s:
        s.tracing()
        target.release()
        target.wait()
        status = s.wait()
        check(status == live.OK, lambda: "%s: exit status %d: %s" % (s, status, s.err()[-1500:]))
        lines = target.truth()
        events, summary = parse_events(s.out())
        live.check_summary(summary)
        check(summary["delivered"] == len(events), lambda: "%d events, %r" % (len(events), summary))
    by = {}
    for e in events:
        by.setdefault(e["probe"], []).append(e)
    return by, lines, summary


def judged(ctx, c, theme, minor, mode):
    if c.wrong:
        raise Failure("%d wrong (%s): %s" % (len(c.wrong), c.summary(), "\n".join(c.wrong[:60])))
    check(c.values > sum(c.reasons.values()), lambda: "reasons for most of the %d values" % c.values)
    text = ctx.reasons.judge(theme, minor, mode, c)
    check(text is None, lambda: text)
    return c.summary()


def of_calls(ctx, theme, version, mode):
    """Entry and return of each function, all expressions."""
    live.need_live()
    path = live.program(theme, version, mode)
    minor = build.go(version).minor
    probes, plan = [], {}
    for function, calls in told(path).items():
        names = list(dict.fromkeys(n for call in calls for when in call for n in when))
        if minor == 17 and mode != "noopt":  # results are not in its debug information
            names = list(dict.fromkeys(n for call in calls for n in call[0]))
        for chunk in chunks(names):
            name = "p%d" % len(probes)
            plan[name] = function, chunk
            probes.append("%s: %s{%s}" % (name, function, ", ".join(chunk)))
    by, lines, _ = run_probes(path, probes, options=("--ring-size", "64M"))
    truth = truths(lines)
    c = compare.Comparison()
    for name, (function, names) in plan.items():
        compare_events(c, function, truth[function], by.get(name, []), names, (0, 1))
    return judged(ctx, c, theme, minor, mode)


def first_line(function):
    """The first line of that function's body."""
    name = re.escape(function.split(".", 1)[1])
    name = re.sub(r"^\\\(\\\*(\w+)\\\)\\\.", r"\\(\\w+ \\*\1\\) ", name)
    with open(os.path.join(build.TARGETS, "exprs", "main.go"), encoding="utf-8") as f:
        lines = f.read().split("\n")
    at = next(i for i, l in enumerate(lines) if re.match(r"func %s\(" % name, l))
    if lines[at].endswith("}"):
        return at + 1
    while not lines[at].endswith("{"):
        at += 1
    return at + 2


def of_lines(ctx, theme, version, mode):
    """The same at the first line of each function's body, where the compiler may have dropped what is not read again;
    as trace and as log, with a template that has them all."""
    live.need_live()
    path = live.program(theme, version, mode)
    probes, plan = [], {}
    for function, calls in told(path).items():
        for chunk in chunks(calls[0][0]):
            for template in False, True:
                name = "p%d" % len(probes)
                show = '"%s"' % " ".join("{%s}" % e.replace("\\", "\\\\").replace('"', '\\"') for e in chunk) \
                    if template else "{%s}" % ", ".join(chunk)
                if template and any(('"' in e or "'" in e or "`" in e) for e in chunk):
                    continue
                plan[name] = function, chunk
                probes.append("%s: main.go:%d %s" % (name, first_line(function), show))
    by, lines, _ = run_probes(path, probes, "log", options=("--ring-size", "64M", "--rate", "100000/s"))
    truth = truths(lines)
    c = compare.Comparison()
    for name, (function, names) in plan.items():
        events = by.get(name, [])
        check(all(e["kind"] == "log" for e in events), lambda: "%s: no log lines" % name)
        compare_events(c, function, truth[function], events, names, (0,))
    return judged(ctx, c, theme + "-lines", build.go(version).minor, mode)


def generic(version, mode):
    """Variables of generic functions have their true types as expressions too, and at lines where one instance alone can
    be meant: what they show is what the call shows."""
    def run():
        live.need_live()
        path = live.program("generics4", version, mode)
        with open(os.path.join(build.TARGETS, "generics4", "main.go"), encoding="utf-8") as f:
            at = {m.group(1): i for i, l in enumerate(f, 1) for m in [re.match(r"func (\w+)\[.*\{ return .*\}$", l)] if m}
        plain = live.trace(path, build.functions(path))
        names = {re.sub(r"\[.*\]", "", e["func"]): list(e["args"]) for e in plain.events if e.get("args")}
        probes = [p for f, args in names.items() for p in (f, "%s{%s}" % (f, ", ".join(args)))]
        lines = ["main.go:%d {}" % n for f, n in at.items() if "main." + f in names]
        r = live.trace(path, probes + (lines if mode == "noopt" else []))
        args, values, at_line = {}, {}, {}
        for e in r.events:
            of = at_line if e["kind"] == "log" else args if "args" in e else values
            of.setdefault(e["func"], []).append(e.get("args") or e["values"])
        check(values.keys() <= args.keys() and len(values) > 40, lambda: "%d functions" % len(values))
        wrong = ["%s: %r, and as arguments %r" % (f, v, a) for f in values for v, a in zip(values[f], args[f]) if v != a]
        exact = 0
        for f in at_line:
            if "go.shape" in f:
                continue
            check(f in args, lambda: "a line in %s" % f)
            for v, a in zip(at_line[f], args[f]):
                known = {n for n in a if n in v and not compare.is_unavailable(v[n])}
                exact += len(known)
                wrong += ["%s at its line: %s=%r, and as an argument %r" % (f, n, v[n], a[n]) for n in known if v[n] != a[n]]
        check(not wrong, lambda: "%d wrong: %s" % (len(wrong), "\n".join(wrong[:10])))
        check(mode != "noopt" or exact > 20, lambda: "%d values at lines" % exact)
        return "%d functions, %d values at lines" % (len(values), exact)
    return run


def cases(ctx):
    for version in ctx.versions:
        if build.go(version).minor >= build.SINCE["generics4"]:
            for mode in ("default", "noopt"):
                yield Case("exprs generic %s %s" % (build.label(version), mode), generic(version, mode))
    for version in ctx.versions:
        for theme in THEMES:
            for mode in MODES if not ctx.quick else MODES[:2]:
                yield Case("exprs calls %s %s" % (build.label(version), mode),
                           lambda t=theme, v=version, m=mode: of_calls(ctx, t, v, m))
                yield Case("exprs lines %s %s" % (build.label(version), mode),
                           lambda t=theme, v=version, m=mode: of_lines(ctx, t, v, m))
