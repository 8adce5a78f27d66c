// SPDX-License-Identifier: BSD-2-Clause

// The truth about what lies behind pointers and slices: chains, cycles, pointers into nowhere, slices of everything,
// embedded, anonymous, empty and zero-size things, atomics and locks.
package main

import (
	"sync"
	"sync/atomic"
	"syscall"
	"unsafe"

	. "example.com/targets/truth"
)

type node struct {
	Name string
	Next *node
}

type ring struct {
	N    int
	Next *ring
	Prev *ring
}

type tree struct {
	Key         int
	Left, Right *tree
	Label       string
}

type self *self

type selfSlice []selfSlice

type leaf struct {
	A int8
	S string
}

type holder struct {
	P  *leaf
	PP **leaf
	Q  *[]leaf
	R  *[2]*leaf
	S  *string
	I  *int
}

type level1 struct{ L *level2 }
type level2 struct {
	N int
	L *level3
}
type level3 struct {
	S string
	L *level4
}
type level4 struct {
	B bool
	L *level5
}
type level5 struct{ End string }

type empty struct{}

type base struct {
	ID   int
	name string
}

type middle struct {
	base
	*leaf
	Flag bool
}

type top struct {
	middle
	Extra []string
}

type anonymous struct {
	In struct {
		X, Y int16
		Deep struct{ Z *leaf }
	}
	List []struct {
		K string
		V int
	}
	P *struct{ Only float64 }
}

type zeros struct {
	A [0]int
	B int32
	C [0]string
	D empty
	E [3]empty
	F uint8
}

type counters struct {
	A  int64
	B  uint32
	mu sync.Mutex
	rw sync.RWMutex
	on sync.Once
	wg sync.WaitGroup
	v  atomic.Value
	m  sync.Map
}

type bits uint8

type row struct {
	Cells []cell
	Name  *string
}

type cell struct {
	X, Y int
	Tag  string
}

type wide struct {
	A, B, C, D *leaf
	E, F, G, H []string
	I, J       map[string]int
	K          [4]*leaf
}

//go:noinline
func onePointer(p *int) *int { return p }

//go:noinline
func pointerToString(p *string, q *bool, r *float64) (*float64, *string) { return r, p }

//go:noinline
func twoPointers(p **int) **int { return p }

//go:noinline
func threePointers(p ***leaf) ***leaf { return p }

//go:noinline
func sixPointers(p ******int) *****int { return *p }

//go:noinline
func chain(n *node) *node { return n.Next }

//go:noinline
func chainByValue(n node, k int) node { return n }

//go:noinline
func cycleOfOne(n *node) *node { return n }

//go:noinline
func cycleOfTwo(r *ring) (*ring, int) { return r.Next, r.N }

//go:noinline
func selfPointer(s self) self { return s }

//go:noinline
func sliceOfItself(s selfSlice) selfSlice { return s }

//go:noinline
func treeOf(t *tree) *tree { return t.Left }

//go:noinline
func treeByValue(t tree) tree { return t }

//go:noinline
func sharedTwice(a, b *leaf) (*leaf, *leaf) { return b, a }

//go:noinline
func allPointers(h holder) holder { return h }

//go:noinline
func allPointersBehind(h *holder) *holder { return h }

//go:noinline
func levels(l level1) level1 { return l }

//go:noinline
func levelsBehind(l *level1) *level2 { return l.L }

//go:noinline
func intoNowhere(p *leaf, after int) (*leaf, int) { return p, after }

//go:noinline
func nowhereInside(h holder) holder { return h }

//go:noinline
func nowhereString(s string, n int) (string, int) { return s, n }

//go:noinline
func nowhereSlice(s []cell, n int) ([]cell, int) { return s, n }

//go:noinline
func nowhereBytes(b []byte) []byte { return b }

//go:noinline
func nowhereNode(n *node) *node { return n.Next }

//go:noinline
func acrossTheEdge(s string) string { return s }

//go:noinline
func slicesOfStrings(s []string) []string { return s }

//go:noinline
func slicesOfSlices(s [][]int) [][]int { return s }

//go:noinline
func slicesOfThree(s [][][]string) [][][]string { return s }

//go:noinline
func slicesOfBytes(s [][]byte) [][]byte { return s }

//go:noinline
func slicesOfPointers(s []*leaf) []*leaf { return s }

