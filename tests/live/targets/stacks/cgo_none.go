// SPDX-License-Identifier: BSD-2-Clause

//go:build !truthcgo
// +build !truthcgo

package main

func callC() {}
