// SPDX-License-Identifier: BSD-2-Clause

// The truth about calls: where parameters and results lie when there are many, blank or unnamed ones, variadics,
// closures, deferred calls, and parameters of types that are one pointer or two words.
package main

import (
	"errors"
	"time"
	"unsafe"

	. "example.com/targets/truth"
)

type kind uint16
type text string
type thing struct {
	ID   int
	Name string
}
type problem struct {
	Code int
	Text string
}
type codes []int
type handler func(int) int

func (p *problem) Error() string { return p.Text }

type shape interface {
	Area() int
}
type square struct{ Side int }
type rect struct{ W, H int }

//go:noinline
func (s square) Area() int { return s.Side * s.Side }

//go:noinline
func (r *rect) Area() int { return r.W * r.H }

//go:noinline
func none() { sink++ }

//go:noinline
func noResult(a int, b string) { sink += a + len(b) }

//go:noinline
func noParams() (int, string) { return sink, "none" }

// Seven words, then three slices that no longer fit, then a bool and a byte in the two registers that are left.
//
//go:noinline
func overflow(a, b, c, d, e, f, g int, x, y, z []byte, ok bool, last uint8, over int16) (bool, uint8, int16) {
	return ok, last, over
}

//go:noinline
func oneSliceOver(n int, a, b, c []int, ok bool) (int, bool) { return len(c), ok }

//go:noinline
func stringsOver(a, b, c, d, e string, f int8) (string, int8) { return e, f }

//go:noinline
func manyStrings(a, b, c, d, e, f, g, h string) (string, string, string, string, string, string) {
	return h, g, f, e, d, c
}

//go:noinline
func tenResults(n int) (a, b, c, d, e, f, g, h, i, j int) {
	return n, n + 1, n + 2, n + 3, n + 4, n + 5, n + 6, n + 7, n + 8, n + 9
}

//go:noinline
func stackResult(n int) ([20]int, error) {
	var r [20]int
	for i := range r {
		r[i] = n + i
	}
	if n < 0 {
		return r, errNegative
	}
	return r, nil
}

//go:noinline
func smallOver(a, b, c, d, e, f, g, h, i int, j int8, k uint8, l int16, m bool, n int32, o uint16, p string, q bool) (string, bool, uint16) {
	return p, q, o
}

//go:noinline
func mixedRegisters(a int, x float64, s string, y float32, b []byte, z float64, ok bool) (bool, string, int) {
	return ok, s, a
}

//go:noinline
func named(a int) (x, y int, err error) {
	x = a
	if a < 0 {
		err = errNegative
		return
	}
	y = a * 2
	return
}

//go:noinline
func deferredResult(a int, s string) (r int, t string, err error) {
	defer func() {
		r++
		t = s + "!"
		if a > 1 {
			err = errNegative
		}
	}()
	return a * 10, "overwritten", nil
}

//go:noinline
func recovered(a int) (r int, err error) {
	defer func() {
		if e := recover(); e != nil {
			r, err = -1, e.(error)
		}
	}()
	if a == 0 {
		panic(errNegative)
	}
	return 100 / a, nil
}

//go:noinline
func blankLast(a int, s string, _ int) int { return a + len(s) }

//go:noinline
func blankFirst(_ string, a int) int { return a }

//go:noinline
func blankMiddle(a int, b string, _ []byte, c int, _ bool, d uint8) (int, uint8) { return c, d }

//go:noinline
func unnamed(int, string, bool) int { return sink }

//go:noinline
func blankResult(a int) (_ int, err error) { return a, nil }

//go:noinline
func unused(a int, b string, c []int, d bool) int { return 5 }

//go:noinline
func partlyUsed(a int, b string, c []int, d uint8) int { return len(b) + len(c) }

//go:noinline
func escapes(a int, t thing, s string) (*int, *thing) {
	s += "."
	pointers = append(pointers, unsafe.Pointer(&s))
	return &a, &t
}

//go:noinline
func reassigned(a int, s string) (int, string) {
	for i := 0; i < 3; i++ {
		a, s = a*3+len(s), s+"x"
	}
	return a, s
}

