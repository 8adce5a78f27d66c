# SPDX-License-Identifier: BSD-2-Clause
"""Arguments of inlined calls of functions that assign to their parameters, or not, with the source and without it. And calls
that are not inlined, about which the debug information says what is not true."""
import os
import re

import build
import live
import test_schema
from live import Case, check, parse_events
from test_source import Place

PROGRAM = """package main

import "fmt"

var sink int

//go:noinline
func use(a int) { sink += a }

func swapped(a, b int) int {
	a, b = b, a
	return a*3 - b
}

func turned(a, b, c int) int {
	a, b, c = b, c, a
	return a + 2*b + 3*c
}

func called(a, b int) int {
	a, b = b, a
	use(a)
	return a*3 - b
}

func atMost(n, max int) int {
	if n > max {
		n = max
	}
	return n * 3
}

func oneLine(a, b int) int { a, b = b, a; use(a); return a*3 - b }

func replaced(a, b int) int {
	a = sink
	return a*5 - b
}

func never(a, b int, s string) int {
	use(a)
	return a*3 - b + len(s)
}

type pair struct{ X, Y int }

func (p pair) part(n int) int {
	p.X += n
	use(p.X)
	return p.X - p.Y
}

func (p pair) whole(n int) int {
	use(n)
	return p.X*n - p.Y
}

func (p *pair) set(n int) int {
	p.X = 47
	return p.Y*n - p.X
}

//go:noinline
func f1(i, j int) int { i *= 3; return swapped(i, j) }

//go:noinline
func f2(i, j, k int) int { j ^= 5; return turned(i, j, k) }

//go:noinline
func f3(i, j int) int { j *= 7; return called(i, j) }

//go:noinline
func f4(i, j int) int { i += 2; j ^= 1; return atMost(i, j) }

//go:noinline
func f5(i, j int) int { j *= 9; return oneLine(i, j) }

//go:noinline
func f6(i, j int) int { i *= 7; return replaced(i, j) }

//go:noinline
func f7(i, j int, s string) int { return never(i, j, s) }

//go:noinline
func f8(i, j int) int { return pair{i, j}.part(j*3) + i }

//go:noinline
func f9(i, j int) int { return pair{i, j}.whole(j*3) + i }

//go:noinline
func f10(p *pair, n int) int { return p.set(n) }

func main() {
	for n := 0; n < 3; n++ {
		i, j, k := n+1, n+10, n+100
		s := fmt.Sprint("text", n)
		sink += f1(i, j) + f2(i, j, k) + f3(i, j) + f4(i, j) + f5(i, j) + f6(i, j) + f7(i, j, s) + f8(i, j) + f9(i, j) + f10(&pair{i, j}, k)
	}
}
"""
NAMES = ["swapped", "turned", "called", "atMost", "oneLine", "replaced", "never", "pair.part", "pair.whole", "(*pair).set"]
# what no function assigns to and all of them have when they are entered
SURE = {("never", "a"), ("never", "b"), ("atMost", "max")}


def truth():
    """[(function, arguments)] in the order of the program."""
    told = []
    for n in range(3):
        i, j, k = n + 1, n + 10, n + 100
        pair = {"X": i, "Y": j}
        args = ({"a": i * 3, "b": j}, {"a": i, "b": j ^ 5, "c": k}, {"a": i, "b": j * 7}, {"n": i + 2, "max": j ^ 1},
                {"a": i, "b": j * 9}, {"a": i * 7, "b": j}, {"a": i, "b": j, "s": "text%d" % n},
                {"p": pair, "n": j * 3}, {"p": pair, "n": j * 3}, {"p": pair, "n": k})
        told += zip(NAMES, args)
    return told


def there(value):
    return not (isinstance(value, dict) and ("unavailable" in value or any(not there(v) for v in value.values())))


def held(events, marked):
    """Holds events against the truth: values that are neither absent nor marked are right. Returns how many there are."""
    want, n = truth(), 0
    seen = {}
    for e in events:
        check(test_schema.complaint(e) is None, lambda: "%s: %r" % (test_schema.complaint(e), e))
        name = re.sub(r"^main\.", "", e["func"])
        seen.setdefault(name, []).append(e)
        check(e["site"]["inlined"], lambda: "%r" % e)
    for name in NAMES:
        calls = [args for f, args in want if f == name]
        got = seen.get(name, [])
        check(len(got) == len(calls), lambda: "%s: %d hits of %d calls" % (name, len(got), len(calls)))
        for e, args in zip(got, calls):
            for arg, value in e["args"].items():
                unsure = arg in e.get("unsure", [])
                check(marked == unsure or not there(value), lambda: "%s: %s is %smarked" % (name, arg, "" if unsure else "not "))
                check(unsure or not there(value) or value == args[arg],
                      lambda: "%s: %s is %r, not %r" % (name, arg, value, args[arg]))
                check(there(value) or (name, arg) not in SURE, lambda: "%s: %s is %r" % (name, arg, value))
                n += there(value)
    return n


