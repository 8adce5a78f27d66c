//go:build go1.22
// +build go1.22

// SPDX-License-Identifier: BSD-2-Clause

package main

//go:noinline
func ranges122(n int) int {
	t := 0
	for i := range n { // @int_head t n
		t += i * 2 // @int_body i t n
	}
	for range 3 { // @int_blank t
		t++ // @int_inc t
	}
	return t // @int_return t
}

//go:noinline
func perTurn122(n int) int {
	var fs []func() int
	for i := 0; i < n; i++ { // @turn_head n
		fs = append(fs, func() int { // @turn_append n
			return i * 10 // @turn_body i
		})
	}
	t := 0
	for _, f := range fs { // @turn_range t
		t += f() // @turn_call t
	}
	return t // @turn_return t
}

func run122() {
	sink += ranges122(4) + perTurn122(3)
}
