// SPDX-License-Identifier: BSD-2-Clause

// The truth about strings, byte slices, slices and arrays.
package main

import (
	. "example.com/targets/truth"
)

type path string
type blob []byte
type names []string
type digest [4]byte

//go:noinline
func oneString(s string) int { return len(s) }

//go:noinline
func twoStrings(a, b string) (string, bool) { return a + b, a < b }

//go:noinline
func giveString(n int) (s string, ok bool) { return texts[n], n > 0 }

//go:noinline
func bytes(b []byte) int { return len(b) }

//go:noinline
func giveBytes(b []byte, n int) []byte { return b[:n] }

//go:noinline
func ints(a []int, b []int8, c []uint16) ([]uint16, int) { return c, len(a) }

//go:noinline
func floats(a []float64, b []float32) []float64 { return a }

//go:noinline
func boolSlice(a []bool) []bool { return a }

//go:noinline
func stringSlice(a []string, n int) ([]string, int) { return a[:n], n }

//go:noinline
func nested(a [][]int, b [][]string) ([][]string, int) { return b, len(a) }

//go:noinline
func byteSlices(a [][]byte) [][]byte { return a }

//go:noinline
func arrays(a [3]int, b [2]string, c [0]int, d [1]uint8, e [4]byte) ([4]byte, [2]string) { return e, b }

//go:noinline
func smallArrays(a [1]int, b [1]string, c [0]string, n int) (int, [1]string) { return n + a[0], b }

//go:noinline
func matrix(m [2][3]int16, k int) [2][3]int16 { return m }

//go:noinline
func bigArray(a [40]int, b string) (int, string) { return a[39], b }

//go:noinline
func arrayPointer(a *[3]int, b *string, c *[]int) *[3]int { return a }

//go:noinline
func named(p path, b blob, n names, d digest) (digest, names, blob, path) { return d, n, b, p }

//go:noinline
func arrayOfSlices(a [2][]int, b [2][]byte) int { return len(a[0]) + len(b[1]) }

//go:noinline
func untouched(s string, n int) int { return n }

//go:noinline
func untouchedSlice(p *holder, n int) int { return n }

type holder struct {
	S string
	B bool
}

// A constant of 512 KiB in read-only memory, of which the program touches nothing before the calls: the windows that
// are passed are more than the kernel maps around a fault away from each other and from everything else.
const (
	k64  = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-+"
	k512 = k64 + k64 + k64 + k64 + k64 + k64 + k64 + k64
	k4k  = k512 + k512 + k512 + k512 + k512 + k512 + k512 + k512
	k32k = k4k + k4k + k4k + k4k + k4k + k4k + k4k + k4k
	kBig = k32k + k32k + k32k + k32k + k32k + k32k + k32k + k32k + k32k + k32k + k32k + k32k + k32k + k32k + k32k + k32k
)

var big = kBig

var texts = []string{
	"", "a", "hello, world", "with \"quotes\" and \\ and \t tab\n", "æøå 日本語 🎉", "nul\x00inside\x00", "\x00",
	"bad utf-8 \xff\xfe\xc3", "\xc3", "del\x7f esc\x1b[31m", string(make([]byte, 300)), k512,
	k64 + k64 + k64 + k64, k64 + k64 + k64 + k64 + "x", "é" + k64 + k64 + k64 + "\n" + k64[:62] + "é", " ", "null", "</script>",
}

func strings() {
	for i, s := range texts {
		Call("main.oneString", F("s", s), F("r0", oneString(s)))
		t := texts[(i+3)%len(texts)]
		r, less := twoStrings(s, t)
		Call("main.twoStrings", F("a", s, "b", t), F("r0", r, "r1", less))
		g, ok := giveString(i)
		Call("main.giveString", F("n", i), F("s", g, "ok", ok))
		b := []byte(s)
		Call("main.bytes", F("b", b), F("r0", bytes(b)))
		in := F("b", b, "n", len(b)/2)
		Call("main.giveBytes", in, F("r0", giveBytes(b, len(b)/2)))
		n := names{s, t}
		p, bl, nn, d := path(s), blob(t), n, digest{byte(i), 255, 0, 'x'}
		rd, rn, rb, rp := named(p, bl, nn, d)
		Call("main.named", F("p", p, "b", bl, "n", nn, "d", d), F("r0", rd, "r1", rn, "r2", rb, "r3", rp))
	}
	long := make([]byte, 70000)
	for i := range long {
		long[i] = 'a' + byte(i%26)
	}
	s := string(long)
	Call("main.oneString", F("s", s), F("r0", oneString(s)))
	Call("main.bytes", F("b", long), F("r0", bytes(long)))
	Call("main.giveBytes", F("b", long, "n", 69999), F("r0", giveBytes(long, 69999)))
	Call("main.bytes", F("b", []byte(nil)), F("r0", bytes(nil)))
	Call("main.bytes", F("b", []byte{}), F("r0", bytes([]byte{})))
	// A window into a buffer that is used again, with bytes of other text on both sides.
	window := long[100:110]
	Call("main.bytes", F("b", window), F("r0", bytes(window)))
}

