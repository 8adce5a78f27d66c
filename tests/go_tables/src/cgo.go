// SPDX-License-Identifier: BSD-2-Clause

//go:build cgo
// +build cgo

package main

/*
#include <stdio.h>

static int cadd(int a, int b) { return a + b; }
*/
import "C"

func init() { println(int(C.cadd(1, 2))) }
