// SPDX-License-Identifier: BSD-2-Clause

// The truth about channels and functions: nil, empty, full, wrapped around, closed, with goroutines that wait; functions,
// closures and what they captured, method values.
package main

import (
	"runtime"
	"strings"
	"time"

	. "example.com/targets/truth"
)

type point struct{ X, Y int }

type mixed struct {
	A int8
	B string
}

type empty struct{}

type pipe chan string

type holder struct {
	In   chan int
	Out  chan<- int
	Back <-chan int
	F    func(int) int
	Name string
}

type handler func(string) (int, error)

type adder struct{ by int }

func (a adder) add(n int) int   { return a.by + n }
func (a *adder) grow(n int) int { a.by += n; return a.by }

type doer interface{ add(int) int }

//go:noinline
func ints(c chan int) chan int { return c }

//go:noinline
func strs(c chan string, n int) (int, chan string) { return n, c }

//go:noinline
func bools(a chan bool, b chan int8, c chan uint16) (chan uint16, chan bool) { return c, a }

//go:noinline
func floats(a chan float64, b chan complex64) (chan complex64, chan float64) { return b, a }

//go:noinline
func structs(c chan point) chan point { return c }

//go:noinline
func mixeds(c chan mixed) chan mixed { return c }

//go:noinline
func pointers(c chan *point) chan *point { return c }

//go:noinline
func slicesOf(c chan []int) chan []int { return c }

//go:noinline
func bytesOf(c chan []byte) chan []byte { return c }

//go:noinline
func mapsOf(c chan map[string]int) chan map[string]int { return c }

//go:noinline
func anys(c chan interface{}) chan interface{} { return c }

//go:noinline
func errs(c chan error) chan error { return c }

//go:noinline
func chansOf(c chan chan int) chan chan int { return c }

//go:noinline
func funcsOf(c chan func() int) chan func() int { return c }

//go:noinline
func empties(c chan struct{}) chan struct{} { return c }

//go:noinline
func arrays(c chan [3]int16) chan [3]int16 { return c }

//go:noinline
func large(c chan [200]byte) chan [200]byte { return c }

//go:noinline
func directions(s chan<- int, r <-chan int) (<-chan int, chan<- int) { return r, s }

//go:noinline
func named(p pipe) pipe { return p }

//go:noinline
func inSlice(s []chan int, a [2]chan string) ([2]chan string, []chan int) { return a, s }

//go:noinline
func behind(p *chan int) *chan int { return p }

//go:noinline
func inStruct(h holder) holder { return h }

//go:noinline
func structBehind(h *holder) *holder { return h }

//go:noinline
func waited(c chan int) int { return len(c) }

//go:noinline
func inAny(v interface{}) interface{} { return v }

//go:noinline
func sent(c chan int, v int) chan int { c <- v; return c }

//go:noinline
func received(c chan int) (int, bool, chan int) { v, ok := <-c; return v, ok, c }

//go:noinline
func funcs(f func(int) int) func(int) int { return f }

//go:noinline
func noArgs(f func(), g func() int) (func() int, func()) { return g, f }

//go:noinline
func manyArgs(f func(int, string, ...interface{}) (bool, error)) func(int, string, ...interface{}) (bool, error) {
	return f
}

type inner struct{ n int }

// Literals as Go itself writes them: fields that nobody else may see have no package.
//
//go:noinline
func literals(c chan struct {
	a int
	inner
	B *struct{ c string }
}, f func(struct{ x, Y int8 }) interface{ m() }, v interface{}) {
}

//go:noinline
func handlers(h handler, hs []handler) ([]handler, handler) { return hs, h }

//go:noinline
func funcsBehind(p *func(int) int) *func(int) int { return p }

//go:noinline
func makeAdder(by int) func(int) int { return func(n int) int { return n + by } }

//go:noinline
func makeCounter(start int, name string) func() (int, string) {
	return func() (int, string) { start++; return start, name }
}

