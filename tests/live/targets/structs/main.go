// SPDX-License-Identifier: BSD-2-Clause

// The truth about structs: in registers, on the stack, with padding, nested, empty, embedded, behind a pointer.
package main

import (
	. "example.com/targets/truth"
)

type mixed struct {
	A int32
	B bool
	C string
	D float64
}

type mixedInts struct {
	A int32
	B bool
	C string
	D uint16
	E int64
}

type boolsAndPointer struct {
	A, B bool
	P    *point
	C    bool
}

type point struct{ X, Y int }

type small struct {
	A uint8
	B uint32
}

type bytesOnly struct{ A, B, C, D, E uint8 }

type nested struct {
	P    point
	In   small
	Name string
	Deep struct {
		A int8
		B small
	}
}

type withArrays struct {
	A int
	Z [0]int64
	B [1]uint16
	C bool
}

type withArray2 struct {
	A int
	B [2]uint16
	C bool
}

type empty struct{}

type withEmpty struct {
	A int
	E empty
	B bool
}

type endsEmpty struct {
	A int16
	E empty
}

type blanks struct {
	A int32
	_ int32
	B string
	_ [3]byte
	C bool
}

type large struct {
	A, B, C, D, E, F, G, H, I, J, K, L int
	S                                  string
}

type withSlices struct {
	Names []string
	Data  []byte
	N     []int
}

type allFloats struct {
	A float32
	B float32
	C float64
	D complex64
}

type base struct {
	ID   int
	Name string
}

type derived struct {
	base
	Extra uint8
}

type Exported struct {
	*base
	Kind string
}

type node struct {
	Val  int
	Next *node
	Name string
}

type single struct{ S string }

type wrapper struct{ W single }

type onePointer struct{ P *point }

type counter struct {
	N    int
	Name string
}

type tiny uint8

type unit struct {
	T tiny
	U int64
}

//go:noinline
func padded(m mixed) mixed { return m }

//go:noinline
func paddedInts(m mixedInts, after int) (mixedInts, int) { return m, after }

//go:noinline
func pointerBetween(b boolsAndPointer, n uint8) (boolsAndPointer, uint8) { return b, n }

//go:noinline
func points(a, b point, scale int) (point, point) {
	return point{a.X * scale, a.Y * scale}, point{b.X * scale, b.Y * scale}
}

//go:noinline
func smalls(a small, b small, c small, d small) small { return c }

//go:noinline
func manySmalls(a, b, c, d, e small, f int) (small, int) { return e, f }

//go:noinline
func fiveBytes(b bytesOnly, last int8) (bytesOnly, int8) { return b, last }

//go:noinline
func nesting(n nested) nested { return n }

//go:noinline
func arraysIn(w withArrays, s string) (withArrays, string) { return w, s }

//go:noinline
func array2In(w withArray2, s string) (withArray2, string) { return w, s }

//go:noinline
func emptyOnly(e empty, n int) (empty, int) { return e, n + 1 }

//go:noinline
func emptyIn(w withEmpty, x endsEmpty) (endsEmpty, withEmpty) { return x, w }

//go:noinline
func blankFields(b blanks) blanks { return b }

//go:noinline
func tooLarge(l large, n int) (large, int) { return l, n }

//go:noinline
func largeThenSmall(l large, p point, l2 large, s small) (small, point) { return s, p }

//go:noinline
func slicesIn(w withSlices) withSlices { return w }

//go:noinline
func floatsIn(f allFloats, n int) (int, allFloats) { return n, f }

//go:noinline
func floatsBehind(f *allFloats) *allFloats { return f }

//go:noinline
func embedded(d derived) derived { return d }

//go:noinline
func embeddedPointer(e Exported, e2 *Exported) *Exported { return e2 }

//go:noinline
func byPointer(m *mixed, p *point, n *nested) (*point, *mixed) { return p, m }

//go:noinline
func list(n *node) *node { return n.Next }

//go:noinline
func listValue(n node, deep int) node { return *n.Next }

