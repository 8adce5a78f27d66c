# SPDX-License-Identifier: BSD-2-Clause
"""Arguments of inlined calls of functions that assign to their parameters, or not, with the source and without it."""
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

func main() {
	for n := 0; n < 3; n++ {
		i, j, k := n+1, n+10, n+100
		s := fmt.Sprint("text", n)
		sink += f1(i, j) + f2(i, j, k) + f3(i, j) + f4(i, j) + f5(i, j) + f6(i, j) + f7(i, j, s) + f8(i, j) + f9(i, j)
	}
}
"""
NAMES = ["swapped", "turned", "called", "atMost", "oneLine", "replaced", "never", "pair.part", "pair.whole"]
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
                {"p": pair, "n": j * 3}, {"p": pair, "n": j * 3})
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


def cases(ctx):
    for version in ctx.versions:
        yield Case("inlined arguments %s default" % build.label(version), arguments(version))
