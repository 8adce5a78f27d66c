// SPDX-License-Identifier: BSD-2-Clause

// The truth about floats and complex numbers, which travel in registers of their own from Go 1.17 on: as arguments, as
// results, between integers, in structs, more of them than there are registers, on many goroutines at once.
package main

import (
	"math"
	"runtime"
	"sync"

	. "example.com/targets/truth"
)

type celsius float64
type ratio float32

type vector struct{ X, Y, Z float64 }
type mixed struct {
	N int
	F float64
	S string
	G float32
}
type nested struct {
	V vector
	C complex128
	K int8
}
type single struct{ F float32 }

//go:noinline
func one(f float64) float64 { return f }

//go:noinline
func oneSingle(f float32) float32 { return f }

//go:noinline
func both(f float64, g float32) (float32, float64) { return g, f }

//go:noinline
func argOnly(f float64, n int) int { return n + int(f) }

//go:noinline
func resultOnly(n int) float64 { return float64(n) / 8 }

//go:noinline
func resultSingle(n int32) (float32, int32) { return float32(n) / 4, n }

//go:noinline
func between(a int, f float64, s string, g float32, b bool) (bool, float32, string, float64, int) {
	return b, g, s, f, a
}

//go:noinline
func complexes(c complex128, d complex64) (complex64, complex128) { return d, c }

//go:noinline
func complexAndInt(n int, c complex128, m int) (int, complex128) { return n + m, c }

//go:noinline
func fifteen(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o float64) (float64, float64) { return o, a }

//go:noinline
func twenty(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t float64, z int) (float64, float64, int) {
	return t, a, z
}

//go:noinline
func manyResults(n int) (float64, float64, float64, float64, float64, float64, float64, float64) {
	x := float64(n)
	return x, x + 1, x + 2, x + 3, x + 4, x + 5, x + 6, x + 0.5
}

//go:noinline
func vectors(v vector, by float64) vector { return vector{v.X * by, v.Y * by, v.Z * by} }

//go:noinline
func mixeds(m mixed, n int) (mixed, int) { return m, n }

//go:noinline
func nesteds(n nested) nested { return n }

//go:noinline
func singles(a single, b [1]float64, c [1]single) ([1]single, [1]float64, single) { return c, b, a }

//go:noinline
func namedOnes(c celsius, r ratio) (ratio, celsius) { return r, c }

//go:noinline
func withPointers(p *float64, f float64, q *vector, s []float64) ([]float64, *vector, float64) {
	return s, q, f
}

//go:noinline
func withError(f float64, err error) (float64, error) { return f, err }

//go:noinline
func arrays(a [2]float64, f float64) (float64, [2]float64) { return f, a }

//go:noinline
func computeE(iterations int) float64 {
	res, fact := 1.0, 1.0
	for i := 1; i < iterations; i++ {
		fact *= float64(i)
		res += 1 / fact
	}
	return res
}

//go:noinline
func inner(f float64, depth int) float64 { return f * 2 }

//go:noinline
func outer(f, g float64) (float64, float64) { return inner(f, 1) + g, g }

//go:noinline
func down(f float64, n int) float64 {
	if n == 0 {
		return f
	}
	return down(f+0.25, n-1)
}

//go:noinline
func busy(worker int, f float64, g float32) (float32, float64) { return g + 1, f * 3 }

//go:noinline
func panics(f float64, yes bool) float64 {
	if yes {
		panic("float")
	}
	return f
}

//go:noinline
func (v vector) dot(w vector) float64 { return v.X*w.X + v.Y*w.Y + v.Z*w.Z }

//go:noinline
func (v *vector) scale(by float64) (float64, *vector) { v.X *= by; v.Y *= by; v.Z *= by; return by, v }

//go:noinline
func (c celsius) fahrenheit(shift ratio) (float64, ratio) { return float64(c)*1.8 + 32, shift }