//go:noinline
func singles(a single, b wrapper, c onePointer) (wrapper, onePointer, single) { return b, c, a }

//go:noinline
func sliceOfStructs(m []mixed, p []point) ([]point, []mixed) { return p, m }

//go:noinline
func arrayOfStructs(a [2]small, b [1]mixedInts, n int) ([1]mixedInts, int) { return b, n }

//go:noinline
func anonymous(a struct {
	X int
	Y string
}, b int) (r struct {
	Y string
	X int
}) {
	r.X, r.Y = a.X+b, a.Y
	return
}

//go:noinline
func manyResults(n int) (a point, b small, c mixedInts, d string, e bool) {
	return point{n, n + 1}, small{uint8(n), uint32(n)}, mixedInts{int32(n), true, "r", 9, int64(-n)}, "last", true
}

//go:noinline
func units(a, b, c unit) unit { return c }

//go:noinline
func changed(p *counter, n int) *counter {
	p.N += n
	p.Name += "!"
	return p
}

//go:noinline
func (m mixedInts) value(n int) (mixedInts, int) { m.A += int32(n); return m, n }

//go:noinline
func (m *mixedInts) pointer(n int, s string) string { m.A += int32(n); return s + m.C }

//go:noinline
func (p point) Scale(by int) point { return point{p.X * by, p.Y * by} }

//go:noinline
func (p *point) Move(dx, dy int) (x, y int) { p.X += dx; p.Y += dy; return p.X, p.Y }

//go:noinline
func (e empty) method(n int) int { return n * 2 }

//go:noinline
func (t tiny) method(b bool) (tiny, bool) { return t + 1, !b }

//go:noinline
func (l large) sum(extra int) int { return l.A + l.L + extra }

//go:noinline
func (b *base) Rename(to string) string { old := b.Name; b.Name = to; return old }

//go:noinline
func (b base) Label(suffix string) string { return b.Name + suffix }

//go:noinline
func (c counter) bump(step int) counter { c.N += step; return c }

//go:noinline
func (c *counter) nilReceiver(n int) bool { return c == nil && n > 0 }

type scaler interface{ Scale(by int) point }

func main() {
	Start()
	values()
	nestedOnes()
	pointersAndSlices()
	methods()
	Done()
}

func values() {
	for i, s := range []string{"", "abc", "x\x00y", "a longer string with more bytes than a register"} {
		m := mixed{int32(-i), i&1 != 0, s, float64(i) + 0.5}
		Call("main.padded", F("m", m), F("r0", padded(m)))
		mi := mixedInts{int32(i) - 2, i&1 == 0, s, 65535, -1 << 62}
		r, n := paddedInts(mi, 77)
		Call("main.paddedInts", F("m", mi, "after", 77), F("r0", r, "r1", n))
		bp := boolsAndPointer{i&1 != 0, i&2 != 0, &point{i, -i}, i > 1}
		in := F("b", bp, "n", uint8(250))
		rb, rn := pointerBetween(bp, 250)
		Call("main.pointerBetween", in, F("r0", rb, "r1", rn))
		an := struct {
			X int
			Y string
		}{i, s}
		Call("main.anonymous", F("a", an, "b", 5), F("r", anonymous(an, 5)))
	}
	bp := boolsAndPointer{true, false, nil, true}
	rb, rn := pointerBetween(bp, 1)
	Call("main.pointerBetween", F("b", bp, "n", uint8(1)), F("r0", rb, "r1", rn))
	a, b := points(point{1, -2}, point{1 << 62, -1 << 63}, 1)
	Call("main.points", F("a", point{1, -2}, "b", point{1 << 62, -1 << 63}, "scale", 1), F("r0", a, "r1", b))
	s1, s2, s3, s4 := small{1, 2}, small{255, 1<<32 - 1}, small{0, 0}, small{128, 1 << 31}
	Call("main.smalls", F("a", s1, "b", s2, "c", s3, "d", s4), F("r0", smalls(s1, s2, s3, s4)))
	s, n := manySmalls(s1, s2, s3, s4, s2, -9)
	Call("main.manySmalls", F("a", s1, "b", s2, "c", s3, "d", s4, "e", s2, "f", -9), F("r0", s, "r1", n))
	fb, l := fiveBytes(bytesOnly{1, 128, 255, 0, 77}, -128)
	Call("main.fiveBytes", F("b", bytesOnly{1, 128, 255, 0, 77}, "last", int8(-128)), F("r0", fb, "r1", l))
	u1, u2, u3 := unit{1, -1}, unit{255, 1 << 40}, unit{0, 0}
	Call("main.units", F("a", u1, "b", u2, "c", u3), F("r0", units(u1, u2, u3)))
	for i := 0; i < 3; i++ {
		a, b, c, d, e := manyResults(i)
		Call("main.manyResults", F("n", i), F("a", a, "b", b, "c", c, "d", d, "e", e))
	}
}

