# SPDX-License-Identifier: BSD-2-Clause
"""sonde log: messages from templates with formats, on a process, on a command, on every process of a binary; -n, --for, -f,
and each JSON line within the schema."""
import json
import os
import re
import signal
import tempfile

import build
import live
import test_exprs
import test_schema
from live import Case, Sonde, Target, check, happens, parse_events


def quoted(s):
    return json.dumps(s, ensure_ascii=False)


def plain(s):
    """Text as it is put into a line: what would break the line is escaped."""
    return s.replace("\t", "\\t").replace("\n", "\\n")


def real(digits):
    return lambda v: digits % float(v) if not isinstance(v, str) else v


# Parts of templates: (hole, what to take of the truth's values, as what text)
HOLES = (
    ("{i8}", "i8", str), ("{u16}", "u16", str), ("{i64:d}", "i64", str), ("{u8:x}", "u8", lambda v: "%x" % v),
    ("{u32:X}", "u32", lambda v: "%X" % v), ("{u8:b}", "u8", lambda v: bin(v)[2:]), ("{u16:o}", "u16", lambda v: "%o" % v),
    ("{s}", "s", plain), ("{s:s}", "s", plain), ("{s:q}", "s", quoted), ("{s:x}", "s", lambda v: v.encode().hex()),
    ("{b}", "b", lambda v: str(v).lower()), ("{b:v}", "b", lambda v: str(v).lower()),
    ("{f64:.2f}", "f64", real("%.2f")), ("{f32:.3e}", "f32", real("%.3e")), ("{i8 + 1}", "i8 + 1", str),
    ("{len(s)}", "len(s)", str), ("{i8 < 0}", "i8 < 0", lambda v: str(v).lower()), ("{{", None, "{"), ("}}", None, "}"),
    ("{u64:x}", "u64", lambda v: "%x" % v), ("{global.Name}", "global.Name", str), ("{goid()}", None, "1"),
)


def expected(values, hole):
    _, name, text = hole
    return text if name is None else text(values[name])


def run_to_end(path, command, options, *probes):
    with Target(path) as target, Sonde(command, "-p", target.pid, *options, *probes) as s:
        s.tracing()
        target.release()
        target.wait()
        status = s.wait()
        check(status == live.OK, lambda: "%s: exit status %d: %s" % (s, status, s.err()[-800:]))
        return target.truth(), s.out(), s.err()


def of_schema(lines):
    for line in lines:
        check(test_schema.complaint(line) is None, lambda: "%s: %s" % (line, test_schema.complaint(line)))


def templates(version, mode):
    """Messages, in JSON and in text, at an entry, at a return, at a line."""
    def run():
        live.need_live()
        test_schema.validator()
        path = live.program("exprs", version, mode)
        text = "|".join(h[0] for h in HOLES)
        line = test_exprs.first_line("main.scalars")
        # What stays in memory or registers up to the return.
        probes = ["e: main.scalars:entry '%s'" % text, "c: main.scalars '%s -> {ret.0} {duration()}'" % text,
                  "l: main.go:%d \"at {i8} {u8:x}\"" % line]
        without = build.go(version).minor == 17 and mode != "noopt"
        if without:
            probes[1] = probes[1].replace("{ret.0}", "none")
        truth, out, _ = run_to_end(path, "log", ["--format", "json"], *probes)
        calls = test_exprs.truths(truth)["main.scalars"]
        events, summary = parse_events(out)
        live.check_summary(summary)
        of_schema(events + [summary])
        by = {}
        for e in events:
            check(e["kind"] == "log", lambda: "%r" % e)
            by.setdefault(e["probe"], []).append(e)
        check(set(by) == {"e", "c", "l"}, lambda: "%s" % list(by))
        for name, found in by.items():
            check(len(found) == len(calls), lambda: "%s: %d lines of %d" % (name, len(found), len(calls)))
            for (before, after), e in zip(calls, found):
                want = "|".join(expected(before, h) for h in HOLES)
                if name == "c":
                    result = "none" if without else str(after["ret.0"])
                    want = re.escape("%s -> %s " % (want, result)) + r"[\d.]+(ns|µs|ms|s)"
                elif name == "l":
                    want = re.escape("at %d %x" % (before["i8"], before["u8"]))
                    check(e["line"] == line and e["file"].endswith("exprs/main.go"), lambda: "%r" % e)
                else:
                    want = re.escape(want)
                check(re.fullmatch(want, e["message"], re.S), lambda: "%s: %r, not %r" % (name, e["message"], want))
        truth, out, err = run_to_end(path, "log", [], probes[0])
        shown = out.rstrip("\n").split("\n")
        check(len(shown) == len(calls), lambda: "%d lines of %d: %s" % (len(shown), len(calls), out))
        for (before, _), got in zip(calls, shown):
            want = "|".join(expected(before, h) for h in HOLES)
            check(re.match(r"[\d:.]+ g1 main\.go:\d+ ", got) and got.endswith(" " + want),
                  lambda: "%r, not %r" % (got, want))
        check("e: %d hits, %d delivered" % (len(calls), len(calls)) in err, lambda: err)
        return "%d messages of %d holes" % (3 * len(calls), len(HOLES))
    return run


