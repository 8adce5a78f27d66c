# SPDX-License-Identifier: BSD-2-Clause
"""Names of constants: beside the number in text, never in JSON, and never another type's."""
import re

import build
import live
from live import Case, check

PROBES = ["main.scalars", "main.known", "main.composed"]


def shown(version, mode):
    def run():
        live.need_live()
        with live.Target(live.program("constants", version, mode)) as target:
            with live.Sonde("trace", "-p", target.pid, *PROBES) as sonde:
                sonde.tracing()
                target.release()
                check(target.wait() == 0, lambda: target.err())
                sonde.wait()
                want = [line[5:] for line in target.truth() if line.startswith("line ")]
                got = re.findall(r" main\.\w+\((.*)\)(?: = <[^>]*>)?  \S+$", sonde.out(), re.M)
        check(got == want and len(want) == 5, lambda: "\n".join(got) + "\nnot\n" + "\n".join(want))
        return "%d lines" % len(want)
    return run


def numbers(version):
    def run():
        live.need_live()
        r = live.trace(live.program("constants", version), PROBES)
        got = r.events[0]["args"]
        check(got == {"l": 0, "s": -2, "w": 2 ** 64 - 1, "c": 7, "m": 3, "d": 60000000000}, lambda: "%r" % got)
        got = r.events[3]["args"]
        check(got["r"] == {"L": 1, "S": [1, 2, -2], "M": [[1, 5]], "C": 2}, lambda: "%r" % got)
    return run


def cases(ctx):
    for version in ctx.versions:
        for mode in ["default"] if ctx.quick else ["default", "noopt", "pie"]:
            yield Case("constants %s %s" % (build.label(version), mode), shown(version, mode))
        yield Case("constants in json %s default" % build.label(version), numbers(version))
