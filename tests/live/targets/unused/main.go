// SPDX-License-Identifier: BSD-2-Clause

// Arguments that no code uses: the compiler does not save them where the stack check starts the function again.
package main

import (
	"os"
	"strconv"
	"sync"

	. "example.com/targets/truth"
)

var sink int

//go:noinline
func use(x int) { sink += x }

//go:noinline
func unused(a int, s string, f float64) int {
	use(7)
	return 1
}

//go:noinline
func deep(n int, a int) int {
	if n == 0 {
		return unused(a, "grown", 2.5)
	}
	var x [10]int
	x[n%10] = n
	return deep(n-1, a) + x[n%10]
}

func main() {
	calls, _ := strconv.Atoi(os.Args[1])
	var wg sync.WaitGroup
	Start()
	for i := 0; i < 40; i++ {
		i := i
		wg.Add(1)
		go func() {
			deep(i, i)
			wg.Done()
		}()
		wg.Wait()
	}
	for i := 0; i < 4; i++ {
		wg.Add(1)
		go func() {
			for j := 0; j < calls/4; j++ {
				unused(1000, "grown", 2.5)
			}
			wg.Done()
		}()
	}
	wg.Wait()
	Done()
}
