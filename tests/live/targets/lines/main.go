// SPDX-License-Identifier: BSD-2-Clause

package main

import (
	. "example.com/targets/truth"
)

var told []string

// tell tells that a marked line was come to, and what its variables hold.
//
//go:noinline
func tell(mark string, pairs ...interface{}) bool {
	told = append(told, `{"kind":"at","mark":"`+mark+`","values":`+string(F(pairs...))+`}`)
	return true
}

func main() {
	Start()
	runTwin()
	run()
	for _, f := range extra {
		f()
	}
	for _, l := range told {
		Line(l)
	}
	Done()
}

var extra []func()
