# SPDX-License-Identifier: BSD-2-Clause
"""What is behind and inside of values: interfaces, maps, channels, functions, generics, well-known types, registers."""
import json
import os
import re

import build
import compare
import live
from live import Case, Failure, check, happens

THEMES = ("deep", "ifaces", "maps", "chans", "wellknown", "generics4", "xmm")


def compared(ctx, theme, version, mode):
    """As `values`, but whatever is not looked into is a reason."""
    live.need_live()
    path = live.program(theme, version, mode)
    minor = build.go(version).minor
    run = live.trace(path, build.functions(path))
    c = compare.compare(run.truth, run.events, run.pid, run.start, run.end, values=mode in build.HAS_DWARF,
                        blanks_known=minor >= 22, deep=True)
    if c.wrong:
        raise Failure("%d wrong (%s): %s" % (len(c.wrong), c.summary(), "\n".join(c.wrong[:8])))
    check(c.calls > 0, "nothing was compared")
    if mode in build.HAS_DWARF:
        check(c.values > sum(c.reasons.values()), lambda: "reasons for most of the %d values" % c.values)
    text = ctx.reasons.judge(theme, minor, mode, c)
    check(text is None, lambda: text)
    return c.summary()


TORN_CALLS = 2000


def torn(version):
    """What is changed, unmapped or swapped out while it is read: every call is told, and both go on."""
    def run():
        live.need_live()
        path = live.program("torn", version)
        r = live.trace(path, ["main.changing", "main.sliceOf", "main.unmapped"], target_args=[TORN_CALLS], may_lose=True)
        for probe in r.summary["probes"]:
            check(probe["hits"] in (TORN_CALLS, 2 * TORN_CALLS), lambda: "%r, and %d calls" % (probe, TORN_CALLS))
        c = compare.compare(r.truth, r.events, r.pid, r.start, r.end)
        check(r.summary["lost"] or not c.wrong, lambda: "%d wrong: %s" % (len(c.wrong), c.wrong[:3]))
        faults = sum("fault at" in json.dumps(e) for e in r.events if e["func"] == "main.unmapped")
        # up to the scheduler
        happens(faults, "no read met a page that was not there: nothing was tested")
        return "%d calls, %d with faults, %d lost" % (len(r.events), faults, r.summary["lost"])
    return run


LINE_LIMIT = 400000


def cut_of(value, shown, length):
    """What is shown of a value that is cut at that length."""
    check(isinstance(value, dict) and value.get("cut") == {"shown": shown, "len": length},
          lambda: "no cut of %d: %s" % (length, compare.short(value)))
    return value["value"]


def huge(version):
    """Megabytes and millions stay within the limits, and what is shown of them is right."""
    def run():
        live.need_live()
        path = live.program("huge", version)
        r = live.trace(path, build.functions(path))
        c = compare.compare(r.truth, r.events, r.pid, r.start, r.end)
        check(not c.wrong, lambda: "%d wrong: %s" % (len(c.wrong), c.wrong[:3]))
        longest = max((len(json.dumps(e)), e["func"]) for e in r.events)
        check(longest[0] < LINE_LIMIT, lambda: "an event of %d bytes: %s" % longest)
        expected = "".join(chr(ord("a") + i % 26) for i in range(compare.STRING_LIMIT))
        judged, faults = set(), 0
        for e in r.events:
            if "fault at" in json.dumps(e):  # a page may be away for a moment, but not each time
                faults += 1
                continue
            judged.add(e["func"])
            args = e["args"]
            if e["func"] == "main.text":
                results = e["results"]
                if compare.is_unavailable(results):  # Go 1.17 leaves them out of its debug information
                    results = {"r0": 1 << 20, "r1": args["s"]}
                for v in args["s"], args["b"], results["r1"]:
                    check(cut_of(v, compare.STRING_LIMIT, 1 << 20) == expected, lambda: "%s" % compare.short(v))
                check(results["r0"] == 1 << 20, "length")
            elif e["func"] == "main.million":
                whole = args["m"]
                value = whole.get("value", []) if isinstance(whole, dict) else whole
                if compare.is_unavailable(value):
                    value = []
                length = whole["cut"]["len"] if "cut" in whole else whole.get("len")
                check(length == 1000000 and len(value) <= compare.ITEM_LIMIT, lambda: compare.short(whole))
                check(len({k for k, v in value}) == len(value) and all(v == 3 * k and 0 <= k < 1000000 for k, v in value),
                      lambda: compare.short(value))
            elif e["func"] == "main.list":
                node, n = args["n"], 999999
                while isinstance(node, dict) and "unavailable" not in node:
                    check(node["N"] == n, lambda: compare.short(args))
                    node, n = node["Next"], n - 1
                check(n < 999999 and node["unavailable"] == "depth", lambda: compare.short(args))
            elif e["func"] == "main.array":
                check(cut_of(args["s"], compare.ITEM_LIMIT, 1 << 20) == list(range(compare.ITEM_LIMIT)),
                      lambda: compare.short(args["s"]))
            elif e["func"] == "main.texts":
                items = cut_of(args["s"], compare.ITEM_LIMIT, 100000)
                check(all("unavailable" in i or i["cut"]["len"] == 1000 for i in items), lambda: compare.short(items))
        happens(len(judged) == 10, lambda: "%d of 10 functions, %d events with faults" % (len(judged), faults))
        return "%d events, the longest %d bytes, of %s; %d faults" % (len(r.events), *longest, faults)
    return run


