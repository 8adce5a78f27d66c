// SPDX-License-Identifier: BSD-2-Clause

//go:build go1.18
// +build go1.18

// The truth about generic functions' concrete types: every shape twice with different types, in parameters, results,
// fields, interfaces, maps, channels and closures.
package main

import (
	"errors"
	"fmt"

	. "example.com/targets/truth"
)

type ordered interface {
	~int | ~int8 | ~uint16 | ~int64 | ~float64 | ~string
}

type meters int
type word string
type point struct{ X, Y int }
type other struct{ X, Y int }

func (p point) Area() int  { return p.X * p.Y }
func (p *other) Area() int { return p.X }

type shape interface{ Area() int }

type pair[K comparable, V any] struct {
	Key K
	Val V
}

type list[T any] struct {
	Head *node[T]
	Size int
}

type node[T any] struct {
	Val  T
	Next *node[T]
}

type tree[K ordered, V any] struct {
	Key         K
	Val         V
	Left, Right *tree[K, V]
}

type set[T comparable] map[T]struct{}

type option[T any] struct {
	Val T
	OK  bool
}

type result[T any] struct {
	Val T
	Err error
}

func (p pair[K, V]) plain() string { return fmt.Sprint(p.Key, p.Val) }

//go:noinline
func maxOf[T ordered](a, b T) T {
	if a > b {
		return a
	}
	return b
}

//go:noinline
func identity[T any](v T) T { return v }

//go:noinline
func pointerTo[T any](v T) *T { return &v }

//go:noinline
func deref[T any](p *T, n int) (T, int) { return *p, n }

//go:noinline
func first[T any](s []T) (T, []T) { return s[0], s[1:] }

//go:noinline
func mapped[K comparable, V any](m map[K]V, k K) (V, map[K]V) { return m[k], m }

//go:noinline
func paired[K comparable, V any](k K, v V) pair[K, V] { return pair[K, V]{k, v} }

//go:noinline
func swapped[K, V comparable](p pair[K, V]) pair[V, K] { return pair[V, K]{p.Val, p.Key} }

//go:noinline
func chanOf[T any](c chan T, n int) (int, chan T) { return n, c }

//go:noinline
func boxed[T any](v T) any { return v }

//go:noinline
func stringed[T fmt.Stringer](v T) string { return v.String() }

//go:noinline
func area[S shape](s S, n int) int { return s.Area() * n }

//go:noinline
func optional[T any](v T, ok bool) option[T] { return option[T]{v, ok} }

//go:noinline
func tried[T any](v T, err error) (result[T], error) { return result[T]{v, err}, err }

//go:noinline
func applied[T, U any](f func(T) U, v T) (U, func(T) U) { return f(v), f }

//go:noinline
func arrayOf[T any](a [2]T, s [][]T) ([][]T, [2]T) { return s, a }

//go:noinline
func nestedOf[T any](l list[pair[string, T]]) *node[pair[string, T]] { return l.Head }

//go:noinline
func three[A, B, C any](a A, b B, c C) (C, B, A) { return c, b, a }

//go:noinline
func setOf[T comparable](s set[T], v T) (bool, set[T]) { _, ok := s[v]; return ok, s }

//go:noinline
func (l *list[T]) Push(v T) *list[T] {
	l.Head = &node[T]{v, l.Head}
	l.Size++
	return l
}

//go:noinline
func (l list[T]) Len(extra int) int { return l.Size + extra }

//go:noinline
func (t *tree[K, V]) Put(k K, v V) *tree[K, V] {
	switch {
	case t == nil:
		return &tree[K, V]{Key: k, Val: v}
	case k < t.Key:
		t.Left = &tree[K, V]{Key: k, Val: v}
	default:
		t.Right = &tree[K, V]{Key: k, Val: v}
	}
	return t
}

//go:noinline
func (p pair[K, V]) With(v V) pair[K, V] { p.Val = v; return p }

//go:noinline
func (o option[T]) Get() (T, bool) { return o.Val, o.OK }

//go:noinline
func (s set[T]) Add(v T) set[T] { s[v] = struct{}{}; return s }

func (m meters) String() string { return fmt.Sprint(int(m), "m") }
func (w word) String() string   { return string(w) }

type holder[T any] struct {
	Name string
	Ch   chan T
	More []T
}

//go:noinline
func (h *holder[T]) Held(n int) int { return n + cap(h.Ch) }

func held[T any](types string, vs ...T) {
	h := &holder[T]{"held", make(chan T, len(vs)), vs}
	for _, v := range vs {
		h.Ch <- v
	}
	Channel(h.Ch, vs, false, 0, 0)
	DoTypes("main.(*holder).Held", types, (*holder[T]).Held, "h,n", h, len(vs))
}

