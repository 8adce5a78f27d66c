// SPDX-License-Identifier: BSD-2-Clause

// What makes entries and returns hard to pair: goroutines that change threads, panics, Goexit, many goroutines at
// once, signals at single-stepped instructions, preemption, blocking, and a call that never returns.
package main

import (
	"errors"
	"io/ioutil"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	. "example.com/targets/truth"
)

var (
	errBottom = errors.New("bottom")
	moved     int32
	stop      int32
	nothing   *[4]int
	never     bool
)

//go:noinline
func hop(id, rounds int) (int, string) {
	before := syscall.Gettid()
	for i := 0; i < rounds; i++ {
		runtime.Gosched()
		time.Sleep(50 * time.Microsecond)
	}
	if syscall.Gettid() != before {
		atomic.AddInt32(&moved, 1)
	}
	return id * rounds, "hopped"
}

//go:noinline
func locked(n int) int {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	time.Sleep(100 * time.Microsecond)
	return n + 1
}

//go:noinline
func thrower(n int, s string) int {
	if n == 0 {
		panic(errBottom)
	}
	return thrower(n-1, s) + 1
}

//go:noinline
func catcher(n int) (r int, err error) {
	defer func() {
		if e := recover(); e != nil {
			r, err = -n, e.(error)
		}
	}()
	return thrower(n, "thrown"), nil
}

// Recovers, cleans up with a traced call, and panics again.
//
//go:noinline
func again(n int) int {
	defer func() {
		if e := recover(); e != nil {
			cleanup(n)
			panic(e)
		}
	}()
	return thrower(n, "again")
}

//go:noinline
func cleanup(n int) int { return n * 3 }

//go:noinline
func outerCatcher(n int) (r int) {
	defer func() {
		recover()
		r = cleanup(n + 1)
	}()
	return again(n)
}

// Half of the frames go, the other half returns.
//
//go:noinline
func ladder(n int) (r int) {
	if n == 5 {
		return safe(n)
	}
	return ladder(n-1) + 1
}

//go:noinline
func safe(n int) (r int) {
	defer func() { recover() }()
	thrower(n, "ladder")
	return 1000
}

// A nil pointer: the panic comes from a signal.
//
//go:noinline
func faulter(p *[4]int, i int) int { return p[i] }

//go:noinline
func faultCatcher(i int) (ok bool) {
	defer func() { ok = recover() != nil }()
	return faulter(nothing, i) == 0
}

//go:noinline
func quitter(n int, s string) int {
	if n == 0 {
		runtime.Goexit()
	}
	return quitter(n-1, s)
}

//go:noinline
func parked(id int, name string, gate chan bool) int {
	<-gate
	// A parameter that is not used is dead, and the collector may free what it points to before the entry is reached.
	return id*2 + int(name[0]) - 'p'
}

//go:noinline
func signalled(n int, s string) (int, string) { return n ^ 0x55, s }

//go:noinline
func preempted(n int, xs []int) (total int) {
	for i := range xs {
		total += xs[i] * n
	}
	return total + id(n)
}

//go:noinline
func id(n int) int { return n }

//go:noinline
func slow(d time.Duration) time.Duration {
	start := time.Now()
	time.Sleep(d)
	return time.Since(start)
}

//go:noinline
func blocked(c chan int, m *sync.Mutex) int {
	m.Lock()
	defer m.Unlock()
	return <-c
}

//go:noinline
func exits(code int) {
	if !never {
		os.Exit(code)
	}
}

//go:noinline
func neverCalled(n int) int { return n }

func main() {
	Start()
	threads()
	panics()
	quits()
	crowd()
	signals()
	preemption()
	waits()
	if never {
		neverCalled(1)
	}
	Absent("main.neverCalled")
	Open("main.exits", F("code", 0))
	Done()
	exits(0)
}

func threads() {
	Unordered("main.hop", "main.locked")
	var all sync.WaitGroup
	for g := 0; g < 40; g++ {
		all.Add(1)
		go func(g int) {
			defer all.Done()
			for i := 1; i <= 10; i++ {
				n, s := hop(g, i)
				Call("main.hop", F("id", g, "rounds", i), F("r0", n, "r1", s))
			}
			Call("main.locked", F("n", g), F("r0", locked(g)))
		}(g)
	}
	all.Wait()
	Note("calls that changed threads", int(moved))
}

func thrown(n int, s string) {
	for ; n >= 0; n-- {
		Unwound("main.thrower", F("n", n, "s", s))
	}
}

func panics() {
	for _, n := range []int{0, 1, 20, 150} {
		r, err := catcher(n)
		thrown(n, "thrown")
		Call("main.catcher", F("n", n), F("r", r, "err", At(&err)))
		r = outerCatcher(n)
		thrown(n, "again")
		Unwound("main.again", F("n", n))
		Call("main.cleanup", F("n", n), F("r0", n*3))
		Call("main.cleanup", F("n", n+1), F("r0", r))
		Call("main.outerCatcher", F("n", n), F("r", r))
	}
	ladder(12)
	thrown(5, "ladder")
	Call("main.safe", F("n", 5), F("r", 0))
	for n := 5; n <= 12; n++ {
		Call("main.ladder", F("n", n), F("r", n-5))
	}
	for i := 0; i < 3; i++ {
		ok := faultCatcher(i)
		Unwound("main.faulter", F("p", nothing, "i", i))
		Call("main.faultCatcher", F("i", i), F("ok", ok))
	}
}