//go:noinline
func sum(first string, xs ...int) (total int) {
	for _, x := range xs {
		total += x
	}
	return total + len(first)
}

//go:noinline
func variadicStrings(xs ...string) int { return len(xs) }

//go:noinline
func variadicAny(format string, args ...interface{}) int { return len(args) }

//go:noinline
func duration(d time.Duration, k kind, t text, c codes, h handler) (time.Duration, kind, text, codes) {
	return d * 2, k + 1, t + "+", c
}

//go:noinline
func takesError(err error, n int) (error, int) { return err, n }

//go:noinline
func takesAny(v interface{}, n int) (interface{}, int) { return v, n }

//go:noinline
func takesShape(s shape, n int) (shape, int) { return s, n }

//go:noinline
func takesMap(m map[string]int, k map[int]thing, n int) (map[int]thing, int) { return k, n }

//go:noinline
func takesChan(a chan int, b chan string, n int) (chan string, int) { return b, n }

//go:noinline
func directedChans(in <-chan int, out chan<- bool) int { return len(in) + cap(out) }

//go:noinline
func takesFunc(f func(int) int, h handler, n int) (func(int) int, int) { return f, n }

//go:noinline
func callsBack(f func(int) int, n int) int { return f(n) + f(n+1) }

//go:noinline
func called(n int) int { return n * n }

//go:noinline
func takesUnsafe(p unsafe.Pointer, q uintptr, n int) (unsafe.Pointer, int) { return p, n }

//go:noinline
func makeAdder(by int, name string) func(int) int {
	return func(n int) int { return n + by + len(name) }
}

//go:noinline
func makeCounter() func() int {
	n := 0
	return func() int { n++; return n }
}

//go:noinline
func deferred(a int, s string) { sink += a + len(s) }

//go:noinline
func defers(n int) int {
	defer deferred(n, "first")
	for i := 0; i < n; i++ {
		defer deferred(i, "loop")
	}
	return n
}

//go:noinline
func started(a int, s string, done chan bool) {
	sink += a + len(s)
	Call("main.started", F("a", a, "s", s, "done", done), F())
	done <- true
}

//go:noinline
func outer(a int) int { return middle(a+1, "outer") + 1 }

//go:noinline
func middle(a int, s string) int { return inner(a+1, s, len(s)) * 2 }

//go:noinline
func inner(a int, s string, n int) int { return a + n }

//go:noinline
func manyReturns(n int, s string) (int, string) {
	switch {
	case n < 0:
		return -1, s
	case n == 0:
		return 0, "zero"
	case n < 10:
		return n, s[:1]
	case n < 100:
		return n * n, s + s
	}
	for i := 0; ; i++ {
		if i*i > n {
			return i, "root"
		}
	}
}

//go:noinline
func pointerToPointer(p **thing, i *interface{}, s *[]string) bool { return p != nil }

//go:noinline
func interfaces(a, b interface{}, err error, s shape, over string) (shape, string, error) {
	return s, over, err
}

//go:noinline
func loops(xs []int, limit int) (n int, found bool) {
	for i, x := range xs {
		if x > limit {
			return i, true
		}
		n += x
	}
	return n, false
}

var (
	sink        int
	pointers    []unsafe.Pointer
	errNegative = errors.New("negative")
	errNil      *problem
	ints        = make([]int, 20)
)

func main() {
	Start()
	places()
	results()
	blanks()
	variadics()
	words()
	functions()
	order()
	Done()
}

