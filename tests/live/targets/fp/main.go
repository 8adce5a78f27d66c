// SPDX-License-Identifier: BSD-2-Clause

// Functions without a stack check, without a frame, with a loop at their very first instruction, with many returns,
// jump tables, and frames of all sizes.
package main

import (
	. "example.com/targets/truth"
)

type node struct {
	next *node
	val  int
}

var (
	sink   int
	global [4]int
	bytes  [256]byte
)

//go:noinline
func empty() {}

//go:noinline
func constant() int { return 42 }

//go:noinline
func leaf(a, b int) int { return a + b }

//go:noinline
func leafString(s string) int { return len(s) }

//go:noinline
func leafStore(a int, b uint8) { global[b&3] = a }

//go:noinline
func leafIndex(xs []int, i int) int {
	if uint(i) < uint(len(xs)) {
		return xs[i]
	}
	return -1
}

//go:noinline
func leafBranch(a int) string {
	if a < 0 {
		return "negative"
	}
	if a == 0 {
		return "zero"
	}
	return "positive"
}

// The loop's head may be the function's first instruction.
//
//go:noinline
func leafLoop(n uint) uint {
	for n&1 == 0 {
		n >>= 1
	}
	return n
}

//go:noinline
func leafList(n *node) *node {
	for n.next != nil {
		n = n.next
	}
	return n
}

//go:noinline
func leafSum(xs []int32) (total int32) {
	for _, x := range xs {
		total += x
	}
	return
}

//go:noinline
func leafFloat(a, b float64, n int) int {
	if a < b {
		return n
	}
	return -n
}

//go:noinline
func leafFrame(n int) (r int) {
	var pad [8]int
	for i := range pad {
		pad[i] = n * i
	}
	for i := range pad {
		r += pad[(i+n)&7]
	}
	return
}

//go:nosplit
//go:noinline
func nosplitLeaf(a int8, s string) (string, int8) { return s, a }

//go:nosplit
//go:noinline
func nosplitCalls(a, b int) int { return nosplitLower(a, b) + 1 }

//go:nosplit
//go:noinline
func nosplitLower(a, b int) int { return leaf2(a, b) * 2 }

//go:nosplit
//go:noinline
func leaf2(a, b int) int { return a - b }

//go:noinline
func tail(a int, s string) int { return lower(a+1, s) }

//go:noinline
func lower(a int, s string) int { return a + len(s) }

//go:noinline
func table(n int) string {
	switch n {
	case 0:
		return "zero"
	case 1:
		return "one"
	case 2:
		return "two"
	case 3:
		return "three"
	case 4:
		return "four"
	case 5:
		return "five"
	case 6:
		return "six"
	case 7:
		return "seven"
	case 8:
		return "eight"
	case 9:
		return "nine"
	case 10:
		return "ten"
	case 11:
		return "eleven"
	}
	return "many"
}

//go:noinline
func textTable(s string) int {
	switch s {
	case "alpha":
		return 1
	case "beta":
		return 2
	case "gamma":
		return lower(3, s)
	case "delta":
		return 4
	case "epsilon":
		return 5
	case "zeta":
		return 6
	case "eta":
		return 7
	case "theta":
		return 8
	}
	return -1
}

//go:noinline
func frame128(n int) int {
	var pad [12]int
	use(&pad[n&7], n)
	return pad[n&7]
}

//go:noinline
func frame1k(n int) int {
	var pad [128]int
	use(&pad[n&127], n)
	return pad[n&127]
}

//go:noinline
func frame8k(n int, s string) (int, string) {
	var pad [1024]int
	use(&pad[n&1023], n)
	return pad[n&1023], s
}

//go:noinline
func frame100k(n int, s string) (int, string) {
	var pad [12800]int
	use(&pad[n&1023], n)
	return pad[n&1023], s
}

//go:noinline
func use(p *int, n int) { *p = n + 1 }

//go:noinline
func withDefer(n int) (r int) {
	defer func() { r += n }()
	if n > 1 {
		return n * 10
	}
	return lower(n, "defer")
}

//go:noinline
func infinite(n int) int {
	for i := 0; ; i++ {
		if lower(i, "") > n {
			return i
		}
	}
}

//go:noinline
func mayPanic(xs []int, i int) int { return xs[i] }

//go:noinline
func bigCopy(a [256]byte, n int) byte { return a[n&255] }

//go:noinline
func divides(a, b int) (int, int) { return a / b, a % b }

//go:noinline
func bits(a uint64, n uint) (uint64, uint64) { return a << n, a>>n | a<<(64-n) }

