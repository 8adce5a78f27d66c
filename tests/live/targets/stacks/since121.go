// SPDX-License-Identifier: BSD-2-Clause

//go:build go1.21
// +build go1.21

package main

import "slices"

// newer calls through instances of generic functions.
func newer() {
	s := []int{3, 1, 2, 5, 4}
	slices.SortFunc(s, func(a, b int) int {
		if _, less := compare(next(), a, b); less {
			return -1
		}
		return 1
	})
}
