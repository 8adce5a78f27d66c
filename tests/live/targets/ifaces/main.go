// SPDX-License-Identifier: BSD-2-Clause

// The truth about interfaces and errors: direct and indirect data words, nil and typed nil, types that exist only in
// interfaces, the errors of the standard library and of programs.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"syscall"
	"time"
	"unsafe"

	. "example.com/targets/truth"
)

type shape interface{ Area() int }

type namedShape interface {
	shape
	Name() string
}

type square struct{ Side int }

func (s square) Area() int { return s.Side * s.Side }

type rect struct {
	W, H int
	name string
}

func (r *rect) Area() int    { return r.W * r.H }
func (r *rect) Name() string { return r.name }

type unit struct{}

func (unit) Area() int { return 1 }

type number int

func (n number) Area() int { return int(n) }

type word string

func (w word) Area() int { return len(w) }

type byteShape uint8

func (b byteShape) Area() int { return int(b) }

type fn func() int

func (f fn) Area() int { return f() }

type list []int

func (l list) Area() int { return len(l) }

type dict map[string]int

func (d dict) Area() int { return len(d) }

type pipe chan int

func (p pipe) Area() int { return cap(p) }

type trio [3]int16

func (t trio) Area() int { return int(t[0]) }

type real32 float32

func (r real32) Area() int { return int(r) }

// A struct and an array of one pointer are kept in the data word itself.
type onePtr struct{ P *square }

func (o onePtr) Area() int { return o.P.Side }

type arrayPtr [1]*square

func (a arrayPtr) Area() int { return a[0].Side }

type nestedPtr struct{ In struct{ A [1]*square } }

func (n nestedPtr) Area() int { return 0 }

type box struct {
	V    interface{}
	Next *box
}

type holder struct {
	S shape
	E error
	A interface{}
	N namedShape
}

type plainError struct{ Code int }

func (e plainError) Error() string { return "plain " + strconv.Itoa(e.Code) }

type richError struct {
	Op    string
	Inner error
	At    [2]int
	tags  map[string]string
}

func (e *richError) Error() string { return e.Op + ": " + e.Inner.Error() }
func (e *richError) Unwrap() error { return e.Inner }

type intError int

func (e intError) Error() string { return "code " + strconv.Itoa(int(e)) }

type stringError string

func (e stringError) Error() string { return string(e) }

type emptyError struct{}

func (emptyError) Error() string { return "empty" }

type sliceError []error

func (e sliceError) Error() string { return fmt.Sprint(len(e), " errors") }

//go:noinline
func anything(v interface{}) interface{} { return v }

//go:noinline
func anythings(a, b interface{}, n int, c interface{}) (interface{}, int, interface{}) {
	return c, n, b
}

//go:noinline
func variadic(format string, args ...interface{}) (string, []interface{}) { return format, args }

//go:noinline
func shapes(s shape) shape { return s }

//go:noinline
func twoShapes(a shape, b namedShape) (namedShape, shape) { return b, a }

//go:noinline
func sliceOfAny(s []interface{}) []interface{} { return s }

//go:noinline
func sliceOfShapes(s []shape) []shape { return s }

//go:noinline
func arrayOfAny(a [2]interface{}) [2]interface{} { return a }

//go:noinline
func pointerToAny(p *interface{}, q *shape) (*shape, *interface{}) { return q, p }

//go:noinline
func boxes(b box) *box { return b.Next }

//go:noinline
func boxesBehind(b *box) *box { return b }

//go:noinline
func holders(h holder) holder { return h }

//go:noinline
func holdersBehind(h *holder, n int) (int, *holder) { return n, h }

//go:noinline
func typedNil(a shape, b error, c interface{}) (interface{}, error, shape) { return c, b, a }

//go:noinline
func mapOfAny(m map[string]interface{}) map[string]interface{} { return m }

//go:noinline
func writers(w io.Writer, r io.Reader, s fmt.Stringer) (fmt.Stringer, io.Reader) { return s, r }

//go:noinline
func oneError(err error) error { return err }

//go:noinline
func resultAndError(n int, fail bool, err error) (int, error) {
	if fail {
		return 0, err
	}
	return n, nil
}

//go:noinline
func stringAndError(s string, err error) (string, bool, error) { return s, err == nil, err }

//go:noinline
func errorList(errs []error) []error { return errs }

//go:noinline
func errorBehind(err *error) *error { return err }

//go:noinline
func pathError(p *os.PathError) *os.PathError { return p }

