// SPDX-License-Identifier: BSD-2-Clause

// Lines of generic functions; see targets/lines.
package main

type number interface {
	~int | ~int32 | ~float64
}

type list[T any] struct {
	items []T
	n     int
}

type celsius float64

var sink int

//go:noinline
func most[T number](xs []T, least int) int {
	best := 0
	for i := range xs { // @most_head best least
		if xs[i] > xs[best] { // @most_if i best
			best = i // @most_set i
		}
	}
	return best + least // @most_return least
}

//go:noinline
func (l *list[T]) put(v T, at int) int { // @put_entry at
	l.items = append(l.items, v) // @put_append at
	l.n += at                    // @put_n at
	return len(l.items) + l.n    // @put_return
}

//go:noinline
func apply[T, U any](xs []T, f func(T) U, start int) []U {
	var out []U
	for i, x := range xs { // @apply_head start
		out = append(out, f(x)) // @apply_append i
		start += i              // @apply_start i start
	}
	sink += start // @apply_sink start
	return out
}

func pick[T any](cond bool, a, b T) T {
	if cond { // @pick_if cond
		return a // @pick_a
	}
	return b // @pick_b
}

//go:noinline
func picks(n int) int {
	s := pick(n > 2, "big", "small") // @picks_string n
	i := pick(n > 4, n, 2*n)         // @picks_int n
	return i + len(s)                // @picks_return i
}

func run() {
	sink += most([]int{3, 9, 4}, 1) + most([]float64{2.5, 1}, 2) + most([]celsius{1, 2, 3}, 3)
	var a list[string]
	var b list[int32]
	a.put("x", 1)
	a.put("y", 2)
	b.put(4, 3)
	apply([]int{1, 2}, func(v int) string { return string(rune('a' + v)) }, 5)
	apply([]string{"p"}, func(v string) int { return len(v) }, 6)
	sink += picks(1) + picks(3) + picks(5)
}
