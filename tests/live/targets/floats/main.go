// SPDX-License-Identifier: BSD-2-Clause

// Floats in registers while the scheduler sends its own SIGURGs: 8 threads call functions that call functions, as often
// as the first argument says in all; every value follows from n, which no two calls of a function share. "notify" as the
// second argument: the program has asked os/signal for SIGURG. "ignore": it ignores SIGURG.
package main

import (
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"

	. "example.com/targets/truth"
)

const threads = 8

var sink [threads]float64

//go:noinline
func outer(n int, a float64, b float32, who int) (float64, int, float32) {
	re, im := inner(n, complex(float64(n)+0.5, -float64(n)), float32(n)*2, who)
	if re != float64(n)+1 || im != float32(n) {
		panic("inner")
	}
	return a * 2, n, b + 1
}

//go:noinline
func inner(n int, c complex128, f float32, who int) (float64, float32) {
	x := leafward(float64(n)*4, n, who)
	if x != float64(n)*8 {
		panic("leafward")
	}
	return real(c) + 0.5, f / 2
}

//go:noinline
func leafward(x float64, n int, who int) float64 {
	if n < 0 {
		return leafward(-x, -n, who)
	}
	sink[who] += x
	return x * 2
}

// Locals that no calling convention puts into registers: x, y are a power of two times n at each test of the loop.
//
//go:noinline
func series(n int, who int) float64 {
	x, y := float64(n), float32(n)
	for i := 0; i < 3; i++ { // series
		x *= 2
		y *= 4
		sink[who] += x
	}
	return x + float64(y)
}

// What the scheduler must interrupt by a signal: no calls, no stack checks.
func spin(stop *int32) {
	for atomic.LoadInt32(stop) == 0 {
	}
}

func main() {
	calls := 100000
	if len(os.Args) > 1 {
		calls, _ = strconv.Atoi(os.Args[1])
	}
	got := make(chan os.Signal, 1)
	if len(os.Args) > 2 && os.Args[2] == "notify" {
		signal.Notify(got, syscall.SIGURG)
	}
	spinners := 2
	if len(os.Args) > 2 && os.Args[2] == "ignore" {
		signal.Ignore(syscall.SIGURG)
		spinners = 0 // nothing could interrupt them, and the collector would wait for ever
	}
	runtime.GOMAXPROCS(threads)
	Start()
	var wg sync.WaitGroup
	var stop int32
	for i := 0; i < spinners; i++ {
		go spin(&stop)
	}
	garbage := make(chan bool)
	go func() {
		for atomic.LoadInt32(&stop) == 0 {
			runtime.GC()
		}
		close(garbage)
	}()
	for w := 0; w < threads; w++ {
		wg.Add(1)
		go func(w int) {
			defer wg.Done()
			runtime.LockOSThread()
			for n := w + 1; n <= calls/3; n += threads {
				r, _, s := outer(n, float64(n)/4, float32(n), w)
				if r != float64(n)/2 || s != float32(n)+1 {
					panic("outer")
				}
				if series(n, w) != float64(n)*8+float64(float32(n)*64) {
					panic("series")
				}
			}
		}(w)
	}
	wg.Wait()
	atomic.StoreInt32(&stop, 1)
	<-garbage
	for _, f := range []string{"main.outer", "main.inner", "main.leafward", "main.series"} {
		Count(f, calls/3, 0)
	}
	Done()
}
