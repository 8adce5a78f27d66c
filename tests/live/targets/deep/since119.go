// SPDX-License-Identifier: BSD-2-Clause

//go:build go1.19
// +build go1.19

package main

import (
	"sync/atomic"

	. "example.com/targets/truth"
)

type typedAtomics struct {
	b  atomic.Bool
	i  atomic.Int64
	j  atomic.Int32
	u  atomic.Uint64
	v  atomic.Uint32
	up atomic.Uintptr
}

//go:noinline
func atomics(t *typedAtomics) *typedAtomics { return t }

//go:noinline
func atomicNumbers(i *atomic.Int64, b *atomic.Bool, u *atomic.Uint32) (*atomic.Uint32, *atomic.Int64) {
	return u, i
}

func since() {
	t := &typedAtomics{}
	Do("main.atomics", atomics, "t", t)
	t.b.Store(true)
	t.i.Store(-1 << 60)
	t.j.Store(-7)
	t.u.Store(1<<64 - 1)
	t.v.Store(8)
	t.up.Store(4096)
	Do("main.atomics", atomics, "t", t)
	Do("main.atomicNumbers", atomicNumbers, "i,b,u", &t.i, &t.b, &t.v)
	Do("main.atomicNumbers", atomicNumbers, "i,b,u", nil, nil, nil)
}