func main() {
	Start()
	n3 := &node{nil, 3}
	n1 := &node{&node{n3, 2}, 1}
	for i := 0; i < 4; i++ {
		empty()
		Call("main.empty", F(), F())
		Call("main.constant", F(), F("r0", constant()))
		Call("main.leaf", F("a", i, "b", -2*i), F("r0", leaf(i, -2*i)))
		Call("main.leafString", F("s", "leaf"[:i]), F("r0", leafString("leaf"[:i])))
		leafStore(i, uint8(i))
		Call("main.leafStore", F("a", i, "b", uint8(i)), F())
		Call("main.leafIndex", F("xs", global[:2], "i", i), F("r0", leafIndex(global[:2], i)))
		Call("main.leafBranch", F("a", i-1), F("r0", leafBranch(i-1)))
		Call("main.leafLoop", F("n", uint(3)<<(10*i)), F("r0", leafLoop(uint(3)<<(10*i))))
		Call("main.leafList", F("n", n1), F("r0", leafList(n1)))
		Call("main.leafList", F("n", n3), F("r0", leafList(n3)))
		xs := []int32{1, -2, 3, int32(i)}
		Call("main.leafSum", F("xs", xs[:i+1]), F("total", leafSum(xs[:i+1])))
		Call("main.leafFloat", F("a", float64(i), "b", 1.5, "n", i), F("r0", leafFloat(float64(i), 1.5, i)))
		Call("main.leafFrame", F("n", i), F("r", leafFrame(i)))
		s, a := nosplitLeaf(int8(-i), "nosplit")
		Call("main.nosplitLeaf", F("a", int8(-i), "s", "nosplit"), F("r0", s, "r1", a))
		r := nosplitCalls(i, 5)
		Call("main.leaf2", F("a", i, "b", 5), F("r0", i-5))
		Call("main.nosplitLower", F("a", i, "b", 5), F("r0", (i-5)*2))
		Call("main.nosplitCalls", F("a", i, "b", 5), F("r0", r))
		r = tail(i, "tail")
		Call("main.lower", F("a", i+1, "s", "tail"), F("r0", r))
		Call("main.tail", F("a", i, "s", "tail"), F("r0", r))
		for n := i; n < 14; n += 3 {
			Call("main.table", F("n", n), F("r0", table(n)))
		}
		frames(i)
		returns(i)
	}
	for _, s := range []string{"alpha", "gamma", "theta", "", "nobody", "epsilon"} {
		if s == "gamma" {
			Call("main.lower", F("a", 3, "s", s), F("r0", 8))
		}
		Call("main.textTable", F("s", s), F("r0", textTable(s)))
	}
	Done()
}

func frames(i int) {
	for _, f := range []string{"main.frame128", "main.frame1k"} {
		r := 0
		if f == "main.frame128" {
			r = frame128(i)
		} else {
			r = frame1k(i)
		}
		Call(f, F("n", i), F("r0", r))
	}
	r, s := frame8k(i, "8k")
	Call("main.frame8k", F("n", i, "s", "8k"), F("r0", r, "r1", s))
	done := make(chan bool)
	go func() {
		r, s := frame100k(i, "100k")
		Call("main.frame100k", F("n", i, "s", "100k"), F("r0", r, "r1", s))
		done <- true
	}()
	<-done
	for range []int{0, 1, 2, 3} {
		sink++
	}
	Call("main.bigCopy", F("a", bytes, "n", i), F("r0", bigCopy(bytes, i)))
	bytes[i] = byte(i + 1)
}

func returns(i int) {
	r := withDefer(i)
	if i <= 1 {
		Call("main.lower", F("a", i, "s", "defer"), F("r0", i+5))
	}
	Call("main.withDefer", F("n", i), F("r", r))
	r = infinite(i)
	for n := 0; n <= r; n++ {
		Call("main.lower", F("a", n, "s", ""), F("r0", n))
	}
	Call("main.infinite", F("n", i), F("r0", r))
	xs := []int{5, 6}
	func() {
		defer func() {
			if recover() != nil {
				Unwound("main.mayPanic", F("xs", xs, "i", i))
			}
		}()
		Call("main.mayPanic", F("xs", xs, "i", i), F("r0", mayPanic(xs, i)))
	}()
	q, m := divides(1<<40+i, -7)
	Call("main.divides", F("a", 1<<40+i, "b", -7), F("r0", q, "r1", m))
	a, b := bits(0x8000000000000001, uint(i))
	Call("main.bits", F("a", uint64(0x8000000000000001), "n", uint(i)), F("r0", a, "r1", b))
}