//go:noinline
func slicesOfPointersToPointers(s []**leaf) []**leaf { return s }

//go:noinline
func slicesOfArrays(s [][3]int16) [][3]int16 { return s }

//go:noinline
func slicesOfBools(s []bool, t []int8) ([]int8, []bool) { return t, s }

//go:noinline
func slicesOfFloats(s []float64, t []float32) ([]float32, []float64) { return t, s }

//go:noinline
func slicesOfComplex(s []complex128, t []complex64) ([]complex64, []complex128) { return t, s }

//go:noinline
func slicesOfUints(a []uint16, b []uint32, c []uint64, d []uintptr) ([]uint64, []uintptr) {
	return c, d
}

//go:noinline
func slicesOfEmpty(s []empty, t [][0]int) ([][0]int, []empty) { return t, s }

//go:noinline
func slicesOfRows(s []row) []row { return s }

//go:noinline
func pointerToSlice(p *[]cell) *[]cell { return p }

//go:noinline
func pointerToArray(p *[4]cell, q *[0]int) (*[0]int, *[4]cell) { return q, p }

//go:noinline
func sliceWindow(s []int, t []int) ([]int, []int) { return s[1:2:2], t[:0] }

//go:noinline
func longSlices(s []int, t []string) ([]string, []int) { return t, s }

//go:noinline
func namedBytes(b []bits) []bits { return b }

//go:noinline
func byteText(b []byte) []byte { return b }

//go:noinline
func byteHex(b []byte, c [4]byte) ([4]byte, []byte) { return c, b }

//go:noinline
func byteRunes(r []rune, b []int32) ([]int32, []rune) { return b, r }

//go:noinline
func badStrings(a, b, c string) (string, string) { return c, b }

//go:noinline
func stringsBehind(a *string, b []*string) ([]*string, *string) { return b, a }

//go:noinline
func arraysOfArrays(a [2][3]int8, b [2][2]string) ([2][2]string, [2][3]int8) { return b, a }

//go:noinline
func arraysOfPointers(a [3]*leaf) [3]*leaf { return a }

//go:noinline
func arrayOfOne(a [1]string, b [1]*node) ([1]*node, [1]string) { return b, a }

//go:noinline
func embedded(t top) top { return t }

//go:noinline
func embeddedBehind(t *top) *middle { return &t.middle }

//go:noinline
func anonymousStructs(a anonymous) anonymous { return a }

//go:noinline
func anonymousBehind(a *anonymous) *anonymous { return a }

//go:noinline
func emptyStructs(a empty, b *empty, c struct{}, n int) (int, *empty, empty) { return n, b, a }

//go:noinline
func zeroSizes(z zeros, a [0]string, n int) (zeros, int) { return z, n }

//go:noinline
func zeroSizesBehind(z *zeros) *zeros { return z }

//go:noinline
func unsafePointers(p unsafe.Pointer, q *unsafe.Pointer, u uintptr) (uintptr, unsafe.Pointer) {
	return u, p
}

//go:noinline
func locks(m *sync.Mutex, r *sync.RWMutex) (*sync.RWMutex, *sync.Mutex) { return r, m }

//go:noinline
func onceAndGroup(o *sync.Once, w *sync.WaitGroup) (*sync.WaitGroup, *sync.Once) { return w, o }

//go:noinline
func atomicValues(v *atomic.Value, n *int64, u *uint32) (*uint32, *atomic.Value) { return u, v }

//go:noinline
func countersBehind(c *counters) *counters { return c }

//go:noinline
func wideStruct(w *wide) *wide { return w }

//go:noinline
func mapsInside(m []map[string]int, n struct{ M map[int]bool }) (struct{ M map[int]bool }, []map[string]int) {
	return n, m
}

//go:noinline
func (n *node) last(depth int) *node { return n.Next }

//go:noinline
func (h holder) value(k int) (holder, int) { return h, k }

//go:noinline
func (t *tree) insert(key int, label string) *tree {
	if t == nil {
		return &tree{Key: key, Label: label}
	}
	t.Right = &tree{Key: key, Label: label}
	return t
}

func main() {
	Start()
	pointers()
	nowhere()
	slices()
	bytes()
	structs()
	since()
	atomicsOfAny()
	Done()
}