//go:noinline
func makeMixed(a int8, b string, p *point, m []int) func() (int8, string, *point, []int) {
	return func() (int8, string, *point, []int) { return a, b, p, m }
}

//go:noinline
func closures(f func() (int, string)) func() (int, string) { return f }

//go:noinline
func mixedClosures(f func() (int8, string, *point, []int)) func() (int8, string, *point, []int) {
	return f
}

//go:noinline
func recursiveFunc(f func(func(int) int) func(int) int) func(func(int) int) func(int) int { return f }

func double(n int) int                                        { return 2 * n }
func nothing()                                                {}
func five() int                                               { return 5 }
func wide(n int, s string, rest ...interface{}) (bool, error) { return true, nil }
func handle(s string) (int, error)                            { return len(s), nil }
func apply(f func(int) int) func(int) int                     { return f }

func main() {
	Start()
	plain()
	kinds()
	places()
	waiting()
	functions()
	since()
	Done()
}

func plain() {
	Do("main.ints", ints, "c", nil)
	c := make(chan int)
	Channel(c, []int{}, false, 0, 0)
	Do("main.ints", ints, "c", c)
	c = make(chan int, 4)
	Channel(c, []int{}, false, 0, 0)
	Do("main.ints", ints, "c", c)
	var in []int
	// Filled, emptied by some, filled again: what is oldest moves around the ring.
	for i := 0; i < 11; i++ {
		if len(in) == 4 {
			<-c
			<-c
			<-c
			in = in[3:]
		}
		c <- i * 10
		in = append(in, i*10)
		Channel(c, in, false, 0, 0)
		Do("main.ints", ints, "c", c)
	}
	close(c)
	Channel(c, in, true, 0, 0)
	Do("main.ints", ints, "c", c)
	for range in {
		<-c
	}
	Channel(c, []int{}, true, 0, 0)
	Do("main.ints", ints, "c", c)
	c = make(chan int, 1000)
	in = nil
	for i := 0; i < 700; i++ {
		c <- -i
		in = append(in, -i)
	}
	Channel(c, in, false, 0, 0)
	Do("main.ints", ints, "c", c)
	// The oldest are far behind the buffer's start, and then around its end.
	for i := 0; i < 650; i++ {
		<-c
	}
	Channel(c, in[650:], false, 0, 0)
	Do("main.ints", ints, "c", c)
	for i := 700; i < 1340; i++ {
		c <- -i
		in = append(in, -i)
	}
	for i := 650; i < 993; i++ {
		<-c
	}
	Channel(c, in[993:], false, 0, 0)
	Do("main.ints", ints, "c", c)
	c = make(chan int)
	close(c)
	Channel(c, []int{}, true, 0, 0)
	Do("main.ints", ints, "c", c)
}