func slices() {
	many := make([]int, 100)
	for i := range many {
		many[i] = i * i * -1
	}
	for _, a := range [][]int{nil, {}, {1}, {-1, 0, 1}, many[:16], many[:17], many} {
		b := []int8{-128, 127}
		c := []uint16{65535, 0, 1}
		if len(a) == 0 {
			b, c = nil, []uint16{}
		}
		r, n := ints(a, b, c)
		Call("main.ints", F("a", a, "b", b, "c", c), F("r0", r, "r1", n))
	}
	f64, f32 := []float64{0.1, -2.5e300, 3}, []float32{0.1, 16777216}
	Call("main.floats", F("a", f64, "b", f32), F("r0", floats(f64, f32)))
	Call("main.floats", F("a", []float64(nil), "b", f32[:0]), F("r0", floats(nil, f32[:0])))
	bs := []bool{true, false, true}
	Call("main.boolSlice", F("a", bs), F("r0", boolSlice(bs)))
	for _, a := range [][]string{nil, {}, {""}, {"a", "", "ccc"}, texts[:5], texts} {
		r, n := stringSlice(a, len(a)/2)
		Call("main.stringSlice", F("a", a, "n", len(a)/2), F("r0", r, "r1", n))
	}
	nn := [][]int{{1, 2}, nil, {}, {3}}
	ns := [][]string{{"x", "yy"}, nil, {""}}
	r, n := nested(nn, ns)
	Call("main.nested", F("a", nn, "b", ns), F("r0", r, "r1", n))
	bb := [][]byte{[]byte("one"), nil, {}, {0, 1, 2}, []byte("five")}
	Call("main.byteSlices", F("a", bb), F("r0", byteSlices(bb)))
}

func fixed() {
	a3, b2, d1, e4 := [3]int{1, -2, 3}, [2]string{"first", ""}, [1]uint8{200}, [4]byte{'t', 'e', 'x', 't'}
	r0, r1 := arrays(a3, b2, [0]int{}, d1, e4)
	Call("main.arrays", F("a", a3, "b", b2, "c", [0]int{}, "d", d1, "e", e4), F("r0", r0, "r1", r1))
	n, s := smallArrays([1]int{-5}, [1]string{"only"}, [0]string{}, 9)
	Call("main.smallArrays", F("a", [1]int{-5}, "b", [1]string{"only"}, "c", [0]string{}, "n", 9), F("r0", n, "r1", s))
	m := [2][3]int16{{1, 2, 3}, {-1, -2, -3}}
	Call("main.matrix", F("m", m, "k", 4), F("r0", matrix(m, 4)))
	var big40 [40]int
	for i := range big40 {
		big40[i] = i - 20
	}
	last, str := bigArray(big40, "behind")
	Call("main.bigArray", F("a", big40, "b", "behind"), F("r0", last, "r1", str))
	str2, sl := "pointed at", []int{1, 2}
	in := F("a", &a3, "b", &str2, "c", &sl)
	Call("main.arrayPointer", in, F("r0", arrayPointer(&a3, &str2, &sl)))
	Call("main.arrayPointer", F("a", (*[3]int)(nil), "b", (*string)(nil), "c", (*[]int)(nil)),
		F("r0", arrayPointer(nil, nil, nil)))
	as, ab := [2][]int{{1}, nil}, [2][]byte{[]byte("x"), []byte("yz")}
	Call("main.arrayOfSlices", F("a", as, "b", ab), F("r0", arrayOfSlices(as, ab)))
}

func main() {
	Start()
	// All the calls first: printing a window touches its pages.
	var results [4]int
	for i := range results {
		results[i] = untouched(big[100003*(i+1):100003*(i+1)+50+i], i)
	}
	h := &holder{big[460007:460107], true}
	n := untouchedSlice(h, 5)
	for i := range results {
		Call("main.untouched", F("s", big[100003*(i+1):100003*(i+1)+50+i], "n", i), F("r0", results[i]))
	}
	Call("main.untouchedSlice", F("p", h, "n", 5), F("r0", n))
	strings()
	slices()
	fixed()
	Done()
}