func nestedOnes() {
	n := nested{P: point{3, 4}, In: small{5, 6}, Name: "nest"}
	n.Deep.A, n.Deep.B = -7, small{8, 9}
	Call("main.nesting", F("n", n), F("r0", nesting(n)))
	w := withArrays{A: 1, B: [1]uint16{65535}, C: true}
	rw, s := arraysIn(w, "after")
	Call("main.arraysIn", F("w", w, "s", "after"), F("r0", rw, "r1", s))
	w2 := withArray2{1, [2]uint16{2, 65535}, true}
	rw2, s := array2In(w2, "after")
	Call("main.array2In", F("w", w2, "s", "after"), F("r0", rw2, "r1", s))
	e, i := emptyOnly(empty{}, 4)
	Call("main.emptyOnly", F("e", empty{}, "n", 4), F("r0", e, "r1", i))
	x, we := emptyIn(withEmpty{A: 5, B: true}, endsEmpty{A: -3})
	Call("main.emptyIn", F("w", withEmpty{A: 5, B: true}, "x", endsEmpty{A: -3}), F("r0", x, "r1", we))
	b := blanks{A: -1, B: "bee", C: true}
	Call("main.blankFields", F("b", b), F("r0", blankFields(b)))
	l := large{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, -12, "ell"}
	rl, i := tooLarge(l, 13)
	Call("main.tooLarge", F("l", l, "n", 13), F("r0", rl, "r1", i))
	rs, rp := largeThenSmall(l, point{1, 2}, l, small{3, 4})
	Call("main.largeThenSmall", F("l", l, "p", point{1, 2}, "l2", l, "s", small{3, 4}), F("r0", rs, "r1", rp))
	f := allFloats{0.1, -2, 3.5e200, complex(1, -1)}
	i, rf := floatsIn(f, 8)
	Call("main.floatsIn", F("f", f, "n", 8), F("r0", i, "r1", rf))
	in := F("f", &f)
	Call("main.floatsBehind", in, F("r0", floatsBehind(&f)))
	d := derived{base{42, "base"}, 7}
	Call("main.embedded", F("d", d), F("r0", embedded(d)))
	ex := Exported{&base{1, "one"}, "kind"}
	in = F("e", ex, "e2", &ex)
	Call("main.embeddedPointer", in, F("r0", embeddedPointer(ex, &ex)))
	one, two, ptr := single{"one"}, wrapper{single{"two"}}, onePointer{&point{5, 6}}
	in = F("a", one, "b", two, "c", ptr)
	r0, r1, r2 := singles(one, two, ptr)
	Call("main.singles", in, F("r0", r0, "r1", r1, "r2", r2))
}

