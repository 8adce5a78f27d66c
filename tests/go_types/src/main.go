// SPDX-License-Identifier: BSD-2-Clause

// What reflect says of the types of this program, a type a line, for tests/go_types.py.
package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"debug/dwarf"
	"debug/elf"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"text/template"
	"time"
	"unsafe"
)

// lonely is in an interface only: no list of the linker leads to it.
type lonely struct {
	A int8
	B string
	_ [3]byte
	c float64
}

type word struct{ p *int }
type one [1]func(int) string
type num int32
type lonelyNum uint16
type flags map[num]struct{}
type empty struct{}
type rec struct {
	next *rec
	kids []rec
	by   map[string]*rec
	ch   chan<- rec
}
type big200 [200]byte
type methods interface {
	M(int) error
	fmt.Stringer
}
type emb struct {
	lonely
	*word
	num
	fmt.Stringer
	sync.Mutex
	Tag string `json:"tag,omitempty" xml:"very-long-tag-very-long-tag-very-long-tag-very-long-tag-very-long-tag-very-long-tag-very-long-tag-very-long-tag-"`
	any interface{}
	an  struct {
		X, Y int
		z    struct{}
	}
	VeryLongFieldNameVeryLongFieldNameVeryLongFieldNameVeryLongFieldNameVeryLongFieldNameVeryLongFieldNameVeryLongFieldNameVeryLongFieldName bool
}

var roots = []interface{}{
	false, 1, int8(1), int16(1), int32(1), int64(1), uint(1), uint8(1), uint16(1), uint32(1), uint64(1), uintptr(1),
	float32(1), 1.0, complex64(1), complex(1, 2), "", unsafe.Pointer(nil), struct{}{}, [0]int{}, [0]string{},
	[3][2]int{}, []byte(nil), [][]string(nil), (*int)(nil), (**lonely)(nil), (func())(nil),
	(func(int, ...string) (error, bool))(nil), (chan int)(nil), (<-chan struct{})(nil), (chan<- *rec)(nil),
	lonely{}, word{}, one{}, num(0), lonelyNum(0), flags{}, empty{}, rec{}, big200{}, emb{}, &emb{},
	map[string]int{}, map[big200]int{}, map[int]big200{}, map[big200]big200{}, map[int8]bool{}, map[bool]struct{}{},
	map[struct{}]struct{}{}, map[string]struct{}{}, map[int32]int64{}, map[int64]int8{}, map[[3]byte]uint16{},
	map[interface{}]interface{}{}, map[float32]complex128{}, map[string][]map[int]string{}, map[[128]byte][128]byte{},
	map[[129]byte][129]byte{}, map[struct {
		a int8
		b int64
	}]struct {
		a int64
		b int8
	}{},
	struct {
		A int
		b string
	}{},
	new(methods), new(fmt.Stringer), new(error), new(interface{}),
	http.Request{}, &http.Server{}, &http.Client{}, http.DefaultTransport, tls.Config{}, url.URL{}, time.Time{},
	time.Duration(0), big.Int{}, net.IP{}, net.TCPConn{}, json.Decoder{}, template.Template{}, ast.File{},
	errors.New("x"), os.PathError{}, io.EOF, context.Background(), strings.Builder{}, bufio.Reader{},
	reflect.Value{}, sync.Map{}, sync.WaitGroup{}, time.Timer{},
}

func address(t reflect.Type) uintptr {
	return (*[2]uintptr)(unsafe.Pointer(&t))[1]
}

func direct(minor int, t reflect.Type) bool {
	p := (*[48]byte)(unsafe.Pointer(address(t)))
	if minor >= 26 {
		return p[20]&32 != 0
	}
	return p[23]&32 != 0
}

