// SPDX-License-Identifier: BSD-2-Clause

package main

import (
	"fmt"
	"os"

	"example.com/tables/do.t"
)

type T struct{ a, b int }

func (t T) Val(x int) int {
	if x > 3 {
		fmt.Fprintln(os.Stderr, t.a)
	}
	return t.a*x + t.b
}

func (t *T) Ptr(s string) (n int, err error) {
	n = leaf(len(s)) + t.a
	if n < 0 {
		err = fmt.Errorf("neg %d", n)
	}
	return
}

type I interface{ Val(int) int }

var global I

func leaf(x int) int { return mid(x) + 1 }

func mid(x int) int { return x*3 + 7 }

//go:noinline
func big(a, b int, s string) string {
	var buf [300]byte
	for i := range buf {
		buf[i] = byte(a + b*i)
	}
	return s + string(buf[:leaf(a)&7])
}

//go:noinline
func recurse(n int) int {
	if n == 0 {
		return leaf(n)
	}
	return recurse(n-1) + mid(n)
}

func main() {
	t := &T{1, 2}
	global = t
	n, err := t.Ptr("abc")
	f := func(x int) int { return x + n }
	fmt.Println(n, err, global.Val(len(os.Args)), f(3), big(1, 2, "x"), recurse(5), dot.Square(n))
	extra()
}