def on_command(version):
    """sonde log … -- COMMAND: its output is its own, its status is sonde's, the lines are in the file."""
    def run():
        live.need_live()
        test_schema.validator()
        path = live.program("hot", version)
        with tempfile.TemporaryDirectory(prefix="sonde-live-") as tmp:
            file = os.path.join(tmp, "out")
            feed = os.path.join(tmp, "in")
            with open(feed, "w") as f:
                f.write("\n")
            with open(feed) as stdin:
                status, out, err = live.sonde("log", "--format", "json", "-o", file,
                                              'main.hot:entry "{i} {x:x}" if i % 1000 == 7', "--", path, "5000",
                                              stdin=stdin)
            check(status == 7, lambda: "status %d: %s" % (status, err))
            check(out.startswith("ready ") and out.rstrip().endswith("done"), lambda: out[:200])
            with open(file) as f:
                events, summary = parse_events(f.read())
        live.check_summary(summary)
        of_schema(events + [summary])
        check([e["values"]["i"] for e in events] == [7 + 1000 * k for k in range(5)], lambda: "%r" % events[:3])
        check(all(e["message"] == "%d %x" % (e["values"]["i"], e["values"]["x"]) for e in events), lambda: "%r" % events[:3])
        check(summary["hits"] == 5000 and summary["filtered"] == 4995, lambda: "%r" % summary)
    return run


def on_binary(version):
    """sonde log BINARY: processes that run it and ones that start later, each with its own lines."""
    def run():
        live.need_live()
        path = live.program("hot", version)
        with Target(path, 3000) as a, Target(path, 4000) as b:
            with Sonde("log", "--format", "json", path, 'main.hot:entry "{pid()} {i}" if i % 1000 == 5') as s:
                s.tracing()
                with Target(path, 2000) as late:
                    pids = {a.pid: 3, b.pid: 4, late.pid: 2}
                    for target in a, b, late:
                        target.release()
                    for target in a, b, late:
                        check(target.wait() == 7, "exit status")
                s.until(lambda: s.out().count("\n") >= 9, "9 lines")
                s.kill(signal.SIGINT)
                check(s.wait() == live.OK, lambda: s.err())
                events, summary = parse_events(s.out())
        live.check_summary(summary)
        for pid, n in pids.items():
            mine = [e for e in events if e["pid"] == pid]
            check([e["message"] for e in mine] == ["%d %d" % (pid, 5 + 1000 * k) for k in range(n)],
                  lambda: "%d: %r" % (pid, mine))
        check(len(events) == 9 and summary["hits"] == 9000, lambda: "%d, %r" % (len(events), summary))
    return run


