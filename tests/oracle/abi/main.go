// SPDX-License-Identifier: BSD-2-Clause

// Random function types and where this Go version's own reflect package, which calls functions by these rules, puts
// their arguments and results. One line a function:
//
//	PARAMS > RESULTS = LOC LOC …
//
// with types as b (bool), iN uN fN cN (N bytes), s (string), l (slice), e (interface), p (pointer shaped), {…} (struct),
// [nT] (array), and each value's location as pieces joined by "+": rN@OFF:SIZE (Nth integer register), xN@OFF:SIZE,
// m@OFF:SIZE (at CFA + OFF), "-" for no bytes.
package main

import (
	"fmt"
	"math/rand"
	"os"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"unsafe"
)

type abiStep struct {
	kind   int
	offset uintptr
	size   uintptr
	stkOff uintptr
	ireg   int
	freg   int
}

type abiSeq struct {
	steps        []abiStep
	valueStart   []int
	stackBytes   uintptr
	iregs, fregs int
}

type abiDesc struct {
	call, ret                           abiSeq
	stackCallArgsSize, retOffset, spill uintptr
	stackPtrs                           unsafe.Pointer
	inRegPtrs, outRegPtrs               [2]uint8
}

//go:linkname funcLayout reflect.funcLayout
func funcLayout(t, rcvr unsafe.Pointer) (frame unsafe.Pointer, pool *sync.Pool, abid abiDesc)

var basic = []struct {
	text string
	typ  reflect.Type
}{
	{"b", reflect.TypeOf(false)},
	{"i1", reflect.TypeOf(int8(0))}, {"i2", reflect.TypeOf(int16(0))},
	{"i4", reflect.TypeOf(int32(0))}, {"i8", reflect.TypeOf(int(0))},
	{"u1", reflect.TypeOf(uint8(0))}, {"u2", reflect.TypeOf(uint16(0))},
	{"u4", reflect.TypeOf(uint32(0))}, {"u8", reflect.TypeOf(uintptr(0))},
	{"f4", reflect.TypeOf(float32(0))}, {"f8", reflect.TypeOf(float64(0))},
	{"c8", reflect.TypeOf(complex64(0))}, {"c16", reflect.TypeOf(complex128(0))},
	{"s", reflect.TypeOf("")}, {"l", reflect.TypeOf([]int{})},
	{"e", reflect.TypeOf((*interface{})(nil)).Elem()},
	{"e", reflect.TypeOf((*error)(nil)).Elem()},
	{"p", reflect.TypeOf((*int)(nil))}, {"p", reflect.TypeOf(map[int]int{})},
	{"p", reflect.TypeOf(make(chan int))}, {"p", reflect.TypeOf(func() {})},
}

func random(r *rand.Rand, depth int) (string, reflect.Type) {
	switch n := r.Intn(100); {
	case n < 20 && depth > 0:
		var text []string
		var fields []reflect.StructField
		for i, n := 0, r.Intn(5); i < n; i++ {
			s, t := random(r, depth-1)
			text = append(text, s)
			fields = append(fields, reflect.StructField{Name: fmt.Sprintf("F%d", i), Type: t})
		}
		return "{" + strings.Join(text, " ") + "}", reflect.StructOf(fields)
	case n < 30 && depth > 0:
		s, t := random(r, depth-1)
		count := []int{0, 1, 1, 1, 2, 3}[r.Intn(6)]
		return fmt.Sprintf("[%d%s]", count, s), reflect.ArrayOf(count, t)
	}
	b := basic[r.Intn(len(basic))]
	return b.text, b.typ
}

func list(r *rand.Rand, max int) (string, []reflect.Type) {
	var text []string
	var types []reflect.Type
	for i, n := 0, r.Intn(max+1); i < n; i++ {
		s, t := random(r, 3)
		text = append(text, s)
		types = append(types, t)
	}
	return strings.Join(text, " "), types
}

func locations(seq *abiSeq) string {
	var out []string
	for i, from := range seq.valueStart {
		to := len(seq.steps)
		if i+1 < len(seq.valueStart) {
			to = seq.valueStart[i+1]
		}
		var pieces []string
		for _, s := range seq.steps[from:to] {
			where := ""
			switch s.kind {
			case 1:
				where = fmt.Sprintf("m@%d:%d", s.stkOff, s.size)
			case 2, 3:
				where = fmt.Sprintf("r%d@%d:%d", s.ireg, s.offset, s.size)
			case 4:
				where = fmt.Sprintf("x%d@%d:%d", s.freg, s.offset, s.size)
			default:
				panic("unknown kind of step")
			}
			pieces = append(pieces, where)
		}
		if pieces == nil {
			pieces = []string{"-"}
		}
		out = append(out, strings.Join(pieces, "+"))
	}
	return strings.Join(out, " ")
}

func main() {
	n, _ := strconv.Atoi(os.Args[1])
	seed, _ := strconv.Atoi(os.Args[2])
	r := rand.New(rand.NewSource(int64(seed)))
	for i := 0; i < n; i++ {
		max := 1 + r.Intn(10)
		ptext, params := list(r, max)
		rtext, results := list(r, 5)
		f := reflect.FuncOf(params, results, false)
		_, _, abid := funcLayout((*[2]unsafe.Pointer)(unsafe.Pointer(&f))[1], nil)
		fmt.Println(strings.Join(strings.Fields(strings.Join([]string{ptext, ">", rtext, "=",
			locations(&abid.call), locations(&abid.ret)}, " ")), " "))
	}
}
