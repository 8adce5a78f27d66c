// SPDX-License-Identifier: BSD-2-Clause

//go:build go1.18
// +build go1.18

// The truth about generic functions and methods. Their compiled bodies are shared by shape and take a hidden
// dictionary; the program that wrote them sees neither.
package main

import (
	. "example.com/targets/truth"
)

type number interface {
	~int | ~int8 | ~uint16 | ~int64 | ~float64
}

type ordered interface {
	~int | ~uint16 | ~string | ~float64
}

type celsius float64
type id uint16
type word string

type point struct{ X, Y int }

type pair[K comparable, V any] struct {
	Key K
	Val V
}

type list[T any] struct {
	items []T
	name  string
}

type tree[T ordered] struct {
	Val         T
	Left, Right *tree[T]
}

type box[T any] struct{ V T }

type stringer interface{ Text() string }

func (p point) Text() string { return "point" }

//go:noinline
func maxOf[T ordered](a, b T) T {
	if a > b {
		return a
	}
	return b
}

//go:noinline
func sum[T number](first T, xs ...T) (total T) {
	total = first
	for _, x := range xs {
		total += x
	}
	return total
}

//go:noinline
func identity[T any](v T) T { return v }

//go:noinline
func second[A, B any](a A, b B, n int) (B, int) { return b, n }

//go:noinline
func makePair[K comparable, V any](k K, v V) pair[K, V] { return pair[K, V]{k, v} }

//go:noinline
func swap[K comparable, V comparable](p pair[K, V], tag string) (pair[V, K], string) {
	return pair[V, K]{p.Val, p.Key}, tag
}

//go:noinline
func pointerTo[T any](p *T, n int8) (*T, int8) { return p, n }

//go:noinline
func filter[T any](xs []T, keep func(T) bool) (kept []T) {
	for _, x := range xs {
		if keep(x) {
			kept = append(kept, x)
		}
	}
	return
}

//go:noinline
func apply[T, R any](x T, f func(T) R) R { return f(x) }

//go:noinline
func texts[T stringer](xs []T, sep string) (all string) {
	for _, x := range xs {
		all += x.Text() + sep
	}
	return all
}

//go:noinline
func noTypeArgument[T any](n int, s string) (string, int) {
	var zero T
	if any(zero) != nil {
		return s, n
	}
	return s + "?", n + 1
}

//go:noinline
func (l *list[T]) Push(v T) int {
	l.items = append(l.items, v)
	return len(l.items)
}

//go:noinline
func (l list[T]) At(i int, otherwise T) (T, bool) {
	if i < 0 || i >= len(l.items) {
		return otherwise, false
	}
	return l.items[i], true
}

//go:noinline
func (b box[T]) With(v T, n uint8) (box[T], uint8) { return box[T]{v}, n }

//go:noinline
func (p *pair[K, V]) Set(k K, v V) (old V) {
	old = p.Val
	p.Key, p.Val = k, v
	return old
}

//go:noinline
func (t *tree[T]) Insert(v T) *tree[T] {
	switch {
	case t == nil:
		return &tree[T]{Val: v}
	case v < t.Val:
		t.Left = t.Left.Insert(v)
	default:
		t.Right = t.Right.Insert(v)
	}
	return t
}

// An ordinary function beside them, to see that it gets no dictionary.
//
//go:noinline
func plain(n int, s string) (string, int) { return s, n }

