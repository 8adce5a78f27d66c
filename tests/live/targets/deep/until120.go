// SPDX-License-Identifier: BSD-2-Clause

//go:build !go1.21
// +build !go1.21

package main

func atomicsOfAny() {}
