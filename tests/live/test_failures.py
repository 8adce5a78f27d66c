# SPDX-License-Identifier: BSD-2-Clause
"""Texts of errors: what Error() says, or none; also where an expression asks for it."""
import json

import build
import live
from live import Case, check


def texts(version, mode):
    def run():
        live.need_live()
        r = live.trace(live.program("failures", version, mode), ["main.fail{n, e, e.Error()}"],
                       options=("--depth", "6"))
        told = {}
        for line in r.truth:
            if line.startswith("failure "):
                _, n, shown, text = line.split(" ", 3)
                told[int(n)] = (shown == "true", json.loads(text))
        check(len(told) == len(r.events) > 40, lambda: "%d of %d" % (len(r.events), len(told)))
        wrong = []
        for e in r.events:
            shown, want = told[e["values"]["n"]]
            results = [] if "unavailable" in e["results"] else list(e["results"].values())  # Go 1.17 has none
            for v in [e["values"]["e"]] + results:
                got = v.get("text")
                if got != (want if shown else None):
                    wrong.append("%s: %r, not %r" % (v["type"], got, want if shown else None))
            got = e["values"]["e.Error()"]
            if got != want if shown else not isinstance(got, dict):
                wrong.append("e.Error() of %s: %r" % (e["values"]["e"]["type"], got))
        check(not wrong, lambda: "%d wrong: %s" % (len(wrong), "; ".join(wrong[:5])))
        return "%d errors" % len(told)
    return run


def cases(ctx):
    for version in ctx.versions:
        for mode in ["default"] if ctx.quick else ["default", "noopt"]:
            yield Case("failures %s %s" % (build.label(version), mode), texts(version, mode))