func places() {
	none()
	Call("main.none", F(), F())
	noResult(4, "four")
	Call("main.noResult", F("a", 4, "b", "four"), F())
	n, s := noParams()
	Call("main.noParams", F(), F("r0", n, "r1", s))
	x, y, z := []byte("ex"), []byte(nil), []byte{0, 255}
	for _, b := range []bool{false, true} {
		r0, r1, r2 := overflow(1, -2, 3, -4, 5, -6, 7, x, y, z, b, 200, -300)
		Call("main.overflow", F("a", 1, "b", -2, "c", 3, "d", -4, "e", 5, "f", -6, "g", 7, "x", x, "y", y, "z", z,
			"ok", b, "last", uint8(200), "over", int16(-300)), F("r0", r0, "r1", r1, "r2", r2))
		n, ok := oneSliceOver(6, ints[:1], nil, ints[:3], b)
		Call("main.oneSliceOver", F("n", 6, "a", ints[:1], "b", []int(nil), "c", ints[:3], "ok", b), F("r0", n, "r1", ok))
		t, q, o := smallOver(1, 2, 3, 4, 5, 6, 7, 8, 9, -10, 211, -12000, b, -14, 65535, "pee", !b)
		Call("main.smallOver", F("a", 1, "b", 2, "c", 3, "d", 4, "e", 5, "f", 6, "g", 7, "h", 8, "i", 9, "j", int8(-10),
			"k", uint8(211), "l", int16(-12000), "m", b, "n", int32(-14), "o", uint16(65535), "p", "pee", "q", !b),
			F("r0", t, "r1", q, "r2", o))
		ok, s, n = mixedRegisters(7, 0.25, "ess", -1.5, x, 1e9, b)
		Call("main.mixedRegisters", F("a", 7, "x", 0.25, "s", "ess", "y", float32(-1.5), "b", x, "z", 1e9, "ok", b),
			F("r0", ok, "r1", s, "r2", n))
	}
	t, i := stringsOver("a", "bb", "", "dddd", "on the stack", -1)
	Call("main.stringsOver", F("a", "a", "b", "bb", "c", "", "d", "dddd", "e", "on the stack", "f", int8(-1)),
		F("r0", t, "r1", i))
	r0, r1, r2, r3, r4, r5 := manyStrings("a", "b", "c", "d", "e", "f", "g", "h")
	Call("main.manyStrings", F("a", "a", "b", "b", "c", "c", "d", "d", "e", "e", "f", "f", "g", "g", "h", "h"),
		F("r0", r0, "r1", r1, "r2", r2, "r3", r3, "r4", r4, "r5", r5))
	for i := 0; i < 3; i++ {
		in := F("a", i, "t", thing{i, "escaped"}, "s", "ess")
		p, q := escapes(i, thing{i, "escaped"}, "ess")
		Call("main.escapes", in, F("r0", p, "r1", q))
		n, s := reassigned(i, "re")
		Call("main.reassigned", F("a", i, "s", "re"), F("r0", n, "r1", s))
		Call("main.unused", F("a", i, "b", "unused", "c", ints[:i], "d", i == 1), F("r0", unused(i, "unused", ints[:i], i == 1)))
		Call("main.partlyUsed", F("a", i, "b", "partly", "c", ints[:i], "d", uint8(i)),
			F("r0", partlyUsed(i, "partly", ints[:i], uint8(i))))
	}
}

func results() {
	for _, n := range []int{-1, 0, 5} {
		a, b, c, d, e, f, g, h, i, j := tenResults(n)
		Call("main.tenResults", F("n", n), F("a", a, "b", b, "c", c, "d", d, "e", e, "f", f, "g", g, "h", h, "i", i, "j", j))
		r, err := stackResult(n)
		Call("main.stackResult", F("n", n), F("r0", r, "r1", At(&err)))
		x, y, err := named(n)
		Call("main.named", F("a", n), F("x", x, "y", y, "err", At(&err)))
		x, s, err := deferredResult(n, "ess")
		Call("main.deferredResult", F("a", n, "s", "ess"), F("r", x, "t", s, "err", At(&err)))
		x, err = recovered(n)
		Call("main.recovered", F("a", n), F("r", x, "err", At(&err)))
	}
	for _, n := range []int{-7, 0, 3, 50, 1000} {
		r, s := manyReturns(n, "many")
		Call("main.manyReturns", F("n", n, "s", "many"), F("r0", r, "r1", s))
		i, found := loops([]int{1, 2, 60, 4}, n)
		Call("main.loops", F("xs", []int{1, 2, 60, 4}, "limit", n), F("n", i, "found", found))
	}
}