func pointers() {
	n, s, b, f := 42, "behind", true, -2.5
	pn := &n
	ppn := &pn
	Do("main.onePointer", onePointer, "p", pn)
	Do("main.onePointer", onePointer, "p", nil)
	Do("main.pointerToString", pointerToString, "p,q,r", &s, &b, &f)
	Do("main.pointerToString", pointerToString, "p,q,r", nil, &b, nil)
	Do("main.twoPointers", twoPointers, "p", ppn)
	var none *int
	Do("main.twoPointers", twoPointers, "p", &none)
	l := &leaf{-3, "leaf"}
	pl := &l
	Do("main.threePointers", threePointers, "p", &pl)
	p3 := &ppn
	p4 := &p3
	p5 := &p4
	Do("main.sixPointers", sixPointers, "p", &p5)

	c4 := &node{"four", nil}
	c3 := &node{"three", c4}
	c2 := &node{"two", c3}
	c1 := &node{"one", c2}
	for n := c1; n.Next != nil; n = n.Next {
		Do("main.chain", chain, "n", n)
	}
	Do("main.chain", chain, "n", c4)
	Do("main.chainByValue", chainByValue, "n,k", *c1, 7)
	Do("main.(*node).last", (*node).last, "n,depth", c1, 3)
	var long *node
	for i := 0; i < 40; i++ {
		long = &node{string(rune('a' + i%26)), long}
	}
	Do("main.chain", chain, "n", long)

	loop := &node{"loop", nil}
	loop.Next = loop
	Do("main.cycleOfOne", cycleOfOne, "n", loop)
	r1, r2 := &ring{N: 1}, &ring{N: 2}
	r1.Next, r2.Next, r1.Prev, r2.Prev = r2, r1, r2, r1
	Do("main.cycleOfTwo", cycleOfTwo, "r", r1)
	var me self
	me = &me
	Do("main.selfPointer", selfPointer, "s", me)
	Do("main.selfPointer", selfPointer, "s", nil)
	ss := selfSlice{nil, nil}
	ss[0] = ss
	Do("main.sliceOfItself", sliceOfItself, "s", ss)
	Do("main.sliceOfItself", sliceOfItself, "s", selfSlice{{}, {{}, nil}})

	t := &tree{8, &tree{3, &tree{1, nil, nil, "1"}, nil, "3"}, &tree{10, nil, &tree{14, nil, nil, "14"}, "10"}, "8"}
	Do("main.treeOf", treeOf, "t", t)
	Do("main.treeByValue", treeByValue, "t", *t)
	Do("main.(*tree).insert", (*tree).insert, "t,key,label", t.Left, 5, "five")
	Do("main.(*tree).insert", (*tree).insert, "t,key,label", nil, 6, "six")
	Do("main.sharedTwice", sharedTwice, "a,b", l, l)
	Do("main.sharedTwice", sharedTwice, "a,b", nil, l)

	h := holder{l, pl, &[]leaf{{1, "q"}, {2, ""}}, &[2]*leaf{nil, l}, &s, &n}
	Do("main.allPointers", allPointers, "h", h)
	Do("main.allPointers", allPointers, "h", holder{})
	Do("main.allPointersBehind", allPointersBehind, "h", &h)
	Do("main.holder.value", holder.value, "h,k", h, 9)
	lv := level1{&level2{2, &level3{"three", &level4{true, &level5{"end"}}}}}
	Do("main.levels", levels, "l", lv)
	Do("main.levelsBehind", levelsBehind, "l", &lv)
}

