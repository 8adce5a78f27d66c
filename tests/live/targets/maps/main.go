// SPDX-License-Identifier: BSD-2-Clause

// The truth about maps: every kind of key and element, every size at which the runtime lays them out another way, while
// they grow, after deletions, with keys and elements that are stored as pointers.
package main

import (
	"math"
	"strconv"
	"time"

	. "example.com/targets/truth"
)

type point struct{ X, Y int }

type mixed struct {
	A int8
	B string
	C bool
}

type named string
type weekday int
type dict map[string]int
type nested map[string]map[string]int

type key128 [128]byte
type key129 [129]byte
type big struct {
	N    int
	Data [200]byte
	Tail string
}

type shape interface{ Area() int }
type square struct{ Side int }

func (s square) Area() int { return s.Side }

type empty struct{}

type owner struct {
	Name string
	Tags map[string]string
	By   map[int]*owner
}

//go:noinline
func stringInt(m map[string]int) map[string]int { return m }

//go:noinline
func intString(m map[int]string) map[int]string { return m }

//go:noinline
func intInt(m map[int]int, n int) (int, map[int]int) { return n, m }

//go:noinline
func int8Keys(a map[int8]int8, b map[uint8]bool) (map[uint8]bool, map[int8]int8) { return b, a }

//go:noinline
func int16Keys(a map[int16]uint16, b map[uint16]int16) (map[uint16]int16, map[int16]uint16) {
	return b, a
}

//go:noinline
func int32Keys(a map[int32]string, b map[uint32]uint64) (map[uint32]uint64, map[int32]string) {
	return b, a
}

//go:noinline
func int64Keys(a map[int64]int64, b map[uint64]float64) (map[uint64]float64, map[int64]int64) {
	return b, a
}

//go:noinline
func uintptrKeys(a map[uintptr]uintptr, b map[uint]uint) (map[uint]uint, map[uintptr]uintptr) {
	return b, a
}

//go:noinline
func boolKeys(m map[bool]string) map[bool]string { return m }

//go:noinline
func floatKeys(a map[float64]int, b map[float32]string) (map[float32]string, map[float64]int) {
	return b, a
}

//go:noinline
func complexKeys(a map[complex128]int, b map[complex64]bool) (map[complex64]bool, map[complex128]int) {
	return b, a
}

//go:noinline
func runeKeys(m map[rune]byte) map[rune]byte { return m }

//go:noinline
func structKeys(m map[point]string) map[point]string { return m }

//go:noinline
func mixedKeys(m map[mixed]mixed) map[mixed]mixed { return m }

//go:noinline
func arrayKeys(a map[[2]int]int, b map[[3]byte]string) (map[[3]byte]string, map[[2]int]int) {
	return b, a
}

//go:noinline
func stringArrayKeys(m map[[2]string][2]string) map[[2]string][2]string { return m }

//go:noinline
func pointerKeys(m map[*point]int) map[*point]int { return m }

//go:noinline
func anyKeys(m map[interface{}]interface{}) map[interface{}]interface{} { return m }

//go:noinline
func shapeKeys(m map[shape]string) map[shape]string { return m }

//go:noinline
func chanKeys(m map[chan int]int) map[chan int]int { return m }

//go:noinline
func emptyKeys(m map[struct{}]int, n map[[0]int]string) (map[[0]int]string, map[struct{}]int) {
	return n, m
}

//go:noinline
func namedKeys(a map[named]weekday, b map[weekday]named) (map[weekday]named, map[named]weekday) {
	return b, a
}

//go:noinline
func durationKeys(m map[time.Duration]time.Month) map[time.Duration]time.Month { return m }

//go:noinline
func key128s(m map[key128]int) map[key128]int { return m }

//go:noinline
func key129s(m map[key129]int) map[key129]int { return m }

//go:noinline
func bigKeys(m map[big]string) map[big]string { return m }

//go:noinline
func bigElems(m map[int]big) map[int]big { return m }

//go:noinline
func elem128(m map[string][128]byte) map[string][128]byte { return m }

//go:noinline
func elem129(m map[string][129]byte) map[string][129]byte { return m }

//go:noinline
func bigBoth(m map[key129]big) map[key129]big { return m }

//go:noinline
func boolElems(m map[string]bool) map[string]bool { return m }

//go:noinline
func emptyElems(m map[string]struct{}, n map[int]empty) (map[int]empty, map[string]struct{}) {
	return n, m
}

//go:noinline
func zeroElems(m map[int8][0]string) map[int8][0]string { return m }

//go:noinline
func floatElems(a map[string]float32, b map[int8]float64) (map[int8]float64, map[string]float32) {
	return b, a
}

//go:noinline
func complexElems(m map[string]complex128) map[string]complex128 { return m }

