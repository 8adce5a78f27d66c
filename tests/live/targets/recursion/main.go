// SPDX-License-Identifier: BSD-2-Clause

// Recursion: 200 goroutines, each on a fresh stack that has to grow and is copied while frames are open, 100 frames
// below the first: 200 × 101 = 20,200 calls; and recursion of other kinds on one goroutine.
package main

import (
	"sync"

	. "example.com/targets/truth"
)

const (
	goroutines = 200
	depth      = 100
)

type row struct{ pad [64]int }

//go:noinline
func recurse(g, n int) int {
	var r row
	r.pad[n%64] = g
	if n == 0 {
		return r.pad[0]
	}
	return recurse(g, n-1) + r.pad[n%64] - g
}

//go:noinline
func fib(n int) int {
	if n < 2 {
		return n
	}
	return fib(n-1) + fib(n-2)
}

//go:noinline
func even(n int, s string) bool {
	if n == 0 {
		return true
	}
	return odd(n-1, s)
}

//go:noinline
func odd(n int, s string) bool {
	if n == 0 {
		return false
	}
	return even(n-1, s)
}

// A frame of more than a page, which takes the long form of the stack check.
//
//go:noinline
func huge(n int, s string) int {
	var pad [1024]int
	pad[n] = n
	if n == 0 {
		return len(s)
	}
	return huge(n-1, s) + pad[n]
}

// One of a few hundred bytes: the form in between.
//
//go:noinline
func medium(n int, s string) int {
	var pad [100]int
	pad[n] = n
	if n == 0 {
		return len(s)
	}
	return medium(n-1, s) + pad[n]
}

type tree struct {
	left, right *tree
	val         int
}

//go:noinline
func (t *tree) sum(depth int) int {
	if t == nil {
		return 0
	}
	return t.val + t.left.sum(depth+1) + t.right.sum(depth+1)
}

func (t *tree) calls() int {
	if t == nil {
		return 1
	}
	return 1 + t.left.calls() + t.right.calls()
}

func truthOfFib(n int) int {
	r := n
	if n >= 2 {
		r = truthOfFib(n-1) + truthOfFib(n-2)
	}
	Call("main.fib", F("n", n), F("r0", r))
	return r
}

func main() {
	Start()
	Unordered("main.recurse")
	var all sync.WaitGroup
	for g := 0; g < goroutines; g++ {
		all.Add(1)
		go func(g int) {
			defer all.Done()
			if recurse(g, depth) != g {
				panic("recurse returned something else")
			}
			for n := 0; n <= depth; n++ {
				Call("main.recurse", F("g", g, "n", n), F("r0", g))
			}
		}(g)
	}
	all.Wait()

	fib(15)
	truthOfFib(15)
	r := even(501, "mutual")
	for n := 0; n <= 501; n++ {
		if n%2 == 0 {
			Call("main.odd", F("n", n, "s", "mutual"), F("r0", r))
		} else {
			Call("main.even", F("n", n, "s", "mutual"), F("r0", r))
		}
	}
	// On stacks of their own, so that each of them grows one.
	done := make(chan int)
	go func() { done <- huge(50, "huge") }()
	<-done
	go func() { done <- medium(90, "medium") }()
	<-done
	total := 4
	for n := 0; n <= 50; n++ {
		total += n
		Line(anyGoid("main.huge", F("n", n, "s", "huge"), F("r0", total)))
	}
	total = 6
	for n := 0; n <= 90; n++ {
		total += n
		Line(anyGoid("main.medium", F("n", n, "s", "medium"), F("r0", total)))
	}
	t := &tree{nil, nil, 1}
	for i := 2; i < 200; i++ {
		t = &tree{&tree{nil, nil, i}, t, i}
	}
	t.sum(0)
	Count("main.(*tree).sum", t.calls(), 0)
	Done()
}

func anyGoid(function string, args, results Fields) string {
	return `{"func":"` + function + `","args":` + string(args) + `,"results":` + string(results) + `}`
}
