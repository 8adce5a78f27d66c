// SPDX-License-Identifier: BSD-2-Clause

// One function called as fast as it can be, N times (the first argument; 1,000,000), and a checksum that says whether
// each call did what it should. Exits with status 7. With a second argument it waits that many milliseconds between
// blocks of 1,000 calls.
package main

import (
	"os"
	"strconv"
	"time"

	. "example.com/targets/truth"
)

//go:noinline
func hot(i int, x uint64) uint64 {
	if i&0xffff == 0xffff {
		return grow(x, 3)
	}
	return x*6364136223846793005 + uint64(i)
}

//go:noinline
func grow(x uint64, n int) uint64 {
	var pad [64]uint64
	if n == 0 {
		return x ^ 0x5555555555555555
	}
	pad[n] = grow(x+1, n-1)
	return pad[n] + pad[n-1]
}

func number(i, otherwise int) int {
	if len(os.Args) > i {
		if n, err := strconv.Atoi(os.Args[i]); err == nil {
			return n
		}
	}
	return otherwise
}

func main() {
	n, pause := number(1, 1000000), number(2, 0)
	Start()
	x := uint64(42)
	for i := 0; i < n; i++ {
		if pause > 0 && i%1000 == 999 {
			time.Sleep(time.Duration(pause) * time.Millisecond)
		}
		x = hot(i, x)
	}
	Count("main.hot", n, 0)
	Line("checksum " + strconv.FormatUint(x, 16))
	Done()
	os.Exit(7)
}
