// SPDX-License-Identifier: BSD-2-Clause

// The truth about values of one word or less, floats and complex numbers.
package main

import (
	"math"

	. "example.com/targets/truth"
)

type weekday uint8
type celsius float64
type flag bool
type char rune
type handle uintptr

type floats struct {
	F32  float32
	F64  float64
	C64  complex64
	C128 complex128
}

//go:noinline
func oneBool(a bool) bool { return !a }

//go:noinline
func bools(a, b, c bool) (bool, bool) { return a && b, b || c }

//go:noinline
func oneInt8(a int8) int8 { return a + 1 }

//go:noinline
func oneInt16(a int16) int16 { return a + 1 }

//go:noinline
func oneInt32(a int32) int32 { return a + 1 }

//go:noinline
func oneInt64(a int64) int64 { return a + 1 }

//go:noinline
func oneInt(a int) int { return a + 1 }

//go:noinline
func oneUint8(a uint8) uint8 { return a + 1 }

//go:noinline
func oneUint16(a uint16) uint16 { return a + 1 }

//go:noinline
func oneUint32(a uint32) uint32 { return a + 1 }

//go:noinline
func oneUint64(a uint64) uint64 { return a + 1 }

//go:noinline
func oneUint(a uint) uint { return a + 1 }

//go:noinline
func oneUintptr(a uintptr) uintptr { return a + 1 }

//go:noinline
func signed(a int8, b int16, c int32, d int64, e int) (int, int64, int32, int16, int8) {
	return e, d, c, b, a
}

//go:noinline
func unsigned(a uint8, b uint16, c uint32, d uint64, e uint, f uintptr) (uintptr, uint, uint64, uint32, uint16, uint8) {
	return f, e, d, c, b, a
}

// The upper bits of these registers are whatever the caller had there.
//
//go:noinline
func narrow(a int8, b uint16, c int32, d bool, e uint8) (r int8, s uint16, t bool) {
	return a, b, d
}

//go:noinline
func oneFloat32(x float32) float32 { return x }

//go:noinline
func oneFloat64(x float64) float64 { return x }

//go:noinline
func mixed(a int, x float64, b uint8, y float32, c bool) (float64, int, float32, bool) {
	return x, a, y, c
}

// More floats than there are registers for: the last ones are on the stack with every calling convention.
//
//go:noinline
func manyFloats(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q float64, r float32) (sum float64) {
	return a + b + c + d + e + f + g + h + i + j + k + l + m + n + o + p + q + float64(r)
}

//go:noinline
func oneComplex64(c complex64) complex64 { return c }

//go:noinline
func oneComplex128(c complex128) complex128 { return c }

//go:noinline
func floatsBehind(p *floats, n int) *floats { return p }

//go:noinline
func named(d weekday, t celsius, f flag, c char, h handle) (handle, char, flag, weekday) {
	return h, c, f, d
}

//go:noinline
func pointers(a *int, b *bool, c *int8, d *float64, e *uint64) (*uint64, *int) { return e, a }

//go:noinline
func manyInts(a, b, c, d, e, f, g, h, i, j, k int, l int8, m uint16, n bool) (int, int8, uint16, bool) {
	return a + b + c + d + e + f + g + h + i + j + k, l, m, n
}

var dirty = []uint64{0xdeadbeefcafef00d, 0xffffffffffffff80, 0x7f, 0x0123456789abcdef, 0x8000000000000001}

