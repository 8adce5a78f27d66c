//go:build go1.22
// +build go1.22

// SPDX-License-Identifier: BSD-2-Clause

package main

func init() {
	extra = append(extra, run122Twin, run122)
}