func kinds() {
	s := make(chan string, 3)
	s <- "one"
	s <- ""
	s <- "\xffbad"
	Channel(s, []string{"one", "", "\xffbad"}, false, 0, 0)
	Do("main.strs", strs, "c,n", s, 5)
	Do("main.strs", strs, "c,n", nil, 6)
	b, i8, u16 := make(chan bool, 3), make(chan int8, 2), make(chan uint16, 1)
	b <- true
	b <- false
	i8 <- -8
	u16 <- 65535
	Channel(b, []bool{true, false}, false, 0, 0)
	Channel(i8, []int8{-8}, false, 0, 0)
	Channel(u16, []uint16{65535}, false, 0, 0)
	Do("main.bools", bools, "a,b,c", b, i8, u16)
	f, x := make(chan float64, 2), make(chan complex64, 2)
	f <- 0.1
	x <- 1 - 2i
	Channel(f, []float64{0.1}, false, 0, 0)
	Channel(x, []complex64{1 - 2i}, false, 0, 0)
	Do("main.floats", floats, "a,b", f, x)
	p := make(chan point, 2)
	p <- point{1, -1}
	Channel(p, []point{{1, -1}}, false, 0, 0)
	Do("main.structs", structs, "c", p)
	m := make(chan mixed, 5)
	m <- mixed{1, "one"}
	m <- mixed{}
	Channel(m, []mixed{{1, "one"}, {}}, false, 0, 0)
	Do("main.mixeds", mixeds, "c", m)
	q := make(chan *point, 3)
	at := &point{3, 4}
	q <- at
	q <- nil
	Channel(q, []*point{at, nil}, false, 0, 0)
	Do("main.pointers", pointers, "c", q)
	sl := make(chan []int, 2)
	numbers := []int{1, 2}
	sl <- numbers
	sl <- nil
	Channel(sl, [][]int{numbers, nil}, false, 0, 0)
	Do("main.slicesOf", slicesOf, "c", sl)
	by := make(chan []byte, 2)
	text := []byte("text")
	by <- text
	Channel(by, [][]byte{text}, false, 0, 0)
	Do("main.bytesOf", bytesOf, "c", by)
	mp := make(chan map[string]int, 2)
	one := map[string]int{"k": 1}
	mp <- one
	Channel(mp, []map[string]int{one}, false, 0, 0)
	Do("main.mapsOf", mapsOf, "c", mp)
	an := make(chan interface{}, 4)
	values := []interface{}{1, "s", nil, at}
	for _, v := range values {
		an <- v
	}
	Channel(an, values, false, 0, 0)
	Do("main.anys", anys, "c", an)
	er := make(chan error, 1)
	er <- nil
	Channel(er, []error{nil}, false, 0, 0)
	Do("main.errs", errs, "c", er)
	cc := make(chan chan int, 1)
	in := make(chan int, 2)
	in <- 7
	Channel(in, []int{7}, false, 0, 0)
	cc <- in
	Channel(cc, []chan int{in}, false, 0, 0)
	Do("main.chansOf", chansOf, "c", cc)
	fu := make(chan func() int, 1)
	fu <- five
	Channel(fu, []func() int{five}, false, 0, 0)
	Do("main.funcsOf", funcsOf, "c", fu)
	em := make(chan struct{}, 3)
	em <- struct{}{}
	em <- struct{}{}
	Channel(em, []struct{}{{}, {}}, false, 0, 0)
	Do("main.empties", empties, "c", em)
	ar := make(chan [3]int16, 2)
	ar <- [3]int16{1, 2, -3}
	Channel(ar, [][3]int16{{1, 2, -3}}, false, 0, 0)
	Do("main.arrays", arrays, "c", ar)
	la := make(chan [200]byte, 2)
	big := [200]byte{0: 1, 199: 2}
	la <- big
	Channel(la, [][200]byte{big}, false, 0, 0)
	Do("main.large", large, "c", la)
}

func places() {
	c, d := make(chan int, 2), make(chan int, 3)
	c <- 1
	Channel(c, []int{1}, false, 0, 0)
	Channel(d, []int{}, false, 0, 0)
	Do("main.directions", directions, "s,r", c, c)
	Do("main.directions", directions, "s,r", nil, d)
	n := make(pipe, 1)
	Channel(n, []string{}, false, 0, 0)
	Do("main.named", named, "p", n)
	Do("main.inSlice", inSlice, "s,a", []chan int{c, nil, d}, [2]chan string{nil, n})
	Do("main.behind", behind, "p", &c)
	var none chan int
	Do("main.behind", behind, "p", &none)
	h := holder{c, d, c, double, "h"}
	Do("main.inStruct", inStruct, "h", h)
	Do("main.inStruct", inStruct, "h", holder{})
	Do("main.structBehind", structBehind, "h", &h)
	Do("main.inAny", inAny, "v", c)
	Do("main.inAny", inAny, "v", n)
	Do("main.inAny", inAny, "v", double)
}

