# SPDX-License-Identifier: BSD-2-Clause
"""The harness itself, without sonde: the truth compares equal with itself, and each value that is changed is found."""
import json
import os
import random

import build
import compare
import fake_sonde
import live
import test_deep
from live import Case, check

THEMES = ("scalars", "strings", "structs", "calls", "generics", "fp", "recursion", "flow") + test_deep.THEMES


def events_of(lines, teller, only=None):
    events = []
    for line in lines:
        if line.startswith("{") and (only is None or json.loads(line).get("func") == only):
            events += teller.event(line, 1)
    return events


def comparable(theme, version):
    def run():
        lines = build.untraced(live.program(theme, version))["lines"]
        teller = fake_sonde.Teller()
        c = compare.compare(lines, events_of(lines, teller), deep=True)
        check(not c.wrong, lambda: "the truth differs from itself: %s" % c.wrong[0])
        check(c.calls > 0 and c.values > 0, "nothing was compared")
        return c.summary()
    return run


def catches(theme):
    def run():
        path = live.program(theme)
        lines = [l for l in build.untraced(path)["lines"] if len(l) < 20000][:3000]
        teller = fake_sonde.Teller()
        events_of(lines, teller)
        pick = random.Random(3)
        missed = 0
        lies = sorted(pick.sample(range(1, teller.told + 1), min(60, teller.told)))
        for at in lies:
            liar = fake_sonde.Teller(lie_at=at)
            told = events_of(lines, liar)
            if liar.lied is None or liar.lied[0] == liar.lied[1]:
                missed += 1
                continue
            c = compare.compare(lines, told)
            check(c.wrong, lambda: "%s instead of %s was not found" % (liar.lied[1], liar.lied[0]))
        check(missed < len(lies), "no lie was told")
        return "%d lies found" % (len(lies) - missed)
    return run


def end_to_end(theme, lie):
    def run():
        path = live.program(theme)
        saved = live.SONDE
        live.SONDE = os.path.join(live.HERE, "fake_sonde.py")
        if lie:
            os.environ["FAKE_SONDE_LIES"] = str(lie)
        try:
            r = live.trace(path, build.functions(path), sonde_prefix=[])
        finally:
            live.SONDE = saved
            os.environ.pop("FAKE_SONDE_LIES", None)
        c = compare.compare(r.truth, r.events, r.pid, r.start, r.end)
        check(bool(c.wrong) == bool(lie), lambda: "%d wrong values: %s" % (len(c.wrong), c.wrong[:1]))
        return c.summary()
    return run


def counts():
    lines = ['{"func":"main.f","goid":1,"args":{"a":1},"results":{}}'] * 3
    event = {"kind": "call", "func": "main.f", "goid": 1, "pid": 1, "tid": 1, "ts": 1, "duration_ns": 5,
             "args": {"a": 1}, "results": {}}
    wrong = lambda events: compare.compare(lines, events).wrong
    check(not wrong([event] * 3), "three of three")
    for what, events in {
        "one too few": [event] * 2,
        "one too many": [event] * 4,
        "a negative duration": [event] * 2 + [dict(event, duration_ns=-1)],
        "no duration": [event] * 2 + [{k: v for k, v in event.items() if k != "duration_ns"}],
        "another goroutine": [event] * 2 + [dict(event, goid=2)],
        "a parameter too many": [event] * 2 + [dict(event, args={"a": 1, "b": 2})],
        "a parameter missing": [event] * 2 + [dict(event, args={})],
        "an open call": [event] * 3 + [dict(event, kind="open")],
        "a bool for an int": [event] * 2 + [dict(event, args={"a": True})],
        "a function nobody asked for": [event] * 3 + [dict(event, func="main.g")],
        "a time long ago": [event] * 2 + [dict(event, ts=-5_000_000_000)],
    }.items():
        check(wrong(events), lambda: "%s was not found" % what)


def cases(ctx):
    yield Case("harness counts", counts)
    for theme in THEMES:
        for version in (v for v in ctx.versions if build.exists(theme, v)):
            yield Case("harness truth %s %s" % (theme, build.label(version)), comparable(theme, version))
        yield Case("harness lies %s" % theme, catches(theme))
    for lie in (0, 7):
        yield Case("harness end-to-end %s" % ("lies" if lie else "honest"), end_to_end("scalars", lie))