func main() {
	Start()
	for _, f := range []float64{0, math.Copysign(0, -1), 1, -2.5, 0.1, math.Pi, math.MaxFloat64, math.SmallestNonzeroFloat64,
		math.Inf(1), math.Inf(-1), math.NaN(), 1e21, 1e-7, 123456789.125} {
		g := float32(f)
		Do("main.one", one, "f", f)
		Do("main.oneSingle", oneSingle, "f", g)
		Do("main.both", both, "f,g", f, g)
		Do("main.between", between, "a,f,s,g,b", -7, f, "s", g, true)
		Do("main.complexes", complexes, "c,d", complex(f, -f), complex(g, 1))
		Do("main.namedOnes", namedOnes, "c,r", celsius(f), ratio(g))
		Do("main.mixeds", mixeds, "m,n", mixed{1, f, "m", g}, 2)
		Do("main.withError", withError, "f,err", f, nil)
		Do("main.singles", singles, "a,b,c", single{g}, [1]float64{f}, [1]single{{-g}})
		Do("main.withPointers", withPointers, "p,f,q,s", &f, f, &vector{f, 1, 2}, []float64{f, 3})
		Do("main.arrays", arrays, "a,f", [2]float64{f, 1}, f)
	}
	for n := -3; n < 12; n++ {
		Do("main.argOnly", argOnly, "f,n", float64(n)+0.5, n)
		Do("main.resultOnly", resultOnly, "n", n)
		Do("main.resultSingle", resultSingle, "n", int32(n))
		Do("main.complexAndInt", complexAndInt, "n,c,m", n, complex(float64(n), 0.5), 1)
		Do("main.manyResults", manyResults, "n", n)
		Do("main.computeE", computeE, "iterations", n+4)
	}
	Do("main.fifteen", fifteen, "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o", 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0,
		13.0, 14.0, 15.5)
	Do("main.twenty", twenty, "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,z", 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0,
		11.0, 12.0, 13.0, 14.0, 15.0, 16.0, 17.0, 18.0, 19.0, 20.5, 21)
	v, w := vector{1, -2, 0.5}, vector{3, 4, 5}
	Do("main.vectors", vectors, "v,by", v, 2.5)
	Do("main.nesteds", nesteds, "n", nested{v, 1 - 1i, -8})
	Do("main.vector.dot", vector.dot, "v,w", v, w)
	Do("main.(*vector).scale", (*vector).scale, "v,by", &v, 0.5)
	Do("main.celsius.fahrenheit", celsius.fahrenheit, "c,shift", celsius(36.6), ratio(0.5))
	inside()
	threads()
	Done()
}

func inside() {
	for i := 0; i < 20; i++ {
		f, g := float64(i)+0.125, -float64(i)
		// The inner call is over before the outer one.
		Call("main.inner", F("f", f, "depth", 1), F("r0", f*2))
		Do("main.outer", outer, "f,g", f, g)
	}
	for n := 0; n <= 5; n++ {
		Call("main.down", F("f", 1.5+0.25*float64(5-n), "n", n), F("r0", 2.75))
	}
	down(1.5, 5)
	for i := 0; i < 6; i++ {
		f := float64(i) / 3
		if i&1 != 0 {
			func() {
				defer func() { recover() }()
				panics(f, true)
			}()
			Unwound("main.panics", F("f", f, "yes", true))
		} else {
			Do("main.panics", panics, "f,yes", f, false)
		}
	}
}

// threads has one goroutine locked to a thread for each worker, all of them calling at once, while the collector runs.
func threads() {
	Unordered("main.busy")
	var wg sync.WaitGroup
	for w := 0; w < 6; w++ {
		wg.Add(1)
		go func(w int) {
			defer wg.Done()
			if w&1 == 0 {
				runtime.LockOSThread()
			}
			for i := 0; i < 300; i++ {
				f, g := float64(w*1000+i)+0.5, float32(i)/2
				in := F("worker", w, "f", f, "g", g)
				r0, r1 := busy(w, f, g)
				Call("main.busy", in, F("r0", r0, "r1", r1))
				if i%100 == 99 {
					runtime.GC()
				}
			}
		}(w)
	}
	wg.Wait()
}
