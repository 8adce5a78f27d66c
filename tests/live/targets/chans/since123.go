// SPDX-License-Identifier: BSD-2-Clause

//go:build go1.23
// +build go1.23

package main

import (
	"errors"

	. "example.com/targets/truth"
)

type person struct {
	Name string
	At   *point
}

//go:noinline
func thunks(f func() int) func() int { return f }

//go:noinline
func thunksIn(v interface{}, s []func() int, m map[string]func() int) interface{} { return v }

//go:noinline
func thunkBehind(p *func() int, h struct{ F func() int }) *func() int { return p }

//go:noinline
func sum(a ...int) int { return len(a) }

//go:noinline
func ofPointers(n *person, q *point, none *person) func() int {
	return func() int { return sum(n.At.X, q.X, len(none.Name)) }
}

//go:noinline
func ofCollections(s []string, m map[string]int, c chan int, b []byte) func() int {
	return func() int { return sum(len(s), m["a"], cap(c), len(b)) }
}

//go:noinline
func ofInterfaces(v interface{}, err error, none error) func() int {
	return func() int { return sum(v.(int), len(err.Error()), len(none.Error())) }
}

//go:noinline
func ofStructs(a person, b [2]person, long string) func() int {
	return func() int { return sum(a.At.X, b[1].At.X, len(long)) }
}

//go:noinline
func ofFunc(f func() int) func() int { return func() int { return f() + 1 } }

//go:noinline
func byReference(text string, list []int) func() int {
	return func() int { text += "!"; list = append(list, 1); return len(text) + len(list) }
}

var boxes []interface{}

//go:noinline
func box(v interface{}) { boxes = append(boxes, v) }

// What is captured by value has the debug information of what is captured by reference where the code needs its address.
//
//go:noinline
func ofCopies(n int, c complex128, p person, list [4]string, u uint8, out chan int, byText map[[2]string]int, key [2]string) func() int {
	return func() int {
		out <- n
		box(c)
		box(p)
		box(list)
		box(u)
		return byText[key]
	}
}

//go:noinline
func ofBoth(n int, wide [5]int, p person, text string) func() int {
	return func() int {
		n++
		p.Name += "!"
		box(wide)
		box(text)
		box(p)
		return wide[4] + n
	}
}

//go:noinline
func run(f func() int) { f() }

// Not on the heap, by reference.
//
//go:noinline
func within(n int, p point, s string) int {
	f := func() int { n++; p.X++; s += "s"; return n }
	Captured(&f, "n", n, "p", p, "s", s)
	Do("main.thunks", thunks, "f", f)
	run(f)
	return n + p.X + len(s)
}

func since() {
	n := &person{"bob", &point{1, 2}}
	q := &point{3, 4}
	f := ofPointers(n, q, nil)
	Captured(&f, "n", n, "q", q, "none", (*person)(nil))
	Do("main.thunks", thunks, "f", f)
	s, m, c, b := []string{"one", "", "three"}, map[string]int{"a": 1, "b": 2}, make(chan int, 3), []byte("bytes")
	c <- 5
	Channel(c, []int{5}, false, 0, 0)
	g := ofCollections(s, m, c, b)
	Captured(&g, "s", s, "m", m, "c", c, "b", b)
	Do("main.thunks", thunks, "f", g)
	var v interface{} = 12
	var none error
	var err = errors.New("went wrong")
	h := ofInterfaces(v, err, none)
	Captured(&h, "v", At(&v), "err", At(&err), "none", At(&none))
	Do("main.thunks", thunks, "f", h)
	long := "a string that is longer than the words around it, so that it must be followed"
	x := ofStructs(*n, [2]person{{"first", nil}, {"second", q}}, long)
	Captured(&x, "a", *n, "b", [2]person{{"first", nil}, {"second", q}}, "long", long)
	Do("main.thunks", thunks, "f", x)
	y := ofFunc(f)
	Captured(&y, "f", f)
	Do("main.thunks", thunks, "f", y)
	text, list := "changed", []int{1, 2}
	z := byReference(text, list)
	z()
	text, list = text+"!", append(list, 1)
	Captured(&z, "text", text, "list", list)
	Do("main.thunks", thunks, "f", z)
	numbers := make(chan int, 5)
	Channel(numbers, []int{}, false, 0, 0)
	four, byText, key := [4]string{"a", "", "c", "d"}, map[[2]string]int{{"k", "l"}: 1}, [2]string{"k", "l"}
	copies := ofCopies(5, complex(1, -2), *n, four, 7, numbers, byText, key)
	Captured(&copies, "n", 5, "c", complex(1, -2), "p", *n, "list", four, "u", uint8(7), "out", numbers, "byText", byText, "key", key)
	Do("main.thunks", thunks, "f", copies)
	both := ofBoth(41, [5]int{1, 2, 3, 4, 5}, *n, "text")
	Captured(&both, "n", 41, "wide", [5]int{1, 2, 3, 4, 5}, "p", *n, "text", "text")
	Do("main.thunks", thunks, "f", both)
	within(1, point{2, 3}, "four")
	Do("main.thunksIn", thunksIn, "v,s,m", f, []func() int{g, nil, x}, map[string]func() int{"y": y})
	Do("main.thunkBehind", thunkBehind, "p,h", &z, struct{ F func() int }{h})
}