func pointersAndSlices() {
	m, p, n := &mixed{-1, true, "see", 2.25}, &point{7, 8}, &nested{Name: "n"}
	in := F("m", m, "p", p, "n", n)
	rp, rm := byPointer(m, p, n)
	Call("main.byPointer", in, F("r0", rp, "r1", rm))
	rp, rm = byPointer(nil, nil, nil)
	Call("main.byPointer", F("m", (*mixed)(nil), "p", (*point)(nil), "n", (*nested)(nil)), F("r0", rp, "r1", rm))
	third := &node{3, nil, "third"}
	second := &node{2, third, "second"}
	first := &node{1, second, "first"}
	Call("main.list", F("n", first), F("r0", list(first)))
	Call("main.list", F("n", third), F("r0", list(third)))
	Call("main.listValue", F("n", *first, "deep", 2), F("r0", listValue(*first, 2)))
	ms, ps := []mixed{{1, true, "a", 1}, {2, false, "b", -2}}, []point{{1, 2}, {3, 4}, {5, 6}}
	a, b := sliceOfStructs(ms, ps)
	Call("main.sliceOfStructs", F("m", ms, "p", ps), F("r0", a, "r1", b))
	a, b = sliceOfStructs(nil, []point{})
	Call("main.sliceOfStructs", F("m", []mixed(nil), "p", []point{}), F("r0", a, "r1", b))
	a2, b1 := [2]small{{1, 2}, {3, 4}}, [1]mixedInts{{-1, true, "in", 2, 3}}
	r, i := arrayOfStructs(a2, b1, 5)
	Call("main.arrayOfStructs", F("a", a2, "b", b1, "n", 5), F("r0", r, "r1", i))
	w := withSlices{[]string{"a", "bb"}, []byte("data"), []int{1, -2}}
	Call("main.slicesIn", F("w", w), F("r0", slicesIn(w)))
	Call("main.slicesIn", F("w", withSlices{}), F("r0", slicesIn(withSlices{})))
	c := &counter{1, "c"}
	for i := 0; i < 3; i++ {
		in := F("p", c, "n", i)
		Call("main.changed", in, F("r0", changed(c, i)))
	}
}

func methods() {
	m := mixedInts{1, true, "em", 3, 4}
	rm, n := m.value(5)
	Call("main.mixedInts.value", F("m", m, "n", 5), F("r0", rm, "r1", n))
	in := F("m", &m, "n", 6, "s", "pre-")
	Call("main.(*mixedInts).pointer", in, F("r0", m.pointer(6, "pre-")))
	p := point{3, -4}
	Call("main.point.Scale", F("p", p, "by", 2), F("r0", p.Scale(2)))
	// Through an interface: the same body, below a wrapper that the compiler made.
	var s scaler = p
	Call("main.point.Scale", F("p", p, "by", 3), F("r0", s.Scale(3)))
	s = &p
	Call("main.point.Scale", F("p", p, "by", 4), F("r0", s.Scale(4)))
	in = F("p", &p, "dx", 10, "dy", -10)
	x, y := p.Move(10, -10)
	Call("main.(*point).Move", in, F("x", x, "y", y))
	Call("main.empty.method", F("e", empty{}, "n", 21), F("r0", empty{}.method(21)))
	t, b := tiny(254).method(true)
	Call("main.tiny.method", F("t", tiny(254), "b", true), F("r0", t, "r1", b))
	l := large{A: 1, L: 2, S: "large"}
	Call("main.large.sum", F("l", l, "extra", 3), F("r0", l.sum(3)))
	d := &derived{base{9, "old"}, 1}
	in = F("b", &d.base, "to", "new")
	Call("main.(*base).Rename", in, F("r0", d.Rename("new")))
	Call("main.base.Label", F("b", d.base, "suffix", "-x"), F("r0", d.Label("-x")))
	c := counter{5, "five"}
	Call("main.counter.bump", F("c", c, "step", -6), F("r0", c.bump(-6)))
	f := c.bump
	Call("main.counter.bump", F("c", c, "step", 1), F("r0", f(1)))
	Call("main.counter.bump", F("c", c, "step", 2), F("r0", counter.bump(c, 2)))
	Call("main.(*counter).nilReceiver", F("c", (*counter)(nil), "n", 1), F("r0", (*counter)(nil).nilReceiver(1)))
	in = F("c", &c, "n", 0)
	Call("main.(*counter).nilReceiver", in, F("r0", c.nilReceiver(0)))
}