func blanks() {
	for i := 0; i < 3; i++ {
		Call("main.blankLast", F("a", i, "s", "last", "_", -i), F("r0", blankLast(i, "last", -i)))
		Call("main.blankFirst", F("_", "blank", "a", i), F("r0", blankFirst("blank", i)))
		n, d := blankMiddle(i, "bee", []byte("middle"), -i, i == 1, uint8(i))
		Call("main.blankMiddle", F("a", i, "b", "bee", "_", []byte("middle"), "c", -i, "_1", i == 1, "d", uint8(i)),
			F("r0", n, "r1", d))
		Call("main.unnamed", F("_", i, "_1", "unnamed", "_2", i == 1), F("r0", unnamed(i, "unnamed", i == 1)))
		r, err := blankResult(i)
		Call("main.blankResult", F("a", i), F("_", r, "err", At(&err)))
	}
}

func variadics() {
	Call("main.sum", F("first", "none", "xs", []int(nil)), F("total", sum("none")))
	Call("main.sum", F("first", "", "xs", []int{5}), F("total", sum("", 5)))
	Call("main.sum", F("first", "x", "xs", []int{1, -2, 3}), F("total", sum("x", 1, -2, 3)))
	Call("main.sum", F("first", "spread", "xs", ints), F("total", sum("spread", ints...)))
	Call("main.variadicStrings", F("xs", []string{"a", "", "c"}), F("r0", variadicStrings("a", "", "c")))
	Call("main.variadicStrings", F("xs", []string(nil)), F("r0", variadicStrings()))
	args := []interface{}{1, "two", nil, errNegative, 5.5, &thing{6, "six"}}
	Call("main.variadicAny", F("format", "%d", "args", args), F("r0", variadicAny("%d", args...)))
	Call("main.variadicAny", F("format", "", "args", []interface{}(nil)), F("r0", variadicAny("")))
}

func words() {
	var noErr, nilErr error = nil, errNil
	for i, err := range []error{noErr, nilErr, errNegative, &problem{404, "not found"}} {
		in := F("err", At(&err), "n", i)
		r, n := takesError(err, i)
		Call("main.takesError", in, F("r0", At(&r), "r1", n))
	}
	for i, v := range []interface{}{nil, 42, int8(-1), uint64(1 << 63), "text", "", true, 2.5, []int{1, 2}, thing{1, "one"},
		&thing{2, "two"}, kind(7), text("named"), time.Second, [2]int{3, 4}, map[string]int{"a": 1}, struct{}{}, errNegative} {
		in := F("v", At(&v), "n", i)
		r, n := takesAny(v, i)
		Call("main.takesAny", in, F("r0", At(&r), "r1", n))
	}
	for i, s := range []shape{nil, square{3}, &square{4}, &rect{5, 6}} {
		in := F("s", At(&s), "n", i)
		r, n := takesShape(s, i)
		Call("main.takesShape", in, F("r0", At(&r), "r1", n))
		if s != nil && i != 2 {
			area := s.Area()
			if q, ok := s.(square); ok {
				Call("main.square.Area", F("s", q), F("r0", area))
			} else {
				Call("main.(*rect).Area", F("r", s.(*rect)), F("r0", area))
			}
		}
	}
	m, k := map[string]int{"one": 1, "two": 2}, map[int]thing{3: {3, "three"}}
	in := F("m", m, "k", k, "n", 1)
	r, n := takesMap(m, k, 1)
	Call("main.takesMap", in, F("r0", r, "r1", n))
	r, n = takesMap(nil, map[int]thing{}, 2)
	in = F("m", map[string]int(nil), "k", r, "n", 2)
	Call("main.takesMap", in, F("r0", r, "r1", n))
	a, b := make(chan int, 4), make(chan string)
	a <- 1
	a <- 2
	in = F("a", a, "b", b, "n", 3)
	c, n := takesChan(a, b, 3)
	Call("main.takesChan", in, F("r0", c, "r1", n))
	c, n = takesChan(nil, nil, 4)
	Call("main.takesChan", F("a", (chan int)(nil), "b", (chan string)(nil), "n", 4), F("r0", c, "r1", n))
	out := make(chan bool, 2)
	in = F("in", (<-chan int)(a), "out", (chan<- bool)(out))
	Call("main.directedChans", in, F("r0", directedChans(a, out)))
	d, kk, t, cc := duration(90*time.Second, 65535, "tee", codes{1, 2}, nil)
	Call("main.duration", F("d", 90*time.Second, "k", kind(65535), "t", text("tee"), "c", codes{1, 2}, "h", handler(nil)),
		F("r0", d, "r1", kk, "r2", t, "r3", cc))
	d, kk, t, cc = duration(-time.Nanosecond, 0, "", nil, called)
	h := handler(called)
	Call("main.duration", F("d", -time.Nanosecond, "k", kind(0), "t", text(""), "c", codes(nil), "h", At(&h)),
		F("r0", d, "r1", kk, "r2", t, "r3", cc))
	th := &thing{1, "th"}
	up, n := takesUnsafe(unsafe.Pointer(th), 77, 5)
	Call("main.takesUnsafe", F("p", unsafe.Pointer(th), "q", uintptr(77), "n", 5), F("r0", up, "r1", n))
	up, n = takesUnsafe(nil, 0, 6)
	Call("main.takesUnsafe", F("p", unsafe.Pointer(nil), "q", uintptr(0), "n", 6), F("r0", up, "r1", n))
	var any interface{} = th
	ss := []string{"s"}
	in = F("p", &th, "i", &any, "s", &ss)
	Call("main.pointerToPointer", in, F("r0", pointerToPointer(&th, &any, &ss)))
	Call("main.pointerToPointer", F("p", (**thing)(nil), "i", (*interface{})(nil), "s", (*[]string)(nil)),
		F("r0", pointerToPointer(nil, nil, nil)))
	var i1, i2 interface{} = 5, "five"
	var sh shape = square{2}
	in = F("a", At(&i1), "b", At(&i2), "err", At(&errNegative), "s", At(&sh), "over", "over")
	rs, ro, re := interfaces(i1, i2, errNegative, sh, "over")
	Call("main.interfaces", in, F("r0", At(&rs), "r1", ro, "r2", At(&re)))
}

