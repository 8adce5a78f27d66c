# SPDX-License-Identifier: BSD-2-Clause
"""hits = delivered + filtered + limited + lost, also when there is much to lose; and the options that end a trace."""
import re
import time

import build
import live
from live import Case, Sonde, Target, check, happens, parse_events

CALLS = 300000


def last_words(err):
    found = re.findall(r"^sonde: (\d+) hits?, (\d+) delivered, (?:(\d+) filtered, )?(?:(\d+) limited, )?(\d+) lost",
                       err, re.M)
    check(len(found) == 1, lambda: "no account on stderr: %r" % err[-300:])
    return [int(n or 0) for n in found[0]]


def tiny_ring(buffer, strict):
    """A hot loop into a ring of 4 KiB loses, and sonde says exactly how many."""
    def run():
        live.need_live()
        options = ["--ring-size", "4K"] + (["--buffer", "perf"] if buffer == "perf" else [])
        r = live.trace(live.program("hot"), ["main.hot:entry"], options + (["--strict"] if strict else []),
                       target_args=[CALLS], target_status=7, may_lose=True)
        s = r.summary
        happens(s["lost"] > 0, "nothing was lost: nothing was tested")  # a reader that the scheduler favours may keep up
        check(s["hits"] == CALLS, lambda: "%d hits, not %d: %r" % (s["hits"], CALLS, s))
        check(s["delivered"] == len(r.events), lambda: "%d delivered, %d lines" % (s["delivered"], len(r.events)))
        check(s["lost"] == CALLS - len(r.events), lambda: "%d lost, not %d" % (s["lost"], CALLS - len(r.events)))
        check(sum(s["probes"][0]["lost_reasons"].values()) == s["lost"], lambda: "reasons: %r" % s["probes"])
        check(last_words(r.err)[-1] == s["lost"], lambda: "stderr says otherwise: %r" % r.err[-300:])
        indexes = [e["args"]["i"] for e in r.events]
        check(indexes == sorted(set(indexes)), "events are out of order or repeated")
        check(r.status == (live.LOST if strict else live.OK), "exit status %d" % r.status)
        return "%d of %d lost" % (s["lost"], CALLS)
    return run


def too_big():
    """A record that no buffer of that size can hold is lost, and the reason says so; the others come."""
    live.need_live()
    path, rows = live.program("huge"), "main.rows:entry"
    for buffer in "ring", "perf":
        r = live.trace(path, [rows, "main.list:entry"], ["--ring-size", "4K", "--buffer", buffer], may_lose=True)
        for probe in r.summary["probes"]:
            check(probe["hits"] == 3, lambda: "%r, and 3 calls" % probe)
            seen = sum(e["func"] + ":entry" == probe["probe"] for e in r.events)
            check(probe["delivered"] == seen and probe["lost"] == 3 - seen, lambda: "%r, %d seen" % (probe, seen))
        reasons = {p["probe"]: p.get("lost_reasons", {}) for p in r.summary["probes"]}
        check("too big" not in reasons["main.list:entry"], lambda: "%s: %r" % (buffer, reasons))
        check(buffer == "ring" or reasons[rows] == {"too big": 3}, lambda: "%s: %r" % (buffer, reasons))


def nothing_lost_strict():
    live.need_live()
    path = live.program("fp")
    r = live.trace(path, build.functions(path), ["--strict"])
    check(r.status == 0, lambda: "status %d, %r" % (r.status, r.summary))


def count(n):
    """-n COUNT: that many lines, then the end, and the target goes on."""
    def run():
        live.need_live()
        with Target(live.program("hot"), CALLS, 1) as target:
            with Sonde("trace", "-p", target.pid, "--format", "json", "-n", n, "main.hot:entry") as s:
                s.tracing()
                target.release()
                check(s.wait() == 0, lambda: s.err())
                happens(target.running(), "the target ended first: nothing was tested")
                events, summary = parse_events(s.out())
                live.check_summary(summary, may_lose=True)
                check(len(events) == n, "%d events, not %d" % (len(events), n))
                check([e["args"]["i"] for e in events] == list(range(n)), "not the first %d calls" % n)
            check(target.wait() == 7, "the target's exit status")
    return run