//go:noinline
func errno(e syscall.Errno) syscall.Errno { return e }

//go:noinline
func (h *holder) set(v interface{}) interface{} { old := h.A; h.A = v; return old }

//go:noinline
func (s square) same(other shape) (shape, bool) { return other, other == shape(s) }

//go:noinline
func (e *richError) wrap(err error) error { return &richError{"wrapped", err, [2]int{1, 2}, nil} }

//go:noinline
func unnamed(v interface{ Area() int }, w interface {
	Name() string
}) interface{ Area() int } {
	return v
}

func main() {
	Start()
	any()
	methods()
	containers()
	failures()
	since()
	Done()
}

func any() {
	n, s := 77, "pointed"
	p := &square{4}
	arr := [2]string{"a", "b"}
	var nilPtr *square
	var nilMap map[string]int
	var nilSlice []int
	var nilFunc func()
	var nilChan chan int
	local := struct {
		Only int
		Text string
	}{5, "local"}
	type inside struct{ X, Y int8 }
	values := []interface{}{
		nil, true, false, 0, 1, 255, 256, -1, 1 << 62, int8(-8), int16(-16), int32(-32), int64(-64), uint8(8), uint16(16),
		uint32(32), uint64(1<<64 - 1), uintptr(4096), float32(0.1), 2.5, 0.0, complex64(1 - 2i), 3 + 4i, "", "a string",
		"\xffbad", 'r', []byte("bytes"), []byte{0xff, 0}, []int{1, 2, 3}, []string{"x", "y"}, []interface{}{1, "two", nil},
		[3]int{1, 2, 3}, arr, [0]int{}, [1]int{9}, struct{}{}, &struct{}{}, local, &local, inside{1, -2}, &inside{3, 4},
		square{3}, p, &p, &n, &s, number(5), word("w"), nilPtr, nilMap, nilSlice, nilFunc, nilChan,
		map[string]int{"one": 1}, map[int]string{}, make(chan int, 3), func() int { return n }, unsafe.Pointer(p),
		onePtr{p}, arrayPtr{p}, onePtr{}, nestedPtr{}, trio{1, 2, 3}, real32(1.5), list{1}, dict{"d": 4}, fn(nil),
		time.Second, box{1, &box{"two", nil}}, &box{box{3, nil}, nil}, errors.New("as any"), []error{io.EOF, nil},
		struct{ P *int }{&n}, struct{ F float64 }{6.5}, [1]*int{&n}, [2]*int{&n, nil}, map[interface{}]interface{}{1: "a"},
		os.FileMode(0o644), syscall.SIGINT, int64(1)<<40 | 1, [300]byte{1},
	}
	for _, v := range values {
		Do("main.anything", anything, "v", v)
	}
	Do("main.anythings", anythings, "a,b,n,c", 1, "two", 3, nil)
	Do("main.anythings", anythings, "a,b,n,c", nil, p, -3, local)
	Do("main.variadic", variadic, "format,args", "%d %s", []interface{}{1, "x", nil, p})
	Do("main.variadic", variadic, "format,args", "none", nil)
	var v interface{} = 5
	var deeper interface{} = &v
	var deepest interface{} = &deeper
	Do("main.anything", anything, "v", &deepest)
	v = &v
	Do("main.anything", anything, "v", v)
}

func methods() {
	n := 3
	for _, s := range []shape{nil, square{2}, &square{5}, &rect{2, 3, "r"}, unit{}, &unit{}, number(7), number(-1), word("four"),
		word(""), byteShape(200), fn(func() int { return n }), list{1, 2}, list(nil), dict{"a": 1}, dict(nil),
		make(pipe, 2), pipe(nil), trio{4, 5, 6}, real32(2.5), onePtr{&square{8}}, arrayPtr{&square{9}}, (*rect)(nil),
		(*square)(nil), nestedPtr{}} {
		Do("main.shapes", shapes, "s", s)
	}
	r := &rect{4, 5, "named"}
	Do("main.twoShapes", twoShapes, "a,b", r, r)
	Do("main.twoShapes", twoShapes, "a,b", nil, r)
	Do("main.twoShapes", twoShapes, "a,b", unit{}, nil)
	Do("main.typedNil", typedNil, "a,b,c", (*rect)(nil), (*richError)(nil), (*int)(nil))
	Do("main.typedNil", typedNil, "a,b,c", nil, nil, nil)
	Do("main.square.same", square.same, "s,other", square{2}, square{2})
	Do("main.square.same", square.same, "s,other", square{2}, nil)
	Do("main.unnamed", unnamed, "v,w", square{1}, r)
	Do("main.writers", writers, "w,r,s", os.Stdout, nil, time.Minute)
	Do("main.writers", writers, "w,r,s", nil, io.LimitReader(nil, 5), time.Saturday)
}