def arguments(version):
    def run():
        live.need_live()
        with Place(version, program=PROGRAM) as place:
            def events():
                status, out, err = live.sonde("trace", "--format", "json", *["main." + n for n in NAMES], "--", place.program)
                check(status == live.OK, lambda: "exit status %d: %s" % (status, err[-800:]))
                return parse_events(out)[0], err
            here, err = events()
            n = held(here, False)
            check("may be other" not in err, lambda: err)
            os.rename(place.source, os.path.join(place.away, "main.go"))
            gone, err = events()
            m = held(gone, True)
            check(err.count("sonde: main.go is not here: arguments of inlined calls listed as unsure may be other values of the "
                            "parameter; --source DIR says where it is\n") == 1, lambda: err)
        check(m >= n, lambda: "%d values with the source, %d without" % (n, m))
        return "%d values certain, %d marked without the source" % (n, m)
    return run


# parts that change places, a part that is multiplied before the argument is spilled, a result on the heap before another
OUT_OF_LINE = """package main

var sink int
var kept *int

//go:noinline
func use(a int) { sink += a }

type pair struct{ X, Y int }

//go:noinline
func parts(p pair, n int64, a int32) int {
	p.X, p.Y = p.Y, p.X
	if a > 5 {
		p.X = p.Y
	}
	use(p.X)
	return p.X*3 - p.Y + int(n) + int(a)
}

//go:noinline
func away(n int) int { return n + 1 }

//go:noinline
func multiplied(x float64, text string, p pair) int {
	p.Y *= p.X ^ p.Y
	for i := 0; i < len(text) && i < 4; i++ {
		sink++
	}
	p.X = away(p.Y)
	use(int(x))
	for i := 0; i < 2 && p.Y-i > 0; i++ {
		sink += len(text)
	}
	return p.X
}

//go:noinline
func escaped(n int) (r0 int, r1 int) {
	kept = &r0
	r0, r1 = n*3, n*5
	use(*kept)
	return
}

func main() {
	for n := 1; n < 4; n++ {
		sink += parts(pair{n, n * 7}, int64(n*9), int32(n*4))
		sink += multiplied(0.5, "text", pair{n, n * 7})
		x, y := escaped(n)
		sink += x - y
	}
}
"""


def out_of_line(version, *flags):
    def run():
        live.need_live()
        with Place(version, *flags, program=OUT_OF_LINE) as place:
            status, out, err = live.sonde("trace", "--format", "json", "main.parts", "main.multiplied", "main.escaped", "--",
                                          place.program)
        check(status == live.OK, lambda: "exit status %d: %s" % (status, err[-800:]))
        events = parse_events(out)[0]
        check(len(events) == 9, lambda: "%d events" % len(events))
        right = 0
        for i, e in enumerate(events):
            n = i // 3 + 1
            pair = {"X": n, "Y": n * 7}
            want = {"main.parts": {"p": pair, "n": n * 9, "a": n * 4}, "main.multiplied": {"x": 0.5, "text": "text", "p": pair},
                    "main.escaped": {"n": n}}[e["func"]]
            if e["func"] == "main.escaped":
                want.update(r0=n * 3, r1=n * 5)
            for name, value in list(e["args"].items()) + list(e["results"].items()):
                if name in want:
                    check(not there(value) or value == want[name],
                          lambda: "%s: %s is %r, not %r" % (e["func"], name, value, want[name]))
                    right += there(value)
        check(right >= 15, lambda: "%d values" % right)
        return "%d values" % right
    return run


def cases(ctx):
    for version in ctx.versions:
        yield Case("outlined arguments %s default" % build.label(version), out_of_line(version))
        yield Case("outlined arguments %s noopt" % build.label(version), out_of_line(version, "-gcflags=all=-N -l"))
    for version in ctx.versions:
        yield Case("inlined arguments %s default" % build.label(version), arguments(version))
