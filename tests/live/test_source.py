# SPDX-License-Identifier: BSD-2-Clause
"""Values at lines of optimized code with the source and without it: the latest ones alone, or all with what may be older
marked; which file is taken for the source."""
import json
import os
import re
import subprocess
import tempfile

import build
import live
import test_schema
from live import Case, check, parse_events

PROGRAM = """package main

var sink int

//go:noinline
func use(a, b int) int {
	sink += a - b
	return sink
}

//go:noinline
func folded(p int) int {
	p += 100
	x := p * 65 // folded
	use(x, 1)
	return x
}

//go:noinline
func triple(n int) int { return n * 3 }

//go:noinline
func turns(n int) int {
	y := triple(n)
	sum := 0
	for i := 0; i < n; i++ {
		sum += i
		use(sum, y) // turns
	}
	return sum
}

//go:noinline
func first(a, b int) int {
	c := a + b // first
	use(c, a)
	return c + b
}

func main() {
	for r := 0; r < 3; r++ {
		folded(r)
		turns(r + 1)
		first(r, 7)
	}
}
"""


def line(mark):
    return [i for i, text in enumerate(PROGRAM.splitlines(), 1) if text.endswith("// " + mark)][0]


FOLDED, TURNS, FIRST = (line(m) for m in ("folded", "turns", "first"))
PROBES = ["main.go:%d" % FOLDED, "main.go:%d{y, y+1, i, sum, n}" % TURNS, "main.go:%d" % FIRST]


def truth():
    """[(line, values)] in the order of the program."""
    told = []
    for r in range(3):
        told.append((FOLDED, {"p": r + 100}))
        total = 0
        for i in range(r + 1):
            total += i
            told.append((TURNS, {"y": (r + 1) * 3, "y+1": (r + 1) * 3 + 1, "i": i, "sum": total, "n": r + 1}))
        told.append((FIRST, {"a": r, "b": 7}))
    return told


def saved_first(version):
    """Parameters whose location lists have them in their spill slots from the start."""
    return ("a",) if build.go(version).minor == 17 else ()


class Place:
    """A program in a folder of its own, with its source beside it; another folder for the source to be moved to."""

    def __init__(self, version, *flags, program=PROGRAM):
        try:
            go = build.go(version)
        except build.Unavailable as e:
            raise live.Skip(str(e))
        self.dir = tempfile.TemporaryDirectory(prefix="sonde-source-")
        self.top = os.path.realpath(self.dir.name)
        self.away = os.path.join(self.top, "away")
        self.source = os.path.join(self.top, "src", "main.go")
        self.program = os.path.join(self.top, "prog")
        for folder in (self.away, os.path.dirname(self.source)):
            os.mkdir(folder)
        with open(self.source, "w", encoding="utf-8") as f:
            f.write(program)
        p = subprocess.run([go.go, "build", "-o", self.program, *flags, "main.go"], cwd=os.path.dirname(self.source),
                           env=dict(go.env, CGO_ENABLED="0"), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, text=True)
        if p.returncode:
            raise RuntimeError("go %s: %s" % (version, p.stdout.strip()))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.dir.cleanup()

    def log(self, *args):
        """(stdout, stderr) of sonde log on the program, from its start to its end."""
        status, out, err = live.sonde("log", *args, "--", self.program)
        check(status == live.OK, lambda: "sonde log %s: exit status %d: %s" % (" ".join(args), status, err[-800:]))
        return out, err

    def events(self, *args):
        """Its events, each of the schema, with what is not there left out; and stderr."""
        out, err = self.log("--format", "json", *args, *PROBES)
        for e in map(json.loads, out.splitlines()):
            check(test_schema.complaint(e) is None, lambda: "%s: %r" % (test_schema.complaint(e), e))
        return parse_events(out)[0], err


def known(event):
    return {name: v for name, v in event["values"].items() if not isinstance(v, dict)}


def certain(events, err):
    """Holds events without a mark against the truth; how many values they have."""
    check("may be older" not in err, lambda: err)
    check(not [e for e in events if "unsure" in e], lambda: "unsure: %r" % events)
    want = truth()
    check([e["line"] for e in events] == [l for l, _ in want], lambda: "lines %r" % [e["line"] for e in events])
    n = 0
    for e, (_, values) in zip(events, want):
        for name, v in known(e).items():
            check(name not in values or v == values[name],
                  lambda: "%s:%d: %s is %r, not %r" % (e["func"], e["line"], name, v, values[name]))
            n += name in values
        if e["line"] == TURNS:
            check(e["values"]["y"] == values["y"], lambda: "y is not there: %r" % e["values"])
    return n


