// SPDX-License-Identifier: BSD-2-Clause

//go:build truthcgo
// +build truthcgo

package truth

// The cgo mode: one C function makes the linker an external one and the goroutine pointer a TLS variable.

// static int truth_c_twice(int x) { return 2 * x; }
import "C"

func init() {
	if C.truth_c_twice(21) != 42 {
		panic("cgo does not work")
	}
}