func functions() {
	Call("main.maxOf", F("a", 3, "b", -5), F("r0", maxOf(3, -5)))
	Call("main.maxOf", F("a", id(3), "b", id(65535)), F("r0", maxOf(id(3), id(65535))))
	Call("main.maxOf", F("a", "abc", "b", "abd"), F("r0", maxOf("abc", "abd")))
	Call("main.maxOf", F("a", word("x"), "b", word("")), F("r0", maxOf(word("x"), word(""))))
	Call("main.maxOf", F("a", 2.5, "b", -2.5), F("r0", maxOf(2.5, -2.5)))
	Call("main.sum", F("first", 1, "xs", []int{2, -3}), F("total", sum(1, 2, -3)))
	Call("main.sum", F("first", int8(100), "xs", []int8{27, 1}), F("total", sum(int8(100), 27, 1)))
	Call("main.sum", F("first", celsius(0.5), "xs", []celsius{1, 2}), F("total", sum(celsius(0.5), 1, 2)))
	Call("main.sum", F("first", int64(1)<<62, "xs", []int64(nil)), F("total", sum(int64(1)<<62)))
	Call("main.identity", F("v", 42), F("r0", identity(42)))
	Call("main.identity", F("v", "text"), F("r0", identity("text")))
	Call("main.identity", F("v", point{1, -2}), F("r0", identity(point{1, -2})))
	Call("main.identity", F("v", []string{"a", "b"}), F("r0", identity([]string{"a", "b"})))
	Call("main.identity", F("v", [2]int16{1, -1}), F("r0", identity([2]int16{1, -1})))
	Call("main.identity", F("v", true), F("r0", identity(true)))
	Call("main.identity", F("v", box[int8]{-8}), F("r0", identity(box[int8]{-8})))
	p := &point{5, 6}
	in := F("v", p)
	Call("main.identity", in, F("r0", identity(p)))
	b, n := second(uint8(7), "b", 9)
	Call("main.second", F("a", uint8(7), "b", "b", "n", 9), F("r0", b, "r1", n))
	c, n := second("a", point{3, 4}, 10)
	Call("main.second", F("a", "a", "b", point{3, 4}, "n", 10), F("r0", c, "r1", n))
	Call("main.makePair", F("k", "key", "v", 5), F("r0", makePair("key", 5)))
	Call("main.makePair", F("k", int32(-1), "v", []byte("val")), F("r0", makePair(int32(-1), []byte("val"))))
	q, tag := swap(pair[string, int]{"k", 1}, "tag")
	Call("main.swap", F("p", pair[string, int]{"k", 1}, "tag", "tag"), F("r0", q, "r1", tag))
	in = F("p", p, "n", int8(-1))
	pp, i8 := pointerTo(p, -1)
	Call("main.pointerTo", in, F("r0", pp, "r1", i8))
	bx := &box[string]{"boxed"}
	in = F("p", bx, "n", int8(2))
	pb, i8 := pointerTo(bx, 2)
	Call("main.pointerTo", in, F("r0", pb, "r1", i8))
	even := func(n int) bool { return n%2 == 0 }
	in = F("xs", []int{1, 2, 3, 4}, "keep", At(&even))
	Call("main.filter", in, F("kept", filter([]int{1, 2, 3, 4}, even)))
	length := func(s string) int { return len(s) }
	in = F("x", "four", "f", At(&length))
	Call("main.apply", in, F("r0", apply("four", length)))
	Call("main.texts", F("xs", []point{{1, 2}, {3, 4}}, "sep", ","), F("all", texts([]point{{1, 2}, {3, 4}}, ",")))
	s, n := noTypeArgument[int](5, "int")
	Call("main.noTypeArgument", F("n", 5, "s", "int"), F("r0", s, "r1", n))
	s, n = noTypeArgument[error](6, "error")
	Call("main.noTypeArgument", F("n", 6, "s", "error"), F("r0", s, "r1", n))
	s, n = plain(7, "plain")
	Call("main.plain", F("n", 7, "s", "plain"), F("r0", s, "r1", n))
}

func methods() {
	ints := &list[int]{name: "ints"}
	strs := &list[string]{name: "strs"}
	points := &list[point]{items: []point{}, name: "points"}
	for i := 0; i < 3; i++ {
		in := F("l", ints, "v", i*10)
		Call("main.(*list).Push", in, F("r0", ints.Push(i*10)))
		in = F("l", strs, "v", "s")
		Call("main.(*list).Push", in, F("r0", strs.Push("s")))
		in = F("l", points, "v", point{i, -i})
		Call("main.(*list).Push", in, F("r0", points.Push(point{i, -i})))
	}
	for i := 1; i < 5; i++ {
		in := F("l", *ints, "i", i, "otherwise", -1)
		v, ok := ints.At(i, -1)
		Call("main.list.At", in, F("r0", v, "r1", ok))
		in = F("l", *strs, "i", i, "otherwise", "none")
		s, ok := strs.At(i, "none")
		Call("main.list.At", in, F("r0", s, "r1", ok))
		in = F("l", *points, "i", i, "otherwise", point{-1, -1})
		p, ok := points.At(i, point{-1, -1})
		Call("main.list.At", in, F("r0", p, "r1", ok))
	}
	r, n := box[uint16]{1}.With(2, 3)
	Call("main.box.With", F("b", box[uint16]{1}, "v", uint16(2), "n", uint8(3)), F("r0", r, "r1", n))
	r2, n := box[string]{"one"}.With("two", 4)
	Call("main.box.With", F("b", box[string]{"one"}, "v", "two", "n", uint8(4)), F("r0", r2, "r1", n))
	p := &pair[string, int]{"k", 1}
	in := F("p", p, "k", "l", "v", 2)
	Call("main.(*pair).Set", in, F("old", p.Set("l", 2)))
	q := &pair[id, string]{1, "one"}
	in = F("p", q, "k", id(2), "v", "two")
	Call("main.(*pair).Set", in, F("old", q.Set(2, "two")))
	t := &tree[int]{Val: 5}
	in = F("t", t, "v", 5)
	u := t.Insert(5)
	Call("main.(*tree).Insert", F("t", (*tree[int])(nil), "v", 5), F("r0", t.Right))
	Call("main.(*tree).Insert", in, F("r0", u))
}

func main() {
	Start()
	functions()
	methods()
	Done()
}