// nowhere has pointers into pages that nobody may read, and one page before them that everybody may.
func nowhere() {
	const page = 4096
	mem, err := syscall.Mmap(-1, 0, 3*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		panic(err)
	}
	for i := range mem[:page] {
		mem[i] = byte('a' + i%26)
	}
	start := uintptr(unsafe.Pointer(&mem[0]))
	bad := unsafe.Pointer(&mem[page+64])
	if err := syscall.Mprotect(mem[page:], syscall.PROT_NONE); err != nil {
		panic(err)
	}
	Nowhere(start+page, start+3*page)

	text := struct {
		p unsafe.Pointer
		n int
	}{bad, 40}
	list := struct {
		p    unsafe.Pointer
		n, c int
	}{bad, 5, 6}
	Do("main.intoNowhere", intoNowhere, "p,after", (*leaf)(bad), 77)
	l := &leaf{1, "fine"}
	gone := (*leaf)(bad)
	h := holder{P: l, PP: &gone, Q: (*[]leaf)(bad), R: &[2]*leaf{gone, l}, S: (*string)(bad)}
	Do("main.nowhereInside", nowhereInside, "h", h)
	Do("main.nowhereString", nowhereString, "s,n", *(*string)(unsafe.Pointer(&text)), 3)
	Do("main.nowhereSlice", nowhereSlice, "s,n", *(*[]cell)(unsafe.Pointer(&list)), 4)
	Do("main.nowhereBytes", nowhereBytes, "b", *(*[]byte)(unsafe.Pointer(&list)))
	Do("main.nowhereNode", nowhereNode, "n", &node{"here", (*node)(bad)})
	text.p, text.n = unsafe.Pointer(&mem[page-10]), 30
	Do("main.acrossTheEdge", acrossTheEdge, "s", *(*string)(unsafe.Pointer(&text)))
	text.p, text.n = unsafe.Pointer(&mem[page-10]), 10
	Do("main.acrossTheEdge", acrossTheEdge, "s", *(*string)(unsafe.Pointer(&text)))
	if err := syscall.Munmap(mem); err != nil {
		panic(err)
	}
	Nowhere(start, start+page)
	Do("main.intoNowhere", intoNowhere, "p,after", (*leaf)(bad), 78)
	Do("main.nowhereNode", nowhereNode, "n", &node{"there", (*node)(bad)})
}

func slices() {
	l := &leaf{9, "nine"}
	Do("main.slicesOfStrings", slicesOfStrings, "s", []string{"", "a", "\xff\xfe", "nul\x00in", "ünï"})
	Do("main.slicesOfStrings", slicesOfStrings, "s", []string(nil))
	Do("main.slicesOfSlices", slicesOfSlices, "s", [][]int{{1, 2}, nil, {}, {-3}})
	Do("main.slicesOfThree", slicesOfThree, "s", [][][]string{{{"x"}, {"y", "z"}}, nil, {nil, {}}})
	Do("main.slicesOfBytes", slicesOfBytes, "s", [][]byte{[]byte("text"), {0, 1, 2}, nil, {}})
	Do("main.slicesOfPointers", slicesOfPointers, "s", []*leaf{l, nil, {1, "one"}})
	Do("main.slicesOfPointersToPointers", slicesOfPointersToPointers, "s", []**leaf{&l, nil})
	Do("main.slicesOfArrays", slicesOfArrays, "s", [][3]int16{{1, 2, 3}, {-1, -2, -3}})
	Do("main.slicesOfBools", slicesOfBools, "s,t", []bool{true, false}, []int8{-128, 127})
	Do("main.slicesOfFloats", slicesOfFloats, "s,t", []float64{0.1, -1e300, 0}, []float32{0.1, 3e38})
	Do("main.slicesOfComplex", slicesOfComplex, "s,t", []complex128{1 + 2i, -0.5i}, []complex64{3, 4i})
	Do("main.slicesOfUints", slicesOfUints, "a,b,c,d", []uint16{65535}, []uint32{1 << 31}, []uint64{1<<64 - 1},
		[]uintptr{0, 16})
	Do("main.slicesOfEmpty", slicesOfEmpty, "s,t", []empty{{}, {}}, [][0]int{{}})
	one, two := "one", "two"
	rows := []row{{[]cell{{1, 2, "a"}, {3, 4, "b"}}, &one}, {nil, nil}, {[]cell{}, &two}}
	Do("main.slicesOfRows", slicesOfRows, "s", rows)
	cells := []cell{{5, 6, "c"}}
	Do("main.pointerToSlice", pointerToSlice, "p", &cells)
	Do("main.pointerToSlice", pointerToSlice, "p", nil)
	Do("main.pointerToArray", pointerToArray, "p,q", &[4]cell{{1, 1, "x"}, {}, {2, 2, ""}}, &[0]int{})
	numbers := []int{1, 2, 3, 4, 5}
	Do("main.sliceWindow", sliceWindow, "s,t", numbers[1:4], numbers[4:])
	var many []int
	var words []string
	for i := 0; i < 1000; i++ {
		many = append(many, i*i)
		words = append(words, string(rune('A'+i%26)))
	}
	for _, n := range []int{15, 16, 17, 1000} {
		Do("main.longSlices", longSlices, "s,t", many[:n], words[:n])
	}
	Do("main.arraysOfArrays", arraysOfArrays, "a,b", [2][3]int8{{1, 2, 3}, {4, 5, 6}}, [2][2]string{{"a", ""}, {"c", "d"}})
	Do("main.arraysOfPointers", arraysOfPointers, "a", [3]*leaf{l, nil, l})
	Do("main.arrayOfOne", arrayOfOne, "a,b", [1]string{"solo"}, [1]*node{{"n", &node{"m", nil}}})
	m := map[string]int{"k": 1}
	Do("main.mapsInside", mapsInside, "m,n", []map[string]int{m, nil, {}}, struct{ M map[int]bool }{map[int]bool{3: true}})
}