// parked waits until n goroutines wait in that state.
func parked(state string, n int) {
	buf := make([]byte, 1<<20)
	for i := 0; i < 2000; i++ {
		if strings.Count(string(buf[:runtime.Stack(buf, true)]), "["+state) >= n {
			return
		}
		time.Sleep(time.Millisecond)
	}
	panic("nobody waits: " + state)
}

func waiting() {
	c := make(chan int)
	for i := 0; i < 3; i++ {
		go func() { <-c }()
	}
	parked("chan receive", 3)
	Channel(c, []int{}, false, 0, 3)
	Do("main.ints", ints, "c", c)
	Do("main.waited", waited, "c", c)
	for i := 0; i < 3; i++ {
		c <- i
	}
	f := make(chan int, 2)
	f <- 1
	f <- 2
	for i := 0; i < 40; i++ {
		go func() { f <- 3 }()
	}
	parked("chan send", 40)
	Channel(f, []int{1, 2}, false, 40, 0)
	Do("main.ints", ints, "c", f)
	for i := 0; i < 42; i++ {
		<-f
	}
	a, b := make(chan int), make(chan int)
	Channel(a, []int{}, false, 0, 0)
	for i := 0; i < 2; i++ {
		go func() {
			select {
			case <-a:
			case b <- 1:
			}
		}()
	}
	parked("select", 2)
	Channel(a, []int{}, false, 0, 2)
	Channel(b, []int{}, false, 2, 0)
	Do("main.ints", ints, "c", a)
	Do("main.ints", ints, "c", b)
	<-b
	<-b
	s := make(chan int, 3)
	Channel(s, []int{}, false, 0, 0)
	s <- 5
	Channel(s, []int{5}, false, 0, 0)
	Do("main.waited", waited, "c", s)
	for i := 0; i < 2; i++ {
		in := F("c", s, "v", i)
		Channel(s, append([]int{5, 0, 1}[:i+1], i), false, 0, 0)
		r := sent(s, i)
		Call("main.sent", in, F("r0", r))
	}
	in := F("c", s)
	Channel(s, []int{0, 1}, false, 0, 0)
	v, ok, r := received(s)
	Call("main.received", in, F("r0", v, "r1", ok, "r2", r))
}

func functions() {
	Do("main.funcs", funcs, "f", nil)
	Do("main.funcs", funcs, "f", double)
	Do("main.noArgs", noArgs, "f,g", nothing, five)
	Do("main.noArgs", noArgs, "f,g", nil, nil)
	Do("main.manyArgs", manyArgs, "f", wide)
	Do("main.literals", literals, "c,f,v", nil, nil, struct{ b, C int }{1, 2})
	Do("main.literals", literals, "c,f,v", make(chan struct {
		a int
		inner
		B *struct{ c string }
	}, 3), func(struct{ x, Y int8 }) interface{ m() } { return nil }, map[struct{ d bool }]*inner{})
	Do("main.handlers", handlers, "h,hs", handle, []handler{handle, nil})
	Do("main.recursiveFunc", recursiveFunc, "f", apply)
	by := 7
	f := func(n int) int { return n + by }
	Captured(&f, "by", 7)
	Do("main.funcs", funcs, "f", f)
	Do("main.funcsBehind", funcsBehind, "p", &f)
	Do("main.makeAdder", makeAdder, "by", 9)
	g := makeCounter(41, "count")
	g()
	Captured(&g, "start", 42, "name", "count")
	Do("main.closures", closures, "f", g)
	p, m := &point{1, 2}, []int{3, 4}
	x := makeMixed(-3, "three", p, m)
	Captured(&x, "a", int8(-3), "b", "three", "p", p, "m", m)
	Do("main.mixedClosures", mixedClosures, "f", x)
	a := adder{5}
	Do("main.funcs", funcs, "f", a.add)
	Do("main.funcs", funcs, "f", a.grow)
	var d doer = a
	Do("main.funcs", funcs, "f", d.add)
	Do("main.funcs", funcs, "f", func(n int) int { return n })
}