func main() {
	Start()
	DoTypes("main.maxOf", "int", maxOf[int], "a,b", 3, 5)
	DoTypes("main.maxOf", "main.meters", maxOf[meters], "a,b", meters(9), meters(-2))
	DoTypes("main.maxOf", "string", maxOf[string], "a,b", "x", "y")
	DoTypes("main.maxOf", "main.word", maxOf[word], "a,b", word("b"), word("a"))
	DoTypes("main.maxOf", "float64", maxOf[float64], "a,b", 0.5, -0.5)
	DoTypes("main.maxOf", "int8", maxOf[int8], "a,b", int8(-8), int8(8))
	DoTypes("main.identity", "int", identity[int], "v", 1)
	DoTypes("main.identity", "main.meters", identity[meters], "v", meters(2))
	DoTypes("main.identity", "main.point", identity[point], "v", point{1, 2})
	DoTypes("main.identity", "main.other", identity[other], "v", other{3, 4})
	DoTypes("main.identity", "*main.point", identity[*point], "v", &point{5, 6})
	DoTypes("main.identity", "*main.other", identity[*other], "v", &other{7, 8})
	DoTypes("main.identity", "*int", identity[*int], "v", new(int))
	DoTypes("main.identity", "[]string", identity[[]string], "v", []string{"a", "b"})
	DoTypes("main.identity", "map[string]int", identity[map[string]int], "v", map[string]int{"k": 1})
	DoTypes("main.identity", "interface{}", identity[any], "v", 5)
	DoTypes("main.identity", "error", identity[error], "v", errors.New("generic"))
	DoTypes("main.identity", "main.shape", identity[shape], "v", point{2, 3})
	DoTypes("main.identity", "func() int", identity[func() int], "v", func() int { return 1 })
	DoTypes("main.identity", "struct{}", identity[struct{}], "v", struct{}{})
	DoTypes("main.identity", "main.pair[string,int]", identity[pair[string, int]], "v", pair[string, int]{"k", 1})
	DoTypes("main.identity", "[3]uint8", identity[[3]uint8], "v", [3]uint8{1, 2, 3})
	DoTypes("main.identity", "bool", identity[bool], "v", true)
	DoTypes("main.identity", "complex128", identity[complex128], "v", 1+2i)
	DoTypes("main.pointerTo", "int", pointerTo[int], "v", 77)
	DoTypes("main.pointerTo", "main.word", pointerTo[word], "v", word("w"))
	n, p := 5, &point{1, 1}
	DoTypes("main.deref", "int", deref[int], "p,n", &n, 1)
	DoTypes("main.deref", "*main.point", deref[*point], "p,n", &p, 2)
	DoTypes("main.first", "main.meters", first[meters], "s", []meters{1, 2})
	DoTypes("main.first", "string", first[string], "s", []string{"a", "b", "c"})
	DoTypes("main.first", "main.point", first[point], "s", []point{{1, 2}, {3, 4}})
	DoTypes("main.mapped", "string,int", mapped[string, int], "m,k", map[string]int{"a": 1, "b": 2}, "b")
	DoTypes("main.mapped", "main.word,*main.point", mapped[word, *point], "m,k", map[word]*point{"w": p}, word("w"))
	DoTypes("main.mapped", "main.point,bool", mapped[point, bool], "m,k", map[point]bool{{1, 2}: true}, point{1, 2})
	DoTypes("main.paired", "string,int", paired[string, int], "k,v", "key", 5)
	DoTypes("main.paired", "main.word,main.meters", paired[word, meters], "k,v", word("key"), meters(6))
	DoTypes("main.paired", "int,main.pair[int,string]", paired[int, pair[int, string]], "k,v", 1, pair[int, string]{2, "s"})
	DoTypes("main.swapped", "string,int", swapped[string, int], "p", pair[string, int]{"k", 1})
	DoTypes("main.swapped", "main.meters,main.word", swapped[meters, word], "p", pair[meters, word]{1, "w"})
	c := make(chan int, 2)
	c <- 4
	Channel(c, []int{4}, false, 0, 0)
	DoTypes("main.chanOf", "int", chanOf[int], "c,n", c, 3)
	DoTypes("main.chanOf", "main.word", chanOf[word], "c,n", nil, 4)
	DoTypes("main.boxed", "int", boxed[int], "v", 1)
	DoTypes("main.boxed", "main.meters", boxed[meters], "v", meters(1))
	DoTypes("main.boxed", "main.pair[string,main.point]", boxed[pair[string, point]], "v", pair[string, point]{"k", point{1, 2}})
	DoTypes("main.boxed", "*main.list[int]", boxed[*list[int]], "v", &list[int]{&node[int]{1, nil}, 1})
	DoTypes("main.stringed", "main.meters", stringed[meters], "v", meters(3))
	DoTypes("main.stringed", "main.word", stringed[word], "v", word("three"))
	DoTypes("main.area", "main.point", area[point], "s,n", point{3, 4}, 2)
	DoTypes("main.area", "*main.other", area[*other], "s,n", &other{3, 4}, 2)
	DoTypes("main.area", "main.shape", area[shape], "s,n", point{1, 2}, 3)
	DoTypes("main.optional", "int", optional[int], "v,ok", 1, true)
	DoTypes("main.optional", "error", optional[error], "v,ok", nil, false)
	DoTypes("main.tried", "string", tried[string], "v,err", "v", nil)
	DoTypes("main.tried", "main.point", tried[point], "v,err", point{}, errors.New("no point"))
	DoTypes("main.applied", "int,string", applied[int, string], "f,v", func(n int) string { return "s" }, 1)
	DoTypes("main.applied", "main.word,main.meters", applied[word, meters], "f,v", func(w word) meters { return 4 }, word("w"))
	DoTypes("main.arrayOf", "int", arrayOf[int], "a,s", [2]int{1, 2}, [][]int{{3}, nil})
	DoTypes("main.arrayOf", "main.word", arrayOf[word], "a,s", [2]word{"a", "b"}, [][]word{{"c"}})
	ln := list[pair[string, int]]{&node[pair[string, int]]{pair[string, int]{"k", 1}, nil}, 1}
	DoTypes("main.nestedOf", "int", nestedOf[int], "l", ln)
	DoTypes("main.nestedOf", "main.point", nestedOf[point], "l", list[pair[string, point]]{})
	DoTypes("main.three", "int,string,bool", three[int, string, bool], "a,b,c", 1, "two", true)
	DoTypes("main.three", "main.meters,main.word,[]int", three[meters, word, []int], "a,b,c", meters(1), word("2"), []int{3})
	DoTypes("main.setOf", "string", setOf[string], "s,v", set[string]{"a": {}}, "a")
	DoTypes("main.setOf", "main.point", setOf[point], "s,v", set[point]{{1, 2}: {}}, point{})
	methods()
	held("int8", int8(1), -2)
	held("string", "a", "bee")
	held("[]string", []string{"x"}, nil)
	held("float64", 2.5)
	held("[2]bool", [2]bool{true, false})
	held("error", errors.New("held"))
	held("*main.point", &point{1, 2}, nil)
	held("*main.other", &other{3, 4})
	held("*string", new(string))
	Done()
}

