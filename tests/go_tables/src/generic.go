// SPDX-License-Identifier: BSD-2-Clause

//go:build go1.18
// +build go1.18

package main

import "fmt"

type Num interface{ ~int | ~float64 }

//go:noinline
func Max[X Num](a, b X) X {
	if a > b {
		return a
	}
	return b
}

type L[E any] struct{ v []E }

//go:noinline
func (l *L[E]) Put(e E) { l.v = append(l.v, e) }

func extra() {
	var l L[string]
	l.Put("x")
	var m L[struct{ a, b int }]
	m.Put(struct{ a, b int }{1, 2})
	fmt.Println(Max(1, 2), Max(1.5, 2.5), len(l.v), len(m.v))
}
