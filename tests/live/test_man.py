# SPDX-License-Identifier: BSD-2-Clause
"""sonde-expr(7): the examples about the demonstration server are true of it, for its types too. (That all examples of the
page parse is shown by tests/man_examples.c.)"""
import os
import re
import subprocess
import tempfile

import build
import live
from live import Case, check

TOP = os.path.join(live.HERE, "..", "..")
PAGE = os.path.join(TOP, "man", "sonde-expr.7.scd")


def examples(kind):
    """The lines of the blocks that a comment announces, as they look in the rendered page."""
    with open(PAGE) as f:
        text = f.read()
    blocks = re.findall(r"^; test: %s\n```\n(.*?)^```$" % kind, text, re.S | re.M)
    lines = [re.sub(r"\\(.)", r"\1", l) for b in blocks for l in b.splitlines()]
    check(lines, "no examples of kind %s in %s" % (kind, PAGE))
    return lines


def wrong_file(path, file):
    """Of a file of probes, all that is wrong is told: first what is no probe, then what does not fit the program."""
    lines = ["# wrong ones", "a: main.computeE{iteratons}", "main.nothere", "main.main.func1 if \\", " r.Method == 5",
             "main.computeE", "server/main.go:9999", "main.main.func1{r.}"]
    for count, expected in ((8, [(8, "a field's name should be")]),
                            (7, [(2, "nearest: iterations"), (3, "no function matches"), (4, "both of one type"),
                                 (7, "has no code")])):
        with open(file, "w") as f:
            f.write("\n".join(lines[:count]) + "\n")
        status, out, err = live.sonde("explain", path, "-f", file)
        check(status == live.USAGE and not out, lambda: "a wrong file: exit status %d: %s%s" % (status, err, out))
        told = re.findall(r"^(?:sonde: )?%s:(\d+): (.*)$" % re.escape(file), err, re.M)
        check([int(n) for n, _ in told] == [n for n, _ in expected], lambda: "lines told: %s" % err)
        for (_, text), (_, part) in zip(told, expected):
            check(part in text, lambda: "no %r in %r" % (part, text))


def demo(version):
    """What the page says of demo/server is checked against its types, with nothing attached."""
    def run():
        check(os.path.exists(live.SONDE), "no sonde at %s: build it, or name it in $SONDE" % live.SONDE)
        try:
            go = build.go(version)
        except build.Unavailable as e:
            raise live.Skip(str(e))
        probes = examples("demo")
        if go.minor == 17:  # leaves results out of its debug information
            probes = [p for p in probes if "ret." not in p]
            check(probes, "no example is left")
        with tempfile.TemporaryDirectory(prefix="sonde-live-") as tmp:
            path = os.path.join(tmp, "server")
            subprocess.run([go.go, "build", "-o", path] + (["-buildvcs=false"] if go.minor >= 18 else []) + ["."],
                           cwd=os.path.join(TOP, "demo", "server"), env=dict(go.env, CGO_ENABLED="0"), check=True,
                           stdin=subprocess.DEVNULL)
            for probe in probes:
                status, out, err = live.sonde("explain", path, probe)
                check(status == 0, lambda: "explain %r: exit status %d: %s" % (probe, status, err))
                check(" at 0x" in out, lambda: "explain %r: no site: %r" % (probe, out))
            # all of them as a file
            file = os.path.join(tmp, "probes")
            with open(file, "w") as f:
                f.write("# the demonstration\n" + "\n".join(probes) + "\n")
            status, out, err = live.sonde("explain", path, "-f", file)
            check(status == 0, lambda: "explain -f: exit status %d: %s" % (status, err))
            for probe in probes:
                check(re.split(r"[ {]", probe)[0].split(":")[0].split("/")[-1] in out, lambda: "%r: not in %r" % (probe, out))
            wrong_file(path, os.path.join(tmp, "wrong"))
        return "%d examples" % len(probes)
    return run


def cases(ctx):
    return [Case("man demo %s" % v, demo(v)) for v in ctx.versions]
