//go:build go1.23
// +build go1.23

// SPDX-License-Identifier: BSD-2-Clause

package main

//go:noinline
func count123(yield func(int) bool) {
	for i := 3; i < 6; i++ { // @seq_head i
		if !yield(i) { // @seq_yield i
			return // @seq_stop
		}
	}
}

//go:noinline
func over123(limit int) int {
	t := 0
	for v := range count123 {
		if v > limit { // @over_if v
			break // @over_break
		}
		t += v // @over_add v
	}
	return t // @over_return t limit
}

func run123() {
	sink += over123(100) + over123(4)
}