func quits() {
	Unordered("main.quitter", "main.cleanup")
	var all sync.WaitGroup
	for g := 0; g < 20; g++ {
		all.Add(1)
		go func(g int) {
			defer all.Done()
			defer func() {
				for n := 0; n <= g; n++ {
					Unwound("main.quitter", F("n", n, "s", "quit"))
				}
				Call("main.cleanup", F("n", g), F("r0", cleanup(g)))
			}()
			quitter(g, "quit")
		}(g)
	}
	all.Wait()
}

func crowd() {
	const n = 10000
	Unordered("main.parked")
	gate := make(chan bool)
	var all sync.WaitGroup
	for g := 0; g < n; g++ {
		all.Add(1)
		go func(g int) {
			defer all.Done()
			name := "p" + strconv.Itoa(g)
			in := F("id", g, "name", name, "gate", gate)
			Call("main.parked", in, F("r0", parked(g, name, gate)))
		}(g)
	}
	for runtime.NumGoroutine() < n {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(20 * time.Millisecond)
	close(gate)
	all.Wait()
}

type itimerval struct{ interval, value syscall.Timeval }

func setitimer(which uintptr, every time.Duration) {
	t := syscall.NsecToTimeval(int64(every))
	it := itimerval{t, t}
	if _, _, e := syscall.Syscall(syscall.SYS_SETITIMER, which, uintptr(unsafe.Pointer(&it)), 0); e != 0 {
		panic(e)
	}
}

// Timer signals, profiling signals and the scheduler's own SIGURG, sent to every thread, all the time.
func signals() {
	const (
		calls   = 10000
		threads = 2
	)
	got := make(chan os.Signal, 100)
	signal.Notify(got, syscall.SIGALRM)
	setitimer(0, time.Millisecond)
	setitimer(2, time.Millisecond)
	sent := 0
	var sender, all sync.WaitGroup
	sender.Add(1)
	go func() {
		defer sender.Done()
		for atomic.LoadInt32(&stop) == 0 {
			tasks, err := ioutil.ReadDir("/proc/self/task")
			if err != nil {
				panic(err)
			}
			for _, t := range tasks {
				tid, _ := strconv.Atoi(t.Name())
				syscall.Tgkill(os.Getpid(), tid, syscall.SIGURG)
				sent++
			}
			time.Sleep(200 * time.Microsecond)
		}
	}()
	Unordered("main.signalled")
	for t := 0; t < threads; t++ {
		all.Add(1)
		go func(t int) {
			defer all.Done()
			for i := 0; i < calls; i++ {
				n, s := signalled(i, "signal")
				if n != i^0x55 || s != "signal" {
					panic("a signal changed a result")
				}
			}
		}(t)
	}
	all.Wait()
	atomic.StoreInt32(&stop, 1)
	sender.Wait()
	setitimer(0, 0)
	setitimer(2, 0)
	signal.Stop(got)
	Count("main.signalled", threads*calls, 0)
	Note("SIGURG sent", sent)
}

// The garbage collector asks running goroutines to stop by poisoning their stack guard: the check at the entry then
// fails, and the function starts again.
func preemption() {
	const (
		calls   = 5000
		threads = 4
	)
	atomic.StoreInt32(&stop, 0)
	var collector, all sync.WaitGroup
	collector.Add(1)
	go func() {
		defer collector.Done()
		for atomic.LoadInt32(&stop) == 0 {
			runtime.GC()
		}
	}()
	for t := 0; t < threads; t++ {
		all.Add(1)
		go func() {
			defer all.Done()
			xs := make([]int, 500)
			for i := range xs {
				xs[i] = 1
			}
			for i := 0; i < calls; i++ {
				if preempted(i, xs) != 501*i {
					panic("preemption changed a result")
				}
			}
		}()
	}
	all.Wait()
	atomic.StoreInt32(&stop, 1)
	collector.Wait()
	Count("main.preempted", threads*calls, 0)
}

func waits() {
	for _, d := range []time.Duration{0, time.Millisecond, 20 * time.Millisecond} {
		took := slow(d)
		Slow("main.slow", F("d", d), F("r0", took), int(d))
	}
	c := make(chan int)
	m := new(sync.Mutex)
	var all sync.WaitGroup
	for i := 0; i < 20; i++ {
		all.Add(1)
		go func() { defer all.Done(); blocked(c, m) }()
	}
	for i := 0; i < 20; i++ {
		c <- i
	}
	all.Wait()
	Count("main.blocked", 20, 0)
}
