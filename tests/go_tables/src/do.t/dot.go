// SPDX-License-Identifier: BSD-2-Clause

// Package dot has a path whose last element holds a dot: an escape in symbols.
package dot

//go:noinline
func Square(x int) int { return x * x }
