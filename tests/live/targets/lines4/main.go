// SPDX-License-Identifier: BSD-2-Clause

package main

import (
	"sync"

	. "example.com/targets/truth"
)

var (
	lock sync.Mutex
	told []string
)

// tell tells that a marked line was come to, and what its variables hold.
//
//go:noinline
func tell(mark string, pairs ...interface{}) bool {
	lock.Lock()
	defer lock.Unlock()
	told = append(told, `{"kind":"at","mark":"`+mark+`","values":`+string(F(pairs...))+`}`)
	return true
}

func main() {
	Start()
	runTwin()
	run()
	for _, l := range told {
		Line(l)
	}
	Done()
}
