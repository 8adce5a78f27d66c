// SPDX-License-Identifier: BSD-2-Clause

// The benchmark's target: for each shape of argument a function and its twin, of the same code. One is traced, the
// other carries a null program; blocks of calls to them alternate, and each block is timed in here, where no tool's
// own clock comes in. Commands are read from standard input, one a line:
//
//	pairs SHAPE PAIRS CALLS   times PAIRS pairs of blocks; prints "PROBED TWIN" in ns for each, then "done"
//	calls SHAPE CALLS         calls the probed one; prints its ns, then "done"
//	loop SHAPE MICROSECONDS   calls the probed one that often until the next command; prints "done" at once
package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"time"
)

type record struct {
	name, city, mail string
}

type named struct {
	name string
	in   *named
}

type node struct {
	value int64
	next  *node
}

var sink int64

// The functions below call it, so that they are no leaves: a Go function that calls nothing has no stack check, and
// then its entry is another kind of site.
//
//go:noinline
func leaf(x int64) int64 { return x + sink&1 }

//go:noinline
func intsProbed(a, b int64) int64 { return leaf(a) + b }

//go:noinline
func intsTwin(a, b int64) int64 { return leaf(a) + b }

//go:noinline
func stringProbed(s string) int64 { return leaf(int64(len(s))) }

//go:noinline
func stringTwin(s string) int64 { return leaf(int64(len(s))) }

//go:noinline
func recordProbed(r *record) int64 { return leaf(int64(len(r.name))) }

//go:noinline
func recordTwin(r *record) int64 { return leaf(int64(len(r.name))) }

//go:noinline
func chainProbed(p *node) int64 { return leaf(p.value) }

//go:noinline
func chainTwin(p *node) int64 { return leaf(p.value) }

//go:noinline
func namedProbed(h *named) int64 { return leaf(int64(len(h.name))) }

//go:noinline
func namedTwin(h *named) int64 { return leaf(int64(len(h.name))) }

//go:noinline
func floatsProbed(x float64, y float32) float64 { return float64(leaf(int64(x))) + float64(y) }

//go:noinline
func floatsTwin(x float64, y float32) float64 { return float64(leaf(int64(x))) + float64(y) }

// A symbol that bench.py moves to where bpftrace is to probe.
//
//go:noinline
func mark() { sink++ }

// What is passed. tests/bench/bench.py looks for these in what sonde prints.
var (
	text  = "exactly thirty-two bytes of text"
	entry = &record{"a name of a person", "a city by the sea", "mail@example.org"}
	held  = &named{text, &named{text, nil}}
	chain = &node{101, &node{102, &node{103, &node{104, nil}}}}
)

type shape struct{ probed, twin func(calls int) }

var shapes = map[string]shape{
	"ints": {
		func(calls int) {
			for i := 0; i < calls; i++ {
				sink += intsProbed(int64(i), 7)
			}
		},
		func(calls int) {
			for i := 0; i < calls; i++ {
				sink += intsTwin(int64(i), 7)
			}
		},
	},
	"string": {
		func(calls int) {
			for i := 0; i < calls; i++ {
				sink += stringProbed(text)
			}
		},
		func(calls int) {
			for i := 0; i < calls; i++ {
				sink += stringTwin(text)
			}
		},
	},
	"record": {
		func(calls int) {
			for i := 0; i < calls; i++ {
				sink += recordProbed(entry)
			}
		},
		func(calls int) {
			for i := 0; i < calls; i++ {
				sink += recordTwin(entry)
			}
		},
	},
	"named": {
		func(calls int) {
			for i := 0; i < calls; i++ {
				sink += namedProbed(held)
			}
		},
		func(calls int) {
			for i := 0; i < calls; i++ {
				sink += namedTwin(held)
			}
		},
	},
	"floats": {
		func(calls int) {
			for i := 0; i < calls; i++ {
				sink += int64(floatsProbed(0.25, 1.5))
			}
		},
		func(calls int) {
			for i := 0; i < calls; i++ {
				sink += int64(floatsTwin(0.25, 1.5))
			}
		},
	},
	"chain": {
		func(calls int) {
			for i := 0; i < calls; i++ {
				sink += chainProbed(chain)
			}
		},
		func(calls int) {
			for i := 0; i < calls; i++ {
				sink += chainTwin(chain)
			}
		},
	},
}

func timed(f func(calls int), calls int) int64 {
	start := time.Now()
	f(calls)
	return time.Since(start).Nanoseconds()
}

// Every second pair runs the twin first, so that neither always follows the other.
func pairs(s shape, n, calls int, out *bufio.Writer) {
	timed(s.probed, calls)
	timed(s.twin, calls)
	probed, twin := make([]int64, n), make([]int64, n)
	for i := 0; i < n; i++ {
		if i&1 == 0 {
			probed[i] = timed(s.probed, calls)
			twin[i] = timed(s.twin, calls)
		} else {
			twin[i] = timed(s.twin, calls)
			probed[i] = timed(s.probed, calls)
		}
	}
	for i := range probed {
		fmt.Fprintln(out, probed[i], twin[i])
	}
}

func main() {
	runtime.LockOSThread()
	mark()
	debug.SetGCPercent(-1)
	out := bufio.NewWriter(os.Stdout)
	in := bufio.NewScanner(os.Stdin)
	var stop chan bool

	for in.Scan() {
		var what, name string
		var n, calls int

		fmt.Sscan(in.Text(), &what, &name, &n, &calls)
		s, known := shapes[name]
		if !known {
			fmt.Fprintln(os.Stderr, "no such shape:", name)
			os.Exit(2)
		}
		if stop != nil {
			close(stop)
			stop = nil
		}
		switch what {
		case "pairs":
			pairs(s, n, calls, out)
		case "calls":
			fmt.Fprintln(out, timed(s.probed, n))
		case "loop":
			stop = make(chan bool)
			go func(stop chan bool) {
				for {
					select {
					case <-stop:
						return
					case <-time.After(time.Duration(n) * time.Microsecond):
						s.probed(1)
					}
				}
			}(stop)
		default:
			fmt.Fprintln(os.Stderr, "no such command:", what)
			os.Exit(2)
		}
		fmt.Fprintln(out, "done")
		out.Flush()
	}
}