func containers() {
	r := &rect{1, 2, "r"}
	Do("main.sliceOfAny", sliceOfAny, "s", []interface{}{1, nil, "s", r, 2.5, []int{1}, [2]bool{true, false}, unit{}})
	Do("main.sliceOfAny", sliceOfAny, "s", nil)
	Do("main.sliceOfShapes", sliceOfShapes, "s", []shape{r, nil, number(1), (*rect)(nil), onePtr{&square{6}}})
	Do("main.arrayOfAny", arrayOfAny, "a", [2]interface{}{"a", nil})
	var a interface{} = "behind"
	var s shape = number(6)
	Do("main.pointerToAny", pointerToAny, "p,q", &a, &s)
	a, s = nil, nil
	Do("main.pointerToAny", pointerToAny, "p,q", &a, &s)
	b := box{1, &box{"two", &box{box{3.0, nil}, nil}}}
	Do("main.boxes", boxes, "b", b)
	Do("main.boxesBehind", boxesBehind, "b", &b)
	Do("main.boxesBehind", boxesBehind, "b", &box{&b, nil})
	loop := &box{}
	loop.V, loop.Next = loop, loop
	Do("main.boxesBehind", boxesBehind, "b", loop)
	h := holder{square{2}, io.EOF, 5, r}
	Do("main.holders", holders, "h", h)
	Do("main.holders", holders, "h", holder{})
	Do("main.holdersBehind", holdersBehind, "h,n", &h, 6)
	Do("main.(*holder).set", (*holder).set, "h,v", &h, "new")
	Do("main.(*holder).set", (*holder).set, "h,v", &h, nil)
	Do("main.mapOfAny", mapOfAny, "m", map[string]interface{}{"i": 1, "s": "str", "n": nil, "r": r, "f": 0.5})
}

func failures() {
	// A pointer to an error is none: it has no text.
	behind := errors.New("behind")
	twice := &os.PathError{Op: "open", Path: "/x", Err: behind}
	Do("main.anything", anything, "v", &behind)
	Do("main.anything", anything, "v", &twice)
	base := errors.New("base")
	wrapped := fmt.Errorf("wrapped: %w", base)
	_, open := os.Open("/does/not/exist")
	_, atoi := strconv.Atoi("12x")
	rich := &richError{"op", wrapped, [2]int{3, 4}, map[string]string{"k": "v"}}
	for _, err := range []error{nil, base, errors.New(""), wrapped, fmt.Errorf("no %d", 5), fmt.Errorf("twice: %w", wrapped),
		io.EOF, io.ErrUnexpectedEOF, os.ErrNotExist, open, atoi, syscall.ENOENT, syscall.EINVAL, syscall.Errno(0),
		syscall.Errno(9999), &os.PathError{Op: "read", Path: "/p", Err: syscall.EIO},
		&os.SyscallError{Syscall: "epoll", Err: syscall.EBADF}, &os.LinkError{Op: "link", Old: "a", New: "b", Err: os.ErrExist},
		plainError{4}, &plainError{5}, rich, intError(-6), stringError("a string"), emptyError{}, &emptyError{},
		sliceError{io.EOF, base}, (*richError)(nil), fmt.Errorf("path: %w", open), &richError{"outer", rich, [2]int{}, nil}, errors.New("bad \xff text")} {
		Do("main.oneError", oneError, "err", err)
	}
	Do("main.resultAndError", resultAndError, "n,fail,err", 3, true, rich)
	Do("main.resultAndError", resultAndError, "n,fail,err", 3, false, rich)
	Do("main.stringAndError", stringAndError, "s,err", "text", wrapped)
	Do("main.stringAndError", stringAndError, "s,err", "text", nil)
	Do("main.errorList", errorList, "errs", []error{nil, base, syscall.EPERM, open})
	var err error = intError(3)
	Do("main.errorBehind", errorBehind, "err", &err)
	Do("main.errorBehind", errorBehind, "err", nil)
	Do("main.pathError", pathError, "p", open)
	Do("main.errno", errno, "e", syscall.EAGAIN)
	Do("main.(*richError).wrap", (*richError).wrap, "e,err", rich, io.EOF)
}