func methods() {
	l := &list[int]{}
	for i := 0; i < 3; i++ {
		DoTypes("main.(*list).Push", "int", (*list[int]).Push, "l,v", l, i)
	}
	DoTypes("main.(*list).Push", "main.word", (*list[word]).Push, "l,v", &list[word]{}, word("pushed"))
	DoTypes("main.(*list).Push", "*main.point", (*list[*point]).Push, "l,v", &list[*point]{}, &point{1, 2})
	DoTypes("main.list.Len", "int", list[int].Len, "l,extra", *l, 5)
	DoTypes("main.list.Len", "string", list[string].Len, "l,extra", list[string]{}, 6)
	var t *tree[string, int]
	DoTypes("main.(*tree).Put", "string,int", t.putter(), "t,k,v", t, "root", 1)
	t = &tree[string, int]{Key: "m", Val: 1}
	DoTypes("main.(*tree).Put", "string,int", t.putter(), "t,k,v", t, "a", 2)
	DoTypes("main.(*tree).Put", "string,int", t.putter(), "t,k,v", t, "z", 3)
	DoTypes("main.(*tree).Put", "main.word,*main.point", (*tree[word, *point]).Put, "t,k,v", nil, word("w"), &point{3, 4})
	DoTypes("main.pair.With", "string,int", pair[string, int].With, "p,v", pair[string, int]{"k", 1}, 2)
	DoTypes("main.pair.With", "main.word,main.meters", pair[word, meters].With, "p,v", pair[word, meters]{"k", 1}, meters(2))
	DoTypes("main.option.Get", "main.point", option[point].Get, "o", option[point]{point{1, 2}, true})
	DoTypes("main.option.Get", "int", option[int].Get, "o", option[int]{})
	DoTypes("main.set.Add", "string", set[string].Add, "s,v", set[string]{}, "added")
	DoTypes("main.set.Add", "main.meters", set[meters].Add, "s,v", set[meters]{1: {}}, meters(2))
}

func (t *tree[K, V]) putter() func(*tree[K, V], K, V) *tree[K, V] { return (*tree[K, V]).Put }