def marked(events, err, why, saved=()):
    """Holds events whose source is not believed against the rules of marks; how many values have one. saved: parameters
    that the location list has where they were saved, not where they came in."""
    check(err.count("may be older") == 1, lambda: err)
    check("sonde: main.go %s: values listed as unsure may be older than their line; --source DIR says where it is\n" % why
          in err, lambda: err)
    n = 0
    for e in events:
        unsure = e.get("unsure", [])
        there = known(e)
        check(set(unsure) <= set(there), lambda: "%r of %r" % (unsure, e["values"]))
        if e["line"] == FOLDED and "p" in there and there["p"] < 100:
            check("p" in unsure, lambda: "an old value without a mark: %r" % e)
        if e["line"] == TURNS:
            check({"y", "y+1"} <= set(unsure), lambda: "%r" % e)
        if e["line"] == FIRST:
            check(not ({"a", "b"} - set(saved)) & set(unsure), lambda: "%r" % e)
        n += len(unsure)
    return n


def sources(version):
    def run():
        live.need_live()
        with Place(version) as place:
            here, err = place.events()
            n = certain(here, err)
            os.utime(place.source, ns=(0, os.stat(place.program).st_mtime_ns + 10 ** 9))
            touched, err = place.events()
            m = marked(touched, err, "is newer than the program", saved_first(version))
            again, err = place.events("--source", os.path.dirname(place.source))
            certain(again, err)
            os.rename(place.source, os.path.join(place.away, "main.go"))
            gone, err = place.events()
            check(marked(gone, err, "is not here", saved_first(version)) == m, "not as with the newer source")
            back, err = place.events("--source", place.top, "--source", place.away)
            certain(back, err)
            for other in (again, back):
                check([e["values"] for e in other] == [e["values"] for e in here], "not as with the source where it was")
            check([known(e) for e in gone] == [known(e) for e in touched], "not as with the newer source")
        return "%d values certain, %d marked" % (n, m)
    return run


def text_and_conditions(version):
    def run():
        live.need_live()
        with Place(version) as place:
            probe = 'main.go:%d "y is {y:x}, and {n} turns" if y > 3' % TURNS
            certain_out, err = place.log(probe)
            check("may be older" not in err, lambda: err)
            os.unlink(place.source)
            out, err = place.log(probe)
            want = ["y is %x?" % ((r + 1) * 3) for r in (1, 1, 2, 2, 2)]
            check(re.findall(r"main\.go:%d (y is \w+\?), and " % TURNS, out) == want, lambda: out)
            check(re.findall(r"y is (\w+), ", certain_out) == [w[5:-1] for w in want], lambda: certain_out)
            check("sonde: main.go is not here: values marked ? may be older than their line; --source DIR says where "
                  "it is\n" in err, lambda: err)
            check("sonde: warning: the condition at main.go:%d uses y, which may be older than the line: hits may be "
                  "passed over; main.go is not here: --source DIR says where it is\n" % TURNS in err, lambda: err)
            sure = [name for name in ("a", "b") if name not in saved_first(version)]
            out, err = place.log("main.go:%d{%s}" % (FIRST, ", ".join(sure)))
            check("may be older" not in err and "?" not in out, lambda: err + out)
            out, _ = place.log(PROBES[1].split("{")[0])
            check(re.findall(r" y=(\d+\?)", out) == ["3?", "6?", "6?", "9?", "9?", "9?"], lambda: out)
            status, out, err = live.sonde("explain", place.program, PROBES[1], prefix=[])
            check(re.search(r"^    variable y int: .* \(may be older than the line: main\.go is not here\)$", out, re.M),
                  lambda: out + err)
            with open(os.path.join(place.away, "main.go"), "w", encoding="utf-8") as f:
                f.write(PROGRAM + '\nvar s = "')
            out, err = place.log("--source", place.away, PROBES[1])
            check("sonde: main.go cannot be followed: line %d: " % (PROGRAM.count("\n") + 2) in err, lambda: err)
            check("y=3?" in out, lambda: out)
    return run


def unoptimized(version):
    def run():
        live.need_live()
        with Place(version, "-gcflags=all=-N -l") as place:
            os.unlink(place.source)
            events, err = place.events()
            n = certain(events, err)
            check(events[0]["values"]["p"] == 100, lambda: "%r" % events[0])
        return "%d values certain" % n
    return run


def cases(ctx):
    for version in ctx.versions:
        name = build.label(version)
        yield Case("source here, newer, gone, elsewhere %s default" % name, sources(version))
        yield Case("source gone: text, conditions %s default" % name, text_and_conditions(version))
        yield Case("source gone %s noopt" % name, unoptimized(version))
