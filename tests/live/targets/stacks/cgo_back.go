// SPDX-License-Identifier: BSD-2-Clause

//go:build truthcgo
// +build truthcgo

package main

import "C"

//export stacks_back
func stacks_back(id C.int) C.int { return C.int(plain(int(id))) }
