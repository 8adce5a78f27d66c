//go:build go1.23
// +build go1.23

// SPDX-License-Identifier: BSD-2-Clause

package main

func init() {
	extra = append(extra, run123Twin, run123)
}