func printMap(minor int, t reflect.Type) {
	at := address(t)
	word := func(off uintptr) uint64 { return *(*uint64)(unsafe.Pointer(at + off)) }
	classic := minor <= 23 || strings.Contains(version, "noswissmap")
	fmt.Printf("map\t%x\t", at)
	switch {
	case classic:
		w := word(80)
		fmt.Printf("key_stride=%d elem_stride=%d size=%d ik=%d ie=%d", w&255, w>>8&255, w>>16&0xffff, w>>32&1, w>>33&1)
	case minor <= 26:
		f := word(104)
		fmt.Printf("size=%d key_stride=%d elem_stride=%d key_off=8 elem_off=%d ik=%d ie=%d", word(80), word(88), word(88),
			8+word(96), f>>2&1, f>>3&1)
	default:
		f := word(128)
		fmt.Printf("size=%d key_off=%d key_stride=%d elem_off=%d elem_stride=%d ik=%d ie=%d", word(80), word(88), word(96),
			word(104), word(112), f>>2&1, f>>3&1)
	}
	fmt.Println()
}

func printType(minor int, t reflect.Type, todo *[]reflect.Type) {
	var key, elem uintptr
	var count int
	fields := ""
	see := func(u reflect.Type) uintptr {
		*todo = append(*todo, u)
		return address(u)
	}
	kind := t.Kind().String()
	switch t.Kind() {
	case reflect.Array:
		elem, count = see(t.Elem()), t.Len()
	case reflect.Map:
		key, elem = see(t.Key()), see(t.Elem())
		printMap(minor, t)
	case reflect.Chan, reflect.Slice, reflect.Ptr:
		elem = see(t.Elem())
	case reflect.Interface:
		if t.NumMethod() == 0 {
			kind = "empty interface"
		}
	case reflect.Struct:
		for i := 0; i < t.NumField(); i++ {
			f := t.Field(i)
			fields += fmt.Sprintf(" %s:%d:%v:%x", f.Name, f.Offset, f.Anonymous, see(f.Type))
		}
	case reflect.Func:
		for i := 0; i < t.NumIn(); i++ {
			see(t.In(i))
		}
		for i := 0; i < t.NumOut(); i++ {
			see(t.Out(i))
		}
	}
	named := t.Name() != "" && (strings.Contains(t.String(), ".") || t.String() == "error") && t.Kind() != reflect.UnsafePointer
	fmt.Printf("type\t%x\t%s\t%v\t%s\t%d\t%d\t%v\t%x\t%x\t%d\t%s\n", address(t), kind, named, t.String(), t.Size(),
		t.Align(), direct(minor, t), key, elem, count, fields)
}

func printStructs() {
	f, err := elf.Open("/proc/self/exe")
	if err != nil {
		panic(err)
	}
	d, err := f.DWARF()
	if err != nil {
		return
	}
	wanted := map[string]bool{"runtime.hchan": true, "runtime.waitq": true, "runtime.sudog": true, "runtime.hmap": true,
		"internal/runtime/maps.Map": true, "internal/runtime/maps.table": true,
		"internal/runtime/maps.groupsReference": true}
	r := d.Reader()
	for {
		e, err := r.Next()
		if e == nil || err != nil {
			return
		}
		name, _ := e.Val(dwarf.AttrName).(string)
		if e.Tag == dwarf.TagSubprogram {
			r.SkipChildren()
		}
		if e.Tag != dwarf.TagStructType || !wanted[name] {
			continue
		}
		wanted[name] = false
		t, err := d.Type(e.Offset)
		if err != nil {
			panic(err)
		}
		fmt.Printf("struct\t%s\t\t%d\n", name, t.Size())
		for _, m := range t.(*dwarf.StructType).Field {
			fmt.Printf("struct\t%s\t%s\t%d\n", name, m.Name, m.ByteOffset)
		}
	}
}

var version string

func main() {
	var minor int
	version = runtime.Version()
	fmt.Sscanf(version, "go1.%d", &minor)
	fmt.Printf("main\t%x\n", reflect.ValueOf(main).Pointer())
	seen := map[reflect.Type]bool{}
	var todo []reflect.Type
	for _, v := range roots {
		todo = append(todo, reflect.TypeOf(v))
	}
	for len(todo) > 0 {
		t := todo[0]
		todo = todo[1:]
		if !seen[t] {
			seen[t] = true
			printType(minor, t, &todo)
		}
	}
	printStructs()
}