ROWS = ["%d" % (1000 + i) + "".join(chr(ord("a") + (i + k) % 26) for k in range(4, 300)) for i in range(200)]
ROWS_OPTIONS = ("--bytes", "200000", "--items", "300", "--string", "400")


def rows(version):
    """An event of 65 kB, which takes several records, is whole and right."""
    def run():
        live.need_live()
        path = live.program("huge", version)
        r = live.trace(path, ["main.rows"], options=ROWS_OPTIONS, target_args=[50])
        check(len(r.events) == 50, lambda: "%d events, %r" % (len(r.events), r.summary))
        there = [e for e in r.events if "fault at" not in json.dumps(e)]
        happens(len(there) >= 40, lambda: "faults in %d of 50 events" % (50 - len(there)))
        for e in there:
            check(e["args"] == {"s": ROWS}, lambda: "argument: %s" % compare.short(e["args"]))
            results = e["results"]  # Go 1.17 leaves them out of its debug information
            check(compare.is_unavailable(results) or list(results.values()) == [ROWS],
                  lambda: "result: %s" % compare.short(results))
        return "%d events of %d bytes, twice each" % (len(there), sum(map(len, ROWS)))
    return run


def rows_lost(version):
    """Where such an event loses one of its records it is lost, once; those that come are right."""
    def run():
        live.need_live()
        path, calls = live.program("huge", version), 3000
        r = live.trace(path, ["main.rows:entry"], options=(*ROWS_OPTIONS, "--ring-size", "4K"), target_args=[calls],
                       may_lose=True)
        check(all(e["args"] == {"s": ROWS} for e in r.events if "fault at" not in json.dumps(e)), "not what was passed")
        probe = r.summary["probes"][0]
        check(probe["hits"] == calls and probe["delivered"] == len(r.events) and probe["lost"] == calls - len(r.events),
              lambda: "%d events: %r" % (len(r.events), probe))
        happens(probe["lost"], "nothing was lost: nothing was tested")
        return "%d of %d events" % (len(r.events), calls)
    return run


SERVER_PROBES = ("net/http.(*conn).serve", "net/http.serverHandler.ServeHTTP", "encoding/json.Marshal",
                 "database/sql.(*DB).QueryContext")
REQUESTS, RATE, CLIENTS = 2000, 1200, 8