func functions() {
	add := makeAdder(10, "abc")
	Call("main.makeAdder", F("by", 10, "name", "abc"), F("r0", At(&add)))
	Call("main.makeAdder.func1", F("n", 1), F("r0", add(1)))
	Call("main.makeAdder.func1", F("n", -20), F("r0", add(-20)))
	count := makeCounter()
	Call("main.makeCounter", F(), F("r0", At(&count)))
	Call("main.makeCounter.func1", F(), F("r0", count()))
	Call("main.makeCounter.func1", F(), F("r0", count()))
	h := handler(add)
	in := F("f", At(&add), "h", At(&h), "n", 1)
	f, n := takesFunc(add, h, 1)
	Call("main.takesFunc", in, F("r0", At(&f), "r1", n))
	f, n = takesFunc(nil, nil, 2)
	Call("main.takesFunc", F("f", (func(int) int)(nil), "h", handler(nil), "n", 2), F("r0", At(&f), "r1", n))
	g := called
	in = F("f", At(&g), "n", 3)
	r := callsBack(g, 3)
	Call("main.called", F("n", 3), F("r0", 9))
	Call("main.called", F("n", 4), F("r0", 16))
	Call("main.callsBack", in, F("r0", r))
	m := square{7}.Area
	Call("main.square.Area", F("s", square{7}), F("r0", m()))
}

func order() {
	r := outer(1)
	Call("main.inner", F("a", 3, "s", "outer", "n", 5), F("r0", 8))
	Call("main.middle", F("a", 2, "s", "outer"), F("r0", 16))
	Call("main.outer", F("a", 1), F("r0", r))
	n := defers(2)
	Call("main.deferred", F("a", 1, "s", "loop"), F())
	Call("main.deferred", F("a", 0, "s", "loop"), F())
	Call("main.deferred", F("a", 2, "s", "first"), F())
	Call("main.defers", F("n", 2), F("r0", n))
	// The one that was started first need not return first.
	Unordered("main.started")
	for i := 0; i < 3; i++ {
		done := make(chan bool)
		go started(i, "go", done)
		<-done
	}
	time.Sleep(50 * time.Millisecond) // the last one has yet to return
}