func bytes() {
	Do("main.namedBytes", namedBytes, "b", []bits{1, 2, 255})
	for _, b := range [][]byte{nil, {}, []byte("plain text\n"), []byte("tab\tünïcode"), {0}, {0xff, 0x41}, {0x7f, 'a'},
		make([]byte, 300)} {
		Do("main.byteText", byteText, "b", b)
		Do("main.byteHex", byteHex, "b,c", b, [4]byte{1, 'a', 0, 255})
	}
	Do("main.byteRunes", byteRunes, "r,b", []rune("héllo"), []int32{-1})
	for _, s := range []string{"\xff", "a\x00b", "\xe2\x82", "ok\xc0\xaf", "\u2028\u2029", "quote\"back\\slash", "\x1b[0m",
		"\xed\xa0\x80", "\xf4\x90\x80\x80"} {
		t := s + s
		Do("main.badStrings", badStrings, "a,b,c", s, t, "good")
		Do("main.stringsBehind", stringsBehind, "a,b", &s, []*string{&t, nil, &s})
	}
}

func structs() {
	l := &leaf{5, "five"}
	tp := top{middle{base{1, "base"}, l, true}, []string{"x"}}
	Do("main.embedded", embedded, "t", tp)
	Do("main.embedded", embedded, "t", top{})
	Do("main.embeddedBehind", embeddedBehind, "t", &tp)
	var a anonymous
	Do("main.anonymousStructs", anonymousStructs, "a", a)
	a.In.X, a.In.Y, a.In.Deep.Z = 1, -2, l
	a.List = append(a.List, struct {
		K string
		V int
	}{"k", 5})
	a.P = &struct{ Only float64 }{1.25}
	Do("main.anonymousStructs", anonymousStructs, "a", a)
	Do("main.anonymousBehind", anonymousBehind, "a", &a)
	Do("main.emptyStructs", emptyStructs, "a,b,c,n", empty{}, &empty{}, struct{}{}, 3)
	Do("main.emptyStructs", emptyStructs, "a,b,c,n", empty{}, nil, struct{}{}, 4)
	z := zeros{B: 6, F: 7}
	Do("main.zeroSizes", zeroSizes, "z,a,n", z, [0]string{}, 8)
	Do("main.zeroSizesBehind", zeroSizesBehind, "z", &z)
	p := unsafe.Pointer(l)
	Do("main.unsafePointers", unsafePointers, "p,q,u", p, &p, uintptr(1<<40))
	Do("main.unsafePointers", unsafePointers, "p,q,u", nil, nil, uintptr(0))

	var held, free sync.Mutex
	var r sync.RWMutex
	held.Lock()
	r.RLock()
	Do("main.locks", locks, "m,r", &held, &r)
	Do("main.locks", locks, "m,r", &free, nil)
	var o sync.Once
	var w sync.WaitGroup
	w.Add(3)
	Do("main.onceAndGroup", onceAndGroup, "o,w", &o, &w)
	o.Do(func() {})
	w.Done()
	Do("main.onceAndGroup", onceAndGroup, "o,w", &o, &w)
	var v atomic.Value
	n, u := int64(-5), uint32(6)
	Do("main.atomicValues", atomicValues, "v,n,u", &v, &n, &u)
	v.Store("stored")
	Do("main.atomicValues", atomicValues, "v,n,u", &v, &n, &u)
	c := &counters{A: 1, B: 2}
	c.v.Store(leaf{3, "in"})
	c.mu.Lock()
	Do("main.countersBehind", countersBehind, "c", c)
	x := &wide{A: l, D: &leaf{6, "six"}, E: []string{"e"}, H: []string{"h", "i"}, I: map[string]int{"i": 1}}
	x.K[2] = l
	Do("main.wideStruct", wideStruct, "w", x)
}
