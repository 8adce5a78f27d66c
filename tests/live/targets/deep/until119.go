// SPDX-License-Identifier: BSD-2-Clause

//go:build !go1.19
// +build !go1.19

package main

func since() {}