def server(version):
    """A web server under more than 1,000 requests a second: nothing is lost, and each request can be read."""
    def run():
        live.need_live()
        path = live.program("server", version)
        # a quarter of a second's worth of records is little room on a machine that has other work
        r = live.trace(path, SERVER_PROBES, options=("--ring-size", "128M"), target_args=[REQUESTS, RATE])
        of = {f: [e for e in r.events if e["func"] == f] for f in SERVER_PROBES}
        serve, handle, marshal, query = (of[f] for f in SERVER_PROBES)
        check(serve, "no connection was served")
        check(len(handle) == REQUESTS and all(e["kind"] == "call" for e in handle), lambda: "%d requests" % len(handle))
        check(len(marshal) == REQUESTS, lambda: "%d times json.Marshal" % len(marshal))
        seen, away = set(), 0
        for e in handle:
            req = e["args"]["req"]
            if "fault at" in json.dumps([req["Method"], req["URL"], req["RequestURI"], req["Header"]]):
                away += 1
                continue
            check(req["Method"] == "GET" and req["URL"] == req["RequestURI"], lambda: "%s" % compare.short(req))
            client = int(req["URL"].split("/")[2].split("?")[0]) % CLIENTS
            check(req["Header"]["X-Client"] == [str(client)], lambda: "%s" % compare.short(req["Header"]))
            seen.add(req["URL"])
        check(len(query) == REQUESTS and all(e["kind"] == "call" for e in query), lambda: "%d queries" % len(query))
        asked = [e["args"]["args"][0]["value"] for e in query]
        faults = [a for a in asked if compare.is_unavailable(a) and a["unavailable"].startswith("fault at")]
        numbers = sorted(a for a in asked if not compare.is_unavailable(a))
        check(len(numbers) + len(faults) == REQUESTS and set(numbers) <= set(range(REQUESTS)) and
              len(set(numbers)) == len(numbers) and len(faults) < REQUESTS // 100,
              lambda: "%d numbers of queries, %d faults: %s" % (len(numbers), len(faults), compare.short(asked)))
        for e in query:
            check(e["args"]["query"].startswith("SELECT name FROM items"), lambda: compare.short(e["args"]))
        check(len(seen) == REQUESTS - away and seen <= {"/item/%d?q=a" % i for i in range(REQUESTS)},
              lambda: "%d different requests, %d with faults" % (len(seen), away))
        happens(away < REQUESTS // 100, lambda: "%d requests with faults" % away)
        return "%d events, %s" % (len(r.events), compare.compare(r.truth, []).summary().split(", ", 3)[-1])
    return run


def inlined(version):
    """Strings of inlined copies, whose words may lie in registers, on the stack or some here, some there: none is left
    out because of where they lie, and those of requests are the requests."""
    def run():
        live.need_live()
        path = live.program("server", version)
        r = live.trace(path, ["strings.*", "net/url.*"], options=("--ring-size", "256M"), target_args=[50, 400])
        copies = [e for e in r.events if e["site"]["inlined"]]
        check(len(copies) > 100, lambda: "%d inlined copies: nothing was tested" % len(copies))
        asked = 0
        for e in copies:
            for name, value in e["args"].items() if "unavailable" not in e["args"] else ():
                check(not isinstance(value, dict) or value.get("unavailable") != "not captured",
                      lambda: "%s at %s: %s" % (e["func"], e["site"], compare.short(e["args"])))
            if os.path.basename(e["site"].get("file", "")) == "url.go" and isinstance(e["args"].get("s"), str):
                asked += re.fullmatch(r"/item/\d+(\?q=a)?", e["args"]["s"]) is not None
        # 1.16: at each of these copies the path may have come on several ways, and no list says that all are the parameter
        check(asked >= 50 or build.go(version).minor == 16, lambda: "the paths of %d of 50 requests" % asked)
        return "%d inlined copies, %d with a request's path" % (len(copies), asked)
    return run


def brief(version):
    """Text leaves zero fields of large structs out, and says so; --zero shows all; what is there is in both."""
    def run():
        live.need_live()
        path = live.program("deep", version)
        shown = {}
        for options in (), ("--zero",):
            with live.Target(path) as target:
                with live.Sonde("trace", "-p", target.pid, *options, "main.wideStruct") as sonde:
                    sonde.tracing()
                    target.release()
                    target.wait()
                    sonde.wait()
                    shown[options] = re.search(r"main\.wideStruct\(w=&\{(.*)\}\) = ", sonde.out()).group(1)
        short, full = shown[()], shown["--zero",]
        check(short.endswith(" …") and "…" not in full, lambda: "%s; %s" % (short, full))
        for there in 'E:["e"]', 'I:map[string]int{"i":1}':
            check(there in short and there in full, lambda: "no %s: %s; %s" % (there, short, full))
        for zero in " B:nil", " J:nil":
            check(zero in full and zero not in short, lambda: "%s: %s; %s" % (zero, short, full))
        return "%d characters, %d with --zero" % (len(short), len(full))
    return run


def modes(ctx):
    for mode in build.MODES:
        if not ctx.quick and mode not in ("cgo", "w") or mode in ("default", "noopt"):
            yield mode


def cases(ctx):
    for version in ctx.versions:
        for theme in (t for t in THEMES if build.exists(t, version)):
            for mode in modes(ctx):
                yield Case("deep %s %s %s" % (theme, build.label(version), mode),
                           lambda t=theme, v=version, m=mode: compared(ctx, t, v, m))
    for version in ctx.versions if not ctx.quick else ctx.versions[:1]:
        yield Case("deep torn %s default" % build.label(version), torn(version))
        yield Case("deep huge %s default" % build.label(version), huge(version))
        yield Case("deep rows %s default" % build.label(version), rows(version))
        yield Case("deep rows lost %s default" % build.label(version), rows_lost(version))
        if ctx.quick or version in ctx.ends():
            yield Case("deep server %s default" % build.label(version), server(version))
        yield Case("deep brief %s default" % build.label(version), brief(version))
        yield Case("deep inlined %s default" % build.label(version), inlined(version))
