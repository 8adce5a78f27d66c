// SPDX-License-Identifier: BSD-2-Clause

// A program that changes, unmaps and swaps out what the traced functions point to while they are traced. It tells only how
// often it called them: whatever is read may be of two moments at once.
package main

import (
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"unsafe"

	. "example.com/targets/truth"
)

type node struct {
	Name string
	Next *node
	Data []byte
	Any  interface{}
	M    map[string]int
	C    chan int
	F    func() int
}

type record struct {
	N    int
	Name string
	List []string
	Next *record
}

//go:noinline
func changing(n *node, i int) *node { return n }

//go:noinline
func sliceOf(s []*node, any interface{}) interface{} { return any }

//go:noinline
func unmapped(r *record, i int) *record { return r }

func number(s string) int { n, _ := strconv.Atoi(s); return n }

func main() {
	calls := 4000
	if len(os.Args) > 1 {
		calls = number(os.Args[1])
	}
	Start()
	mutate(calls)
	unmap(calls)
	Done()
}

func mutate(calls int) {
	nodes := make([]*node, 8)
	for i := range nodes {
		nodes[i] = &node{Name: "start", M: map[string]int{"a": 1}, C: make(chan int, 4)}
	}
	var stop int32
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		texts := []string{"", "short", string(make([]byte, 5000)), "\xff\xfe\xfd"}
		anys := []interface{}{nil, 1, "text", nodes[0], []int{1, 2, 3}, 2.5, map[int]int{1: 2}, [4]string{"x"}}
		for i := 0; atomic.LoadInt32(&stop) == 0; i++ {
			n := nodes[i%8]
			n.Name = texts[i%len(texts)]
			n.Next = nodes[(i*7+3)%8] // cycles of every length, taken apart again
			n.Data = make([]byte, i%300)
			n.Any = anys[i%len(anys)]
			n.M["k"+strconv.Itoa(i%500)] = i
			if i%700 == 699 {
				n.M = map[string]int{}
			}
			select {
			case n.C <- i:
			default:
				<-n.C
			}
			x := i
			n.F = func() int { return x }
			if i%5 == 0 {
				n.Next = nil
			}
		}
	}()
	for i := 0; i < calls; i++ {
		changing(nodes[i%8], i)
		sliceOf(nodes, nodes[(i+1)%8])
	}
	atomic.StoreInt32(&stop, 1)
	wg.Wait()
	Count("main.changing", calls, 0)
	Count("main.sliceOf", calls, 0)
}

// unmap has a record in pages that come and go: mapped, without access, dropped, swapped out if the system can, unmapped.
func unmap(calls int) {
	const page = 4096
	const pageOut = 21 // MADV_PAGEOUT
	var r *record
	var mem []byte
	for i := 0; i < calls; i++ {
		if mem == nil {
			var err error
			mem, err = syscall.Mmap(-1, 0, 4*page, syscall.PROT_READ|syscall.PROT_WRITE,
				syscall.MAP_ANON|syscall.MAP_PRIVATE)
			if err != nil {
				panic(err)
			}
			r = (*record)(unsafe.Pointer(&mem[page-24])) // across two pages
			r.N, r.Name = i, "in a page"
			text := (*[2]uintptr)(unsafe.Pointer(&r.Name))
			copy(mem[2*page-5:], "across the edge")
			text[0], text[1] = uintptr(unsafe.Pointer(&mem[2*page-5])), 15
			r.Next = (*record)(unsafe.Pointer(&mem[3*page]))
		}
		unmapped(r, i)
		switch i % 6 {
		case 0:
			syscall.Madvise(mem[page:], pageOut)
		case 1:
			syscall.Mprotect(mem[2*page:], syscall.PROT_NONE)
		case 2:
			syscall.Madvise(mem[:page], syscall.MADV_DONTNEED)
		case 3:
			syscall.Mprotect(mem[page:], syscall.PROT_NONE)
		case 4:
			if err := syscall.Munmap(mem); err != nil {
				panic(err)
			}
		case 5:
			mem = nil
		}
	}
	Count("main.unmapped", calls, 0)
}
