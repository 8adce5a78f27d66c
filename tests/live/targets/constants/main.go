// SPDX-License-Identifier: BSD-2-Clause

// Numbers that are constants of their own type, and numbers that only have the value of one.
package main

import (
	"fmt"
	"net/http"
	"reflect"
	"syscall"
	"time"

	. "example.com/targets/truth"
)

type level uint8

const (
	low level = iota
	mid
	high
	top = high // two names: none is the one
)

type signed int16

const (
	neg signed = -2
	pos signed = 2
)

type wide uint64

const last wide = 1<<64 - 1

type count int // has no constants

const other = 7

type record struct {
	L level
	S []signed
	M map[level]time.Weekday
	C http.ConnState
}

//go:noinline
func scalars(l level, s signed, w wide, c count, m time.Month, d time.Duration) {}

//go:noinline
func known(k reflect.Kind, s syscall.Signal, e syscall.Errno) {}

//go:noinline
func composed(r record, a interface{}, p *level) {}

// A type of the same name has no constants.
func local() interface{} {
	type level uint8
	return level(1)
}

func main() {
	Start()
	// Small numbers in interfaces lie in a table of the runtime's, on a page that may not be there before it is read.
	Line("touched: " + fmt.Sprint(time.Sunday, local()))
	one := mid
	Line("line l=main.low(0), s=main.neg(-2), w=main.last(18446744073709551615), c=7, m=time.March(3), d=1m0s")
	scalars(low, neg, last, other, time.March, time.Minute)
	Line("line l=2, s=main.pos(2), w=2, c=-2, m=13, d=5ns")
	scalars(high, pos, 2, -2, 13, 5)
	Line(`line k=reflect.Map(21), s=syscall.SIGTERM(15), e=syscall.Errno("no such file or directory")`)
	known(reflect.Map, syscall.SIGTERM, syscall.ENOENT)
	Line("line r={L:main.mid(1) S:[1 main.pos(2) main.neg(-2)] M:map[main.level]time.Weekday{main.mid(1):time.Friday(5)} C:http.StateIdle(2)}, " +
		"a=time.Weekday(time.Sunday(0)), p=&main.mid(1)")
	composed(record{mid, []signed{1, 2, -2}, map[level]time.Weekday{mid: time.Friday}, http.StateIdle}, time.Sunday, &one)
	Line("line r={L:main.low(0) S:nil M:nil C:http.StateNew(0)}, a=main.level(1), p=nil")
	composed(record{}, local(), nil)
	Done()
}