func integers() {
	for _, a := range []int8{0, 1, -1, math.MaxInt8, math.MinInt8} {
		in := F("a", a)
		Call("main.oneInt8", in, F("r0", oneInt8(a)))
	}
	for _, a := range []int16{0, 1, -1, math.MaxInt16, math.MinInt16} {
		in := F("a", a)
		Call("main.oneInt16", in, F("r0", oneInt16(a)))
	}
	for _, a := range []int32{0, 1, -1, math.MaxInt32, math.MinInt32} {
		in := F("a", a)
		Call("main.oneInt32", in, F("r0", oneInt32(a)))
	}
	for _, a := range []int64{0, 1, -1, math.MaxInt64, math.MinInt64, 1<<53 + 1, -(1<<53 + 1)} {
		in := F("a", a)
		Call("main.oneInt64", in, F("r0", oneInt64(a)))
		in = F("a", int(a))
		Call("main.oneInt", in, F("r0", oneInt(int(a))))
		x, y, z, u, v := signed(int8(a), int16(a), int32(a), a, int(-a))
		Call("main.signed", F("a", int8(a), "b", int16(a), "c", int32(a), "d", a, "e", int(-a)),
			F("r0", x, "r1", y, "r2", z, "r3", u, "r4", v))
	}
	for _, a := range []uint64{0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 1<<31 - 1, 1 << 31, 1<<53 + 1, 1 << 63, math.MaxUint64} {
		Call("main.oneUint8", F("a", uint8(a)), F("r0", oneUint8(uint8(a))))
		Call("main.oneUint16", F("a", uint16(a)), F("r0", oneUint16(uint16(a))))
		Call("main.oneUint32", F("a", uint32(a)), F("r0", oneUint32(uint32(a))))
		Call("main.oneUint64", F("a", a), F("r0", oneUint64(a)))
		Call("main.oneUint", F("a", uint(a)), F("r0", oneUint(uint(a))))
		Call("main.oneUintptr", F("a", uintptr(a)), F("r0", oneUintptr(uintptr(a))))
		x, y, z, u, v, w := unsigned(uint8(a), uint16(a), uint32(a), a, uint(a), uintptr(a))
		Call("main.unsigned", F("a", uint8(a), "b", uint16(a), "c", uint32(a), "d", a, "e", uint(a), "f", uintptr(a)),
			F("r0", x, "r1", y, "r2", z, "r3", u, "r4", v, "r5", w))
	}
	for i, a := range dirty {
		b, c := dirty[(i+1)%len(dirty)], dirty[(i+2)%len(dirty)]
		r, s, t := narrow(int8(a), uint16(b), int32(c), a&1 != 0, uint8(b))
		Call("main.narrow", F("a", int8(a), "b", uint16(b), "c", int32(c), "d", a&1 != 0, "e", uint8(b)),
			F("r", r, "s", s, "t", t))
	}
	n, i8, u16, ok := manyInts(1, -2, 3, -4, 5, -6, 7, -8, 9, -10, math.MinInt64, -128, 65535, true)
	Call("main.manyInts", F("a", 1, "b", -2, "c", 3, "d", -4, "e", 5, "f", -6, "g", 7, "h", -8, "i", 9, "j", -10,
		"k", math.MinInt64, "l", int8(-128), "m", uint16(65535), "n", true), F("r0", n, "r1", i8, "r2", u16, "r3", ok))
}

func floating() {
	for _, x := range []float32{0, 1, -1.5, 0.1, math.MaxFloat32, math.SmallestNonzeroFloat32,
		float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN()), 16777217} {
		Call("main.oneFloat32", F("x", x), F("r0", oneFloat32(x)))
	}
	for _, x := range []float64{0, math.Copysign(0, -1), 1, -1.5, 0.1, math.Pi, math.MaxFloat64, -math.MaxFloat64,
		math.SmallestNonzeroFloat64, 1e21, 1e-7, 123456789, math.Inf(1), math.Inf(-1), math.NaN()} {
		Call("main.oneFloat64", F("x", x), F("r0", oneFloat64(x)))
		y, a, z, c := mixed(-7, x, 200, float32(x), true)
		Call("main.mixed", F("a", -7, "x", x, "b", uint8(200), "y", float32(x), "c", true),
			F("r0", y, "r1", a, "r2", z, "r3", c))
		v := &floats{float32(x), x, complex(float32(x), -1), complex(0.5, x)}
		in := F("p", v, "n", 3)
		Call("main.floatsBehind", in, F("r0", floatsBehind(v, 3)))
		Call("main.oneComplex128", F("c", complex(x, -x)), F("r0", oneComplex128(complex(x, -x))))
		Call("main.oneComplex64", F("c", complex(float32(x), 2)), F("r0", oneComplex64(complex(float32(x), 2))))
	}
	sum := manyFloats(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15.5, 16.25, -17, 0.1)
	Call("main.manyFloats", F("a", 1.0, "b", 2.0, "c", 3.0, "d", 4.0, "e", 5.0, "f", 6.0, "g", 7.0, "h", 8.0, "i", 9.0,
		"j", 10.0, "k", 11.0, "l", 12.0, "m", 13.0, "n", 14.0, "o", 15.5, "p", 16.25, "q", -17.0, "r", float32(0.1)),
		F("sum", sum))
}

func main() {
	Start()
	for i := 0; i < 8; i++ {
		a, b, c := i&1 != 0, i&2 != 0, i&4 != 0
		Call("main.oneBool", F("a", a), F("r0", oneBool(a)))
		x, y := bools(a, b, c)
		Call("main.bools", F("a", a, "b", b, "c", c), F("r0", x, "r1", y))
	}
	integers()
	floating()
	h, c, f, d := named(6, -273.15, true, 'é', 0xfffffffffffffff0)
	Call("main.named", F("d", weekday(6), "t", celsius(-273.15), "f", flag(true), "c", char('é'), "h", handle(0xfffffffffffffff0)),
		F("r0", h, "r1", c, "r2", f, "r3", d))
	i, t, i8, f64, u64 := -42, true, int8(-3), 2.5, uint64(math.MaxUint64)
	in := F("a", &i, "b", &t, "c", &i8, "d", &f64, "e", &u64)
	pu, pi := pointers(&i, &t, &i8, &f64, &u64)
	Call("main.pointers", in, F("r0", pu, "r1", pi))
	pu, pi = pointers(nil, nil, nil, nil, nil)
	Call("main.pointers", F("a", (*int)(nil), "b", (*bool)(nil), "c", (*int8)(nil), "d", (*float64)(nil), "e", (*uint64)(nil)),
		F("r0", pu, "r1", pi))
	Done()
}