//go:noinline
func pointerElems(m map[string]*point) map[string]*point { return m }

//go:noinline
func structElems(m map[int]mixed) map[int]mixed { return m }

//go:noinline
func sliceElems(a map[string][]int, b map[int][]string) (map[int][]string, map[string][]int) {
	return b, a
}

//go:noinline
func bytesElems(m map[string][]byte) map[string][]byte { return m }

//go:noinline
func arrayElems(m map[uint8][3]uint16) map[uint8][3]uint16 { return m }

//go:noinline
func anyElems(m map[string]interface{}) map[string]interface{} { return m }

//go:noinline
func shapeElems(m map[int]shape) map[int]shape { return m }

//go:noinline
func errorElems(m map[string]error) map[string]error { return m }

//go:noinline
func funcElems(m map[string]func(int) int) map[string]func(int) int { return m }

//go:noinline
func chanElems(m map[int]chan string) map[int]chan string { return m }

//go:noinline
func mapElems(m map[string]map[int]string) map[string]map[int]string { return m }

//go:noinline
func mapsOfMaps(m nested) nested { return m }

//go:noinline
func namedMap(d dict) dict { return d }

//go:noinline
func sliceOfMaps(s []map[string]int) []map[string]int { return s }

//go:noinline
func arrayOfMaps(a [2]map[int]int) [2]map[int]int { return a }

//go:noinline
func pointerToMap(p *map[string]int, q **map[int]int) (**map[int]int, *map[string]int) { return q, p }

//go:noinline
func owners(o owner) owner { return o }

//go:noinline
func ownersBehind(o *owner) *owner { return o }

//go:noinline
func anonymousElems(m map[string]struct {
	A int
	B []string
}) map[string]struct {
	A int
	B []string
} {
	return m
}

//go:noinline
func severalMaps(a map[string]int, n int, b map[int]string, s string, c map[bool]bool) (map[bool]bool, string, int) {
	return c, s, n
}

//go:noinline
func filled(m map[string]int, k string, v int) map[string]int { m[k] = v; return m }

//go:noinline
func deleted(m map[int]int, k int) map[int]int { delete(m, k); return m }

//go:noinline
func (d dict) add(k string, n int) dict { d[k] += n; return d }

//go:noinline
func (o *owner) tag(k, v string) map[string]string { o.Tags[k] = v; return o.Tags }

func main() {
	Start()
	sizes()
	growing()
	keys()
	large()
	elems()
	inside()
	Done()
}

func numbered(n int) (map[string]int, map[int]string, map[int]int) {
	a, b, c := map[string]int{}, map[int]string{}, map[int]int{}
	for i := 0; i < n; i++ {
		a["k"+strconv.Itoa(i)], b[-i], c[i*i] = i, "v"+strconv.Itoa(i), -i
	}
	return a, b, c
}

func sizes() {
	Do("main.stringInt", stringInt, "m", nil)
	Do("main.intString", intString, "m", nil)
	for _, n := range []int{0, 1, 2, 3, 7, 8, 9, 13, 14, 15, 16, 17, 26, 27, 52, 53, 100, 500, 897, 1100, 3000} {
		a, b, c := numbered(n)
		Do("main.stringInt", stringInt, "m", a)
		Do("main.intString", intString, "m", b)
		Do("main.intInt", intInt, "m,n", c, n)
	}
	for _, n := range []int{0, 8, 9, 100, 1000} {
		m := make(map[string]int, n)
		if n > 9 {
			Scattered(m)
		}
		Do("main.stringInt", stringInt, "m", m)
		m["only"] = n
		Do("main.stringInt", stringInt, "m", m)
	}
}

func growing() {
	// Each size in turn: one of them is in the middle of a move to more buckets, whenever the runtime starts one.
	m := map[string]int{}
	for i := 0; i < 60; i++ {
		Do("main.filled", filled, "m,k,v", m, "grow"+strconv.Itoa(i), i)
	}
	d := map[int]int{}
	for i := 0; i < 240; i++ {
		d[i] = i
	}
	for i := 0; i < 240; i += 3 {
		delete(d, i)
	}
	Do("main.deleted", deleted, "m,k", d, 1)
	for i := 0; i < 238; i++ {
		delete(d, i)
	}
	Scattered(d)
	Do("main.deleted", deleted, "m,k", d, 5000)
	Do("main.deleted", deleted, "m,k", d, 238)
	Do("main.deleted", deleted, "m,k", d, 239)
	// Insertions and deletions that fill up overflow buckets, so that the same size is laid out anew.
	for i := 0; i < 5000; i++ {
		d[i] = i
		if i >= 12 {
			delete(d, i-12)
		}
		if i%500 == 499 {
			Do("main.intInt", intInt, "m,n", d, i)
		}
	}
	few := map[int]int{}
	for i := 0; i < 3000; i++ {
		few[i] = -i
		delete(few, i-6)
		if i%100 == 99 {
			Do("main.intInt", intInt, "m,n", few, i)
		}
	}
}

