package p

import "fmt"

const c = iota

var g = []func(){func() { x = 1 }, nil}

type T[P any] struct {
	f [2]int `tag`
	g map[string]P
}

func asm(a int, b ...string) (c error)

func (r *T[P]) m(a, b int, f func(n int) error, _ chan<- T[int]) (n int, err error) {
	x, y := 1e+5, 0x1p-2
	x, z := <-ch, 'a' + '\''
	var (
		s, t = `raw
string`, "a\"b"
		u [3]int
	)
	const (
		k = iota
		l
	)
	(x) = 1
	*&x, (&y).f, r.f[0].g = 1, 2, 3
	*p, (*p).f = 1, 2
	x &^= 1 << 2
	u[i]++
L:
	for i, j := 0, 1; i < len([]byte{1, 2}); i, j = i+1, j-1 {
		if v, ok := m[T{}]; ok && v == (T{1}) {
			continue L
		} else if v := 1; v > 0 {
			break
		} else {
			goto M
		}
	}
	for k, v = range map[string]struct{ a int }{"a": {1}} {
		fmt.Println(k, v...)
	}
	for range 10 {
		panic("a")
	}
M:
	switch y := x.(type) {
	case int, []T, func(int) T, interface{ ~int | string }:
		y, z := 1, 2
		fallthrough
	default:
		return
	}
	select {
	case v, ok := <-ch:
	case a[i] = <-ch:
		break
	case ch <- 1:
	}
	go func(a int) { x++ }(1)
	defer f(func() (n int) { return func() { n = 1 } }, g[int, string])
	{
		type U = int /* a
		comment */
	}
	return x, T[int]{f: []*T{{}, nil}}
}
