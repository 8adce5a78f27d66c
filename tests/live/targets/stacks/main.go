// SPDX-License-Identifier: BSD-2-Clause

// Call stacks as Go's own runtime has them: a line for each call of the probed functions,
//
//	{"kind":"stack","func":F,"id":N,"frames":[[FUNCTION,FILE,LINE],…],"created":"main.f in goroutine 1","at":"FILE:LINE"}
//
// innermost first, the probed function included; its line means nothing.
package main

import (
	"os"
	"reflect"
	"runtime"
	"runtime/debug"
	"sort"
	"strconv"
	"strings"
	"sync"

	. "example.com/targets/truth"
)

var (
	last    int
	lock    sync.Mutex
	nothing *[4]int
)

func next() int {
	lock.Lock()
	defer lock.Unlock()
	last++
	return last
}

// creation is the end of a traceback: "created by F in goroutine N", "FILE:LINE".
func creation() (string, string) {
	lines := strings.Split(strings.TrimSpace(string(debug.Stack())), "\n")
	for i, l := range lines {
		if strings.HasPrefix(l, "created by ") && i+1 < len(lines) {
			return l[len("created by "):], strings.Fields(lines[i+1])[0]
		}
	}
	return "", ""
}

func print(function string, id int, frames []runtime.Frame) {
	var b strings.Builder
	b.WriteString(`{"kind":"stack","func":` + strconv.Quote(function) + `,"id":` + strconv.Itoa(id) + `,"frames":[`)
	for i, f := range frames {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("[" + strconv.Quote(f.Function) + "," + strconv.Quote(f.File) + "," + strconv.Itoa(f.Line) + "]")
	}
	created, at := creation()
	b.WriteString(`],"created":` + strconv.Quote(created) + `,"at":` + strconv.Quote(at) + "}")
	Line(b.String())
}

func frames(skip int) (found []runtime.Frame) {
	pcs := make([]uintptr, 1000)
	it := runtime.CallersFrames(pcs[:runtime.Callers(skip+1, pcs)])
	for {
		f, more := it.Next()
		found = append(found, f)
		if !more {
			return found
		}
	}
}

// here is called by the probed function.
//
//go:noinline
func here(function string, id int) int {
	print(function, id, frames(2))
	return id
}

// above is called on the line on which the probed function is called next.
//
//go:noinline
func above(function string, id int) int {
	print(function, id, append([]runtime.Frame{{Function: function}}, frames(2)...))
	return id
}

//go:noinline
func plain(id int) int {
	here("main.plain", id)
	return id
}

// A large frame, and arguments and results on the stack.
//
//go:noinline
func large(id int, a [40]int) (int, [40]int) {
	var b [600]int
	for i := range b {
		b[i] = a[i%40] + id
	}
	here("main.large", id)
	for i := range a {
		a[i] = b[i*2]
	}
	return id, a
}

// No frame, no stack check.
//
//go:noinline
func leaf(id int) int { return id }

func small(id int) int { return here("main.small", id) }

func twice(id int) int { return small(id) }

//go:noinline
func deep(id, n int) int {
	if n == 0 {
		return here("main.deep", id)
	}
	return deep(id, n-1)
}

type inner struct{ n int }

//go:noinline
func (i *inner) Method(id int) int { return here("main.(*inner).Method", id) }

//go:noinline
func (i inner) Value(id int) int { return here("main.inner.Value", id+i.n*0) }

type outer struct {
	pad int
	*inner
}

type methods interface {
	Method(id int) int
	Value(id int) int
}

//go:noinline
func byInterface(m methods) int { return m.Method(next()) + m.Value(next()) }

//go:noinline
func deferred(id int) int { return here("main.deferred", id) }

//go:noinline
func deferring() (r int) {
	defer deferred(next())
	defer func() { plain(next()) }()
	for i := 0; i < 3; i++ {
		defer deferred(next())
	}
	return plain(next())
}

//go:noinline
func panicking(how int) int {
	defer func() { recover() }()
	defer deferred(next())
	switch how {
	case 0:
		panic("by hand")
	case 1:
		return nothing[2]
	}
	return []int{1}[how]
}

type holder struct{ f func(id int) int }

//go:noinline
func (h *holder) call() int { return h.f(next()) }

//go:noinline
func compare(id, a, b int) (int, bool) { return here("main.compare", id), a < b }

//go:noinline
func finish(wg *sync.WaitGroup, id int) int {
	defer wg.Done()
	return here("main.finish", id)
}

//go:noinline
func nested(wg *sync.WaitGroup) {
	go finish(wg, next())
	plain(next())
	wg.Done()
}

func main() {
	Start()
	var a [40]int
	plain(next())
	large(next(), a)
	for i := 0; i < 3; i++ {
		leaf(above("main.leaf", next()))
		func() { leaf(above("main.leaf", next())) }()
	}
	small(next())
	twice(next())
	func() { twice(next()) }()
	for _, n := range []int{0, 1, 10, 28, 29, 30, 31, 32, 33, 100, 300} {
		deep(next(), n)
	}
	m := &outer{1, &inner{2}}
	byInterface(m)
	byInterface(m.inner)
	f := m.Method
	f(next())
	(*outer).Value(m, next())
	deferring()
	for how := 0; how < 3; how++ {
		panicking(how)
	}
	x := last
	(&holder{func(id int) int { x++; return plain(id) }}).call()
	(&holder{m.Value}).call()
	reflect.ValueOf(plain).Call([]reflect.Value{reflect.ValueOf(next())})
	reflect.MakeFunc(reflect.TypeOf(plain), func(in []reflect.Value) []reflect.Value {
		return []reflect.Value{reflect.ValueOf(plain(next()))}
	}).Interface().(func(int) int)(1)
	s := []int{3, 1, 2, 5, 4, 9, 8, 7}
	sort.Slice(s, func(i, j int) bool {
		_, less := compare(next(), s[i], s[j])
		return less
	})
	var once sync.Once
	once.Do(func() { plain(next()) })
	var wg sync.WaitGroup
	wg.Add(5)
	go finish(&wg, next())
	go func() { finish(&wg, next()) }()
	func() { go nested(&wg) }()
	(&holder{func(id int) int { go func() { plain(id); wg.Done() }(); return id }}).call()
	wg.Wait()
	newer()
	callC()
	Done()
	os.Stdout.Close()
}