func keys() {
	p, q := &point{1, 2}, &point{3, 4}
	Do("main.int8Keys", int8Keys, "a,b", map[int8]int8{-128: 127, 0: 1, 5: -5}, map[uint8]bool{255: true, 0: false})
	Do("main.int16Keys", int16Keys, "a,b", map[int16]uint16{-1: 65535}, map[uint16]int16{65535: -1, 1: 1})
	Do("main.int32Keys", int32Keys, "a,b", map[int32]string{-1 << 31: "min", 7: ""}, map[uint32]uint64{1: 1<<64 - 1})
	Do("main.int64Keys", int64Keys, "a,b", map[int64]int64{-1 << 63: 1<<63 - 1}, map[uint64]float64{1<<64 - 1: 0.5})
	Do("main.uintptrKeys", uintptrKeys, "a,b", map[uintptr]uintptr{4096: 1}, map[uint]uint{3: 4})
	Do("main.boolKeys", boolKeys, "m", map[bool]string{true: "yes", false: "no"})
	Do("main.floatKeys", floatKeys, "a,b", map[float64]int{0.1: 1, math.Inf(1): 2, -1e300: 3}, map[float32]string{0.1: "f"})
	Do("main.floatKeys", floatKeys, "a,b", map[float64]int{math.NaN(): 5, 0: 6}, nil)
	Do("main.complexKeys", complexKeys, "a,b", map[complex128]int{1 + 2i: 3}, map[complex64]bool{-1i: true})
	Do("main.runeKeys", runeKeys, "m", map[rune]byte{'a': 1, 'ü': 2, 0x10ffff: 3})
	Do("main.structKeys", structKeys, "m", map[point]string{{1, 2}: "a", {-1, 0}: "b"})
	Do("main.mixedKeys", mixedKeys, "m", map[mixed]mixed{{1, "one", true}: {2, "two", false}, {}: {-1, "", true}})
	Do("main.arrayKeys", arrayKeys, "a,b", map[[2]int]int{{1, 2}: 3, {}: 4}, map[[3]byte]string{{'a', 'b', 'c'}: "abc"})
	Do("main.stringArrayKeys", stringArrayKeys, "m", map[[2]string][2]string{{"a", "b"}: {"c", ""}})
	Do("main.pointerKeys", pointerKeys, "m", map[*point]int{p: 1, q: 2, nil: 3})
	Do("main.anyKeys", anyKeys, "m", map[interface{}]interface{}{1: "int", "s": 2, nil: nil, true: 2.5, *p: p, p: *p,
		named("n"): weekday(3), [1]int{5}: []int{6}})
	Do("main.shapeKeys", shapeKeys, "m", map[shape]string{square{1}: "one", &square{2}: "two", nil: "none"})
	Do("main.chanKeys", chanKeys, "m", map[chan int]int{make(chan int, 2): 1, nil: 2})
	Do("main.emptyKeys", emptyKeys, "m,n", map[struct{}]int{{}: 5}, map[[0]int]string{{}: "z"})
	Do("main.emptyKeys", emptyKeys, "m,n", map[struct{}]int{}, nil)
	Do("main.namedKeys", namedKeys, "a,b", map[named]weekday{"mon": 1, "": 0}, map[weekday]named{1: "mon"})
	Do("main.durationKeys", durationKeys, "m", map[time.Duration]time.Month{time.Second: time.May, -1: 0})
	for _, n := range []int{9, 20, 40} {
		a, b := map[point]string{}, map[interface{}]interface{}{}
		c, d := map[int8]int8{}, map[uint8]bool{}
		for i := 0; i < n; i++ {
			a[point{i, -i}], c[int8(i-5)], d[uint8(i*3)] = strconv.Itoa(i), int8(i), i&1 == 0
			b[i], b[strconv.Itoa(i)] = i, nil
		}
		Do("main.structKeys", structKeys, "m", a)
		Do("main.int8Keys", int8Keys, "a,b", c, d)
		Do("main.anyKeys", anyKeys, "m", b)
	}
}

