// SPDX-License-Identifier: BSD-2-Clause

//go:build truthcgo
// +build truthcgo

package main

// extern int stacks_back(int id);
// static int stacks_bridge(int id) { return stacks_back(id) + 1; }
import "C"

// callC goes through C and back.
func callC() { C.stacks_bridge(C.int(next())) }
