# SPDX-License-Identifier: BSD-2-Clause
"""sonde-expr(7): the examples about the demonstration server fit its types and show what its clients asked. (That all
examples of the page parse is shown by tests/man_examples.c.)"""
import os
import re
import signal
import subprocess
import tempfile
import urllib.error
import urllib.request

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
                            (7, [(2, "nearest: iterations"), (3, "no function matches"), (5, "both of one type"),
                                 (7, "has no code")])):
        with open(file, "w") as f:
            f.write("\n".join(lines[:count]) + "\n")
        status, out, err = live.sonde("explain", path, "-f", file)
        check(status == live.USAGE and not out, lambda: "a wrong file: exit status %d: %s%s" % (status, err, out))
        told = re.findall(r"^(?:sonde: )?%s:(\d+): (.*)$" % re.escape(file), err, re.M)
        check([int(n) for n, _ in told] == [n for n, _ in expected], lambda: "lines told: %s" % err)
        for (_, text), (_, part) in zip(told, expected):
            check(part in text, lambda: "no %r in %r" % (part, text))


def server(version, tmp):
    """The demonstration server, built with that Go: its toolchain and its path."""
    try:
        go = build.go(version)
    except build.Unavailable as e:
        raise live.Skip(str(e))
    path = os.path.join(tmp, "server")
    subprocess.run([go.go, "build", "-o", path] + (["-buildvcs=false"] if go.minor >= 18 else []) + ["."],
                   cwd=os.path.join(TOP, "demo", "server"), env=dict(go.env, CGO_ENABLED="0"), check=True,
                   stdin=subprocess.DEVNULL)
    return go, path


def demo_examples(go):
    probes = examples("demo")
    if go.minor == 17:  # leaves results out of its debug information
        probes = [p for p in probes if "ret." not in p]
    check(probes, "no example is left")
    return probes


def types(version):
    """What the page says of demo/server is checked against its types, with nothing attached."""
    def run():
        check(os.path.exists(live.SONDE), "no sonde at %s: build it, or name it in $SONDE" % live.SONDE)
        with tempfile.TemporaryDirectory(prefix="sonde-live-") as tmp:
            go, path = server(version, tmp)
            probes = demo_examples(go)
            for probe in probes:
                status, out, err = live.sonde("explain", path, probe)
                check(status == 0, lambda: "explain %r: exit status %d: %s" % (probe, status, err))
                check(" at 0x" in out, lambda: "explain %r: no site: %r" % (probe, out))
            for probe in set(examples("demo")) - set(probes):
                status, out, err = live.sonde("explain", path, probe)
                check(status == live.USAGE and "leaves results out of its debug information" in err, lambda: err)
            wrong_file(path, os.path.join(tmp, "wrong"))
        return "%d examples" % len(probes)
    return run


def ask(url, method="GET"):
    request = urllib.request.Request(url, method=method)
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
            return answer.read()
    except urllib.error.HTTPError as e:
        return e.read()


# What the examples show of GET /e?iters=20, POST /e, GET /e?iters=abc, behind time and goroutine; a float may be optimized
# out, but not be another.
SHOWN = (
    r"main\.computeE\{iterations=20\}",
    r"main\.go:20 turn 10: fact (362880|<[^>]+>), sum (2\.718282|<[^>]+>)",
    r'main\.main\.func1\{r\.Method="POST", r\.URL\.Path="/e", len\(r\.Header\)=\d+\}',
    r"main\.go:31 GET /e\?iters=20 in [\d.]+[µm]?s",
    r"main\.go:31 POST /e\? in [\d.]+[µm]?s",
    r"main\.go:31 GET /e\?iters=abc in [\d.]+[µm]?s",
    r'strconv\.ParseInt\{s="abc", ret\.1=\*strconv\.NumError\("strconv.ParseInt: parsing \\"abc\\": invalid syntax"\)\}',
    r'\w+\.go:\d+ "abc" is none: invalid syntax',
    r"server\.go:\d+ connection in goroutine (?P<g>\d+)",
)


def values(version):
    """And what they show of three requests."""
    def run():
        live.need_live()
        with tempfile.TemporaryDirectory(prefix="sonde-live-") as tmp:
            go, path = server(version, tmp)
            probes = demo_examples(go)
            file = os.path.join(tmp, "probes")
            with open(file, "w") as f:
                f.write("# the demonstration\n" + "\n".join(probes) + "\n")
            with live.Process([path, "-addr", "127.0.0.1:0"], stdin=subprocess.DEVNULL) as target:
                target.until(lambda: "\n" in target.out(), "address")
                url = target.out().split()[-1] + "/e"
                with live.Sonde("trace", "-p", target.pid, "-f", file) as s:
                    s.tracing()
                    bodies = [ask(url + "?iters=20"), ask(url, "POST"), ask(url + "?iters=abc")]
                    check(bodies == [b"e = 2.7183\n", b"only GET\n", b"iters is not a number\n"], lambda: repr(bodies))
                    s.until(lambda: "abc in" in s.out(), "last line")
                    s.kill(signal.SIGINT)
                    check(s.wait() == 0, lambda: "%s: %s" % (s, s.err()))
                    lines, err = s.out().splitlines(), s.err()
        wanted = [w for w in SHOWN if go.minor != 17 or "ParseInt" not in w and "none" not in w]
        for pattern in wanted:
            found = [m for m in (re.match(r"\S+ g(\d+) %s" % pattern, l) for l in lines) if m]
            check(found, lambda: "no line %s in %s\n%s" % (pattern, "\n".join(lines), err))
            if "g" in found[0].groupdict():
                check(all(m.group(1) == m.group("g") for m in found), lambda: "goid() is another: %r" % lines)
        check(re.search(r"\d+ hits, %d delivered, \d+ filtered, 0 lost$" % len(lines), err), lambda: err)
        return "%d examples, %d lines" % (len(probes), len(lines))
    return run


def cases(ctx):
    return [c for v in ctx.versions for c in (Case("man types %s" % v, types(v)), Case("man values %s" % v, values(v)))]