func large() {
	for _, n := range []int{1, 3, 8, 9, 12, 30} {
		a, b, c := map[key128]int{}, map[key129]int{}, map[big]string{}
		d, e := map[int]big{}, map[string][128]byte{}
		f, g := map[string][129]byte{}, map[key129]big{}
		for i := 0; i < n; i++ {
			var x big
			x.N, x.Tail = i, strconv.Itoa(i)
			x.Data[0], x.Data[199] = byte(i), byte(255-i)
			a[key128{byte(i), 127: 1}], b[key129{byte(i), 128: 2}], c[x] = i, -i, x.Tail
			d[i], e[x.Tail], f[x.Tail], g[key129{0: byte(i), 128: 1}] = x, [128]byte{0: byte(i), 127: 9}, [129]byte{0: byte(i), 128: 1}, x
		}
		Do("main.key128s", key128s, "m", a)
		Do("main.key129s", key129s, "m", b)
		Do("main.bigKeys", bigKeys, "m", c)
		Do("main.bigElems", bigElems, "m", d)
		Do("main.elem128", elem128, "m", e)
		Do("main.elem129", elem129, "m", f)
		Do("main.bigBoth", bigBoth, "m", g)
	}
}

type failure struct{ Code int }

func (f failure) Error() string { return "failure " + strconv.Itoa(f.Code) }

func elems() {
	p := &point{5, 6}
	Do("main.boolElems", boolElems, "m", map[string]bool{"t": true, "f": false})
	Do("main.emptyElems", emptyElems, "m,n", map[string]struct{}{"a": {}, "b": {}}, map[int]empty{1: {}})
	Do("main.zeroElems", zeroElems, "m", map[int8][0]string{1: {}, -1: {}})
	Do("main.floatElems", floatElems, "a,b", map[string]float32{"x": 0.1, "": -0.5}, map[int8]float64{3: math.Pi})
	Do("main.complexElems", complexElems, "m", map[string]complex128{"c": 1 - 1i})
	Do("main.pointerElems", pointerElems, "m", map[string]*point{"p": p, "nil": nil, "same": p})
	Do("main.structElems", structElems, "m", map[int]mixed{1: {1, "one", true}, 2: {}})
	Do("main.sliceElems", sliceElems, "a,b", map[string][]int{"s": {1, 2}, "nil": nil, "e": {}}, map[int][]string{1: {"x"}})
	Do("main.bytesElems", bytesElems, "m", map[string][]byte{"text": []byte("text"), "hex": {0xff}, "nil": nil})
	Do("main.arrayElems", arrayElems, "m", map[uint8][3]uint16{1: {1, 2, 3}})
	Do("main.anyElems", anyElems, "m", map[string]interface{}{"i": 1, "s": "str", "nil": nil, "p": p, "f": 1.5, "v": *p})
	Do("main.shapeElems", shapeElems, "m", map[int]shape{1: square{1}, 2: &square{2}, 3: nil})
	Do("main.errorElems", errorElems, "m", map[string]error{"f": failure{3}, "nil": nil})
	Do("main.funcElems", funcElems, "m", map[string]func(int) int{"twice": twice, "nil": nil})
	Do("main.chanElems", chanElems, "m", map[int]chan string{1: make(chan string), 2: nil})
	Do("main.mapElems", mapElems, "m", map[string]map[int]string{"a": {1: "one"}, "nil": nil, "e": {}})
	Do("main.mapsOfMaps", mapsOfMaps, "m", nested{"x": {"a": 1, "b": 2}, "y": {}})
	Do("main.anonymousElems", anonymousElems, "m", map[string]struct {
		A int
		B []string
	}{"k": {1, []string{"b"}}, "z": {}})
	Do("main.stringInt", stringInt, "m", map[string]int{"": 1, "\xff": 2, "nul\x00": 3, "ünï": 4, "quote\"": 5})
}

func twice(n int) int { return 2 * n }

func inside() {
	a, b, c := numbered(3)
	d := dict{"x": 1}
	Do("main.namedMap", namedMap, "d", d)
	Do("main.dict.add", dict.add, "d,k,n", d, "y", 5)
	Do("main.dict.add", dict.add, "d,k,n", d, "x", 6)
	Do("main.sliceOfMaps", sliceOfMaps, "s", []map[string]int{a, nil, {}})
	Do("main.arrayOfMaps", arrayOfMaps, "a", [2]map[int]int{c, nil})
	pc := &c
	Do("main.pointerToMap", pointerToMap, "p,q", &a, &pc)
	var none map[string]int
	Do("main.pointerToMap", pointerToMap, "p,q", &none, nil)
	o := owner{Name: "o", Tags: map[string]string{"a": "b"}}
	o.By = map[int]*owner{1: {Name: "one"}, 2: &o, 3: nil}
	Do("main.owners", owners, "o", owner{Name: "alone"})
	Do("main.owners", owners, "o", o)
	Do("main.ownersBehind", ownersBehind, "o", &o)
	Do("main.(*owner).tag", (*owner).tag, "o,k,v", &o, "new", "tag")
	Do("main.severalMaps", severalMaps, "a,n,b,s,c", a, 5, b, "s", map[bool]bool{true: false})
	Do("main.severalMaps", severalMaps, "a,n,b,s,c", nil, 6, nil, "", nil)
}