def until(version):
    """-n and --for end it, and the target goes on; what came later is limited."""
    def run():
        live.need_live()
        path = live.program("hot", version)
        for options, exact in (["-n", "3"], True), (["--for", "700ms"], False):
            with Target(path, 100000, 20) as target:
                with Sonde("log", "-p", target.pid, "--format", "json", *options, 'main.hot:entry "{i}" if i % 10 == 4') as s:
                    s.tracing()
                    target.release()
                    check(s.wait() == live.OK, lambda: s.err())
                    happens(target.running(), "the target ended first: nothing was tested")
                    events, summary = parse_events(s.out())
                    live.check_summary(summary)
                    got = [int(e["message"]) for e in events]
                    check(got and got == [4 + 10 * k for k in range(len(got))], lambda: "%r" % got[:20])
                    check(not exact or len(got) == 3, lambda: "%d lines" % len(got))
                check(target.wait() == 7, "exit status")
    return run


def from_files(version):
    """-f: several files and a probe of the command line; names, options of probes, kinds; what explain says of them."""
    def run():
        live.need_live()
        path = live.program("exprs", version)
        with tempfile.TemporaryDirectory(prefix="sonde-live-") as tmp:
            one, two = os.path.join(tmp, "one"), os.path.join(tmp, "two")
            with open(one, "w") as f:
                f.write("# first\n\nsums: main.scalars{i8, \\\n   u8}   # as calls\n"
                        "seq: main.seqs:entry \"{n} # {len(xs)}\" if n > 0; log\n")
            with open(two, "w") as f:
                f.write("third: main.maps:entry{k}; sample=1/2\nmain.ifaces{x}; first-per=x == nil rate=1000/s\n"
                        "deep: main.floats:entry \"{a}\"; stack=3 log\n")
            truth, out, err = run_to_end(path, "trace", ["--format", "json", "-f", one, "-f", two], "last: main.maps:entry{n}")
            status, said, complaints = live.sonde("explain", path, "-f", one, "-f", two, prefix=[])
        check(status == live.OK, lambda: complaints)
        for function in "scalars", "seqs", "maps", "ifaces", "floats":
            check("main.%s(" % function in said, lambda: "explain says nothing of %s: %s" % (function, said[:2000]))
        events, summary = parse_events(out)
        live.check_summary(summary)
        of_schema(events + [summary])
        truth = test_exprs.truths(truth)
        names = ["sums", "seq", "third", "main.ifaces{x}; first-per=x == nil rate=1000/s", "deep", "last"]
        by = {}
        for e in events:
            by.setdefault(e.get("probe", names[3]), []).append(e)
        accounts = {a["probe"]: a for a in summary["probes"]}
        check(sorted(accounts) == sorted(names), lambda: "%s" % list(accounts))
        check([e["values"] for e in by["sums"]] == [{n: c[0][n] for n in ("i8", "u8")} for c in truth["main.scalars"]],
              lambda: "%r" % by["sums"])
        check(all(e["kind"] == "call" for e in by["sums"]), lambda: "%r" % by["sums"][0])
        wanted = [c[0] for c in truth["main.seqs"]]
        check(len(by["seq"]) == accounts["seq"]["delivered"] and accounts["seq"]["hits"] == len(wanted), lambda: "%r" % accounts)
        check(all(re.fullmatch(r"\d+ # \d+", e["message"]) for e in by["seq"]), lambda: "%r" % by["seq"])
        check(len(by["third"]) == len(truth["main.maps"]) / 2 == accounts["third"]["limited"], lambda: "%r" % accounts["third"])
        check([e["values"]["x"] is None for e in by[names[3]]] == [True, False], lambda: "%r" % by[names[3]])
        check(all(len(e["stack"]) <= 3 and e["stack"][0]["func"] == "main.floats" for e in by["deep"]),
              lambda: "%r" % by["deep"][0])
        check(len(by["last"]) == len(truth["main.maps"]), lambda: "%r" % accounts["last"])
        for name in names:
            check(name in err, lambda: "no account of %s: %s" % (name, err))
        return "%d probes" % len(names)
    return run


def cases(ctx):
    for version in ctx.versions if not ctx.quick else ctx.versions[:1]:
        for mode in ("default", "noopt") if not ctx.quick else ("default",):
            yield Case("log templates %s %s" % (build.label(version), mode), templates(version, mode))
        yield Case("log command %s" % build.label(version), on_command(version))
        yield Case("log binary %s" % build.label(version), on_binary(version))
        yield Case("log until %s" % build.label(version), until(version))
        yield Case("log files %s" % build.label(version), from_files(version))
