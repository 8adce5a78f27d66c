// SPDX-License-Identifier: BSD-2-Clause

// The program that is traced in a vm: more threads than CPUs call check() with arguments that
// follow from each other, so that a record mixed up out of two calls shows, by itself, as one.
//
//	target [-calls 400000] [-threads 8] [-sleep-every 0] [-sleep-us 50] [-floats] [-json]
//
// Call n of thread id passes x = mix(id, n) and a string s of 32 letters made from the same two
// numbers, in fresh heap memory, and returns x + n. tests/vm/check.c makes the same numbers again.
// With -json it prints the records that a tracer should print; that is how check.c is tested.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"runtime"
	"sync"
	"syscall"
)

func mix(id, n int64, salt uint64) uint64 {
	z := uint64(id)<<48 ^ uint64(n) ^ salt*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

func text(id, n int64) string {
	b := make([]byte, 32)
	v, w := mix(id, n, 2), mix(id, n, 3)
	for i := 0; i < 16; i++ {
		b[i] = 'a' + byte(v>>(4*i)&15)
		b[16+i] = 'a' + byte(w>>(4*i)&15)
	}
	return string(b)
}

//go:noinline
func check(id, n, x int64, s string) int64 {
	if len(s) != 32 {
		panic("the target itself is wrong")
	}
	return x + n
}

// For floats in registers: what it is passed and returns follows from id and n too.
//
//go:noinline
func mean(id, n int64, x float64, y float32) float64 {
	if id < 0 {
		panic("the target itself is wrong")
	}
	return (x + float64(y)) / 2
}

func main() {
	calls := flag.Int64("calls", 400000, "calls of all threads together, a multiple of -threads")
	threads := flag.Int64("threads", 8, "threads")
	every := flag.Int64("sleep-every", 0, "half of the threads sleep after as many calls; 0: never")
	sleep := flag.Int64("sleep-us", 50, "for so many microseconds, roughly")
	floats := flag.Bool("floats", false, "call mean(), too, with n + 0.25 and id")
	json := flag.Bool("json", false, "print the records that a tracer should print")
	flag.Parse()
	if *calls < 0 || *threads < 1 || *threads > 1000 || *calls%*threads != 0 || flag.NArg() != 0 {
		fmt.Fprintln(os.Stderr, "target: -calls must be a multiple of -threads")
		os.Exit(2)
	}
	each := *calls / *threads
	if *json {
		w := bufio.NewWriter(os.Stdout)
		for n := int64(0); n < each; n++ {
			for id := int64(0); id < *threads; id++ {
				x := int64(mix(id, n, 1))
				fmt.Fprintf(w, `{"ts":1,"pid":1,"tid":1,"goid":1,"func":"main.check","kind":"call",`+
					`"args":{"id":%d,"n":%d,"x":%d,"s":"%s"},"results":{"r0":%d},"duration_ns":1}`+"\n",
					id, n, x, text(id, n), check(id, n, x, text(id, n)))
			}
		}
		fmt.Fprintf(w, `{"kind":"summary","probes":[{"probe":"main.check","hits":%d,"delivered":%d,`+
			`"filtered":0,"limited":0,"lost":0,"lost_reasons":{}}],"hits":%d,"delivered":%d,`+
			`"filtered":0,"limited":0,"lost":0}`+"\n", *calls, *calls, *calls, *calls)
		if err := w.Flush(); err != nil {
			fmt.Fprintln(os.Stderr, "target:", err)
			os.Exit(1)
		}
		return
	}

	// as many run at once as there are threads: it is the kernel that has to take turns
	runtime.GOMAXPROCS(int(*threads))
	var all sync.WaitGroup
	sums := make([]int64, *threads)
	for id := int64(0); id < *threads; id++ {
		all.Add(1)
		go func() {
			defer all.Done()
			runtime.LockOSThread()
			for n := int64(0); n < each; n++ {
				sums[id] += check(id, n, int64(mix(id, n, 1)), text(id, n))
				if *floats {
					sums[id] += int64(mean(id, n, float64(n)+0.25, float32(id)))
				}
				if *every > 0 && id%2 == 1 && n%*every == *every-1 {
					// a timer that goes off in the middle of the other threads' hits
					t := syscall.NsecToTimespec(*sleep*1000 + n%997*100)
					syscall.Nanosleep(&t, nil)
				}
			}
		}()
	}
	all.Wait()
	var sum int64
	for _, s := range sums {
		sum += s
	}
	fmt.Printf("target: %d calls, %d threads, sum %d\n", *calls, *threads, sum)
}
