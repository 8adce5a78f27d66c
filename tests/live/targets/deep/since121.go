// SPDX-License-Identifier: BSD-2-Clause

//go:build go1.21
// +build go1.21

package main

import (
	"sync/atomic"

	. "example.com/targets/truth"
)

type atomicHolder struct {
	P *atomic.Pointer[[]string]
	N int
	V *atomic.Value
}

//go:noinline
func atomicPointers(p *atomic.Pointer[leaf], q atomicHolder) *atomic.Pointer[leaf] { return p }

// An atomic.Pointer lies in the interface's data word itself from Go 1.26 on.
//
//go:noinline
func atomicIn(v interface{}, s []interface{}) {}

func copied(p *atomic.Pointer[leaf]) (c atomic.Pointer[leaf]) {
	c.Store(p.Load())
	return
}

func atomicsOfAny() {
	var p atomic.Pointer[leaf]
	var q atomic.Pointer[[]string]
	var v atomic.Value
	h := atomicHolder{&q, 1, &v}
	Do("main.atomicPointers", atomicPointers, "p,q", &p, h)
	p.Store(&leaf{7, "seven"})
	q.Store(&[]string{"a", "b"})
	v.Store(&leaf{8, "eight"})
	Do("main.atomicPointers", atomicPointers, "p,q", &p, h)
	Do("main.atomicPointers", atomicPointers, "p,q", nil, atomicHolder{})
	Do("main.atomicIn", atomicIn, "v,s", copied(&p), nil)
	Do("main.atomicIn", atomicIn, "v,s", nil, []interface{}{copied(&p), &p, nil})
}