def for_duration():
    """--for: that long, then the end."""
    live.need_live()
    with Target(live.program("hot"), CALLS, 20) as target:
        start = time.monotonic()
        with Sonde("trace", "-p", target.pid, "--format", "json", "--for", "1s", "main.hot:entry") as s:
            s.tracing()
            target.release()
            check(s.wait() == 0, lambda: s.err())
            took = time.monotonic() - start
            happens(target.running(), "the target ended first: nothing was tested")
            events, summary = parse_events(s.out())
            live.check_summary(summary, may_lose=True)
            check(events, "no events")
            check(took >= 1, "it took %.1f s" % took)  # that it ends at all shows in that the target still runs


def text_and_file():
    """Text is the default; -o takes it off stdout; the account is on stderr."""
    live.need_live()
    path = live.program("fp")
    with Target(path) as target, Sonde("trace", "-p", target.pid, "main.leaf", "main.table") as s:
        s.tracing()
        target.release()
        target.wait()
        check(s.wait() == 0, lambda: s.err())
        lines = s.out().splitlines()
        expected = sum('"main.leaf"' in l or '"main.table"' in l for l in target.truth())
        check(len(lines) == expected, "%d lines, not %d: %r" % (len(lines), expected, lines[:3]))
        check(any(re.search(r"\bg1 main\.leaf\(a=3, b=-6\) = \(?-3\)?\s+\d", l) for l in lines),
              lambda: "no call of leaf(3, -6) = -3: %r" % lines[:4])
        check(any(re.search(r"main\.table\(n=11\) = \(?\"eleven\"\)?\s", l) for l in lines), lambda: "%r" % lines)
        check("\x1b" not in s.out(), "colour in a file")
        check(last_words(s.err())[-1] == 0, "lost")


def filtered_by_function():
    """:return and :entry of the same function give their own kinds."""
    live.need_live()
    path = live.program("fp")
    r = live.trace(path, ["main.leaf:return", "main.table:entry"])
    calls = sum('"func":"main.leaf"' in l for l in r.truth)
    tables = sum('"func":"main.table"' in l for l in r.truth)
    leaf = [e for e in r.events if e["func"] == "main.leaf"]
    table = [e for e in r.events if e["func"] == "main.table"]
    check(len(leaf) == calls and all(e["kind"] == "return" and list(e["results"].values()) == [-i] for i, e in
                                     enumerate(leaf)), lambda: "leaf: %r" % leaf[:3])
    check(len(table) == tables and all(e["kind"] == "entry" and "results" not in e for e in table),
          lambda: "table: %r" % table[:3])


def overlapping():
    """A probe counts as often as it is given; patterns leave out what others trace in the same way."""
    live.need_live()
    path = live.program("fp")
    probes = ["main.?eaf", "main.leaf", "main.leaf", "a: main.leaf", "main.leaf; sample=1/2", "/^main\\.leaf$/", "main.leaf{a}", "/^main\\.leaf$/{a}"]
    r = live.trace(path, probes)
    calls = sum('"func":"main.leaf"' in l for l in r.truth)
    hits = [a["hits"] for a in r.summary["probes"]]
    check(calls and hits == [0, calls, calls, calls, calls, 0, calls, calls], lambda: "%d calls, hits %r" % (calls, hits))
    check(r.err.count("nothing that other probes do not trace") == 2, lambda: r.err)
    seen = sum(e["func"] == "main.leaf" for e in r.events)
    check(seen == sum(a["delivered"] for a in r.summary["probes"]) == 5 * calls + (calls + 1) // 2, lambda: "%d events" % seen)


def long_titles():
    """Each probe is named as it was given, however long that is."""
    live.need_live()
    long = "main.leaf{%s}" % ", ".join(["a"] * 60)
    r = live.trace(live.program("fp"), [long, "main.table:entry"])
    check(re.search(r"^sonde: %s: \d+ hits, " % re.escape(long), r.err, re.M), lambda: r.err)


def cases(ctx):
    yield Case("accounts overlapping", overlapping)
    yield Case("accounts long titles", long_titles)
    yield Case("accounts ring-4K", tiny_ring("ring", False))
    yield Case("accounts ring-4K strict", tiny_ring("ring", True))
    yield Case("accounts perf-4K", tiny_ring("perf", False))
    yield Case("accounts too-big", too_big)
    yield Case("accounts strict", nothing_lost_strict)
    yield Case("accounts count", count(100))
    yield Case("accounts for", for_duration)
    yield Case("accounts text", text_and_file)
    yield Case("accounts entry-return", filtered_by_function)
