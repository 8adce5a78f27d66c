// SPDX-License-Identifier: BSD-2-Clause

// Lines of all sorts. A line that ends with "// @MARK VAR…" is probed; twin.py makes twins.go of this file, in which the
// same functions, called …Twin, tell at each such line which values these variables have there.
package main

import (
	"errors"
	"strings"
	"sync"
)

type point struct{ x, y int }

type shape interface{ area() int }

type square struct{ side int }

type rect struct{ w, h int }

func (s square) area() int { return s.side * s.side }

func (r *rect) area() int { return r.w * r.h }

type counter struct {
	n     int
	names []string
}

//go:noinline
func sumFor(xs []int, bias int) int { // @for_entry xs bias
	s := bias
	for i := 0; i < len(xs); i++ { // @for_head i s
		s += xs[i] * 2 // @for_body s
		if s > 1000 {  // @for_if s
			s -= 1000 // @for_then s
		}
	}
	return s // @for_return s
}

//go:noinline
func sumRange(xs []int) (int, int) {
	total, odd := 0, 0
	for _, x := range xs { // @range_head total odd
		if x%2 == 1 { // @range_if x total odd
			odd++ // @range_odd x odd
			continue
		}
		total += x // @range_body x total
	}
	return total, odd // @range_return total odd
}

//go:noinline
func strs(words []string, sep string) string {
	out := ""
	for i, w := range words { // @strs_head out sep
		if i > 0 { // @strs_if i out
			out += sep // @strs_sep i out sep
		}
		out += strings.ToUpper(w) // @strs_up i w out
	}
	return out // @strs_return out
}

//go:noinline
func mapped(m map[string]int, keys []string) int {
	n := 0
	for _, k := range keys { // @mapped_head n
		v, ok := m[k] // @mapped_get k n
		if !ok {      // @mapped_if k v n
			n--
			continue // @mapped_miss n
		}
		n += v // @mapped_add k v n
	}
	for range m { // @mapped_each n
		n++ // @mapped_inc n
	}
	return n // @mapped_return n
}

//go:noinline
func drain(c chan int) int {
	sum := 0
	for v := range c { // @drain_head sum
		sum += v // @drain_body v sum
	}
	return sum // @drain_return sum
}

//go:noinline
func runes(s string) int {
	n := 0
	for i, r := range s { // @runes_head n s
		n += int(r) * (i + 1) // @runes_body n
	}
	return n
}

//go:noinline
func classify(n int) string {
	kind := "none"
	switch { // @switch_head
	case n < 0: // @switch_neg n
		kind = "negative" // @switch_negb n
	case n < 10: // @switch_small n
		kind = "small" // @switch_smallb n
	case n == 50:
		kind = "fifty" // @switch_fifty n
		fallthrough
	case n == 51:
		kind += "!" // @switch_fall kind
	default:
		kind = "large" // @switch_default n
	}
	return kind // @switch_return kind n
}

//go:noinline
func named(day string) (num int, err error) { // @named_entry day
	switch day { // @named_switch day
	case "mon":
		num = 1 // @named_mon day
	case "tue":
		num = 2 // @named_tue day
	case "sunday":
		num = 7 // @named_sun day
	default:
		err = errors.New("no day " + day) // @named_err day num
	}
	num *= 10 // @named_ten num
	return    // @named_return num
}

//go:noinline
func jump(n int) int {
	r := 0
	switch n { // @jump_switch n
	case 1:
		r = 11 // @jump_1
	case 2:
		r = 22
	case 3:
		r = 33 // @jump_3
	case 4:
		r = 44
	case 5:
		r = 55 // @jump_5
	case 6:
		r = 66
	case 7:
		r = 77
	case 8:
		r = 88 // @jump_8
	case 9:
		r = 99
	}
	return r + n // @jump_return r n
}

//go:noinline
func dynamic(v interface{}) int {
	n := 0
	switch x := v.(type) { // @type_switch
	case int:
		n = x + 1 // @type_int x
	case string:
		n = len(x) // @type_string x
	case []int:
		n = len(x) * 100 // @type_slice x
	case shape:
		n = x.area() // @type_shape
	case nil:
		n = -1 // @type_nil n
	default:
		n = -2 // @type_default n
	}
	return n // @type_return n
}

//go:noinline
func choose(a, b chan int, quit chan bool) int {
	got := 0
	for i := 0; i < 4; i++ { // @select_head i got
		select { // @select_select i got
		case v := <-a:
			got += v // @select_a v got i
		case v := <-b:
			got += 10 * v // @select_b v got i
		case <-quit:
			got++ // @select_quit got i
		default:
			got += 1000 // @select_default got i
		}
	}
	return got // @select_return got
}

var released []int

//go:noinline
func release(n int) {
	released = append(released, n) // @release_append n
}

//go:noinline
func deferred(n int) (r int) {
	defer release(n) // @defer_call n
	for i := 0; i < 2; i++ {
		defer func(k int) { // @defer_func i
			r += k * n // @defer_body k
		}(i + 1)
	}
	r = n * 2 // @defer_assign n
	return r  // @defer_return n
}

//go:noinline
func recovered(xs []int, pos int) (v int) {
	defer func() {
		if e := recover(); e != nil { // @recover_if
			v = -1 // @recover_set
		}
	}()
	v = xs[pos] // @recover_index pos xs
	v++         // @recover_inc v
	return v
}

func double(a int) int {
	b := a + a // @inl_double a
	return b
}

func clamp(v, lo, hi int) int {
	if v < lo { // @inl_lo v lo
		return lo // @inl_retlo
	}
	if v > hi { // @inl_hi v hi
		return hi // @inl_rethi
	}
	return v // @inl_ret v
}

func nested(a int) int {
	c := clamp(double(a), 3, 40) // @inl_nested a
	return c - 1                 // @inl_nestedret c
}

//go:noinline
func inlines(xs []int) int {
	t := 0
	for _, x := range xs { // @inl_head t
		y := nested(x) // @inl_call x t
		if y > 20 {    // @inl_if y t
			y = double(y) // @inl_again y
		}
		t += y // @inl_add y t
	}
	return t // @inl_return t
}

//go:noinline
func closures(n int) int {
	total := 0
	bump := func(by int) { // @clo_make n total
		total += by * n // @clo_bump by n total
	}
	for i := 0; i < 3; i++ { // @clo_head i
		bump(i + 1) // @clo_call i
	}
	get := func() int {
		return total + n // @clo_get
	}
	return apply(get, total) // @clo_return
}

//go:noinline
func apply(f func() int, base int) int {
	r := f() + base // @apply_call base
	return r        // @apply_return r base
}

//go:noinline
func adder(a int, name string) func(int) (int, string) {
	return func(b int) (int, string) { // @adder_make a name
		c := a + b                // @adder_sum a b
		return c, name + "/added" // @adder_ret c name
	}
}

//go:noinline
func goroutines(n int) int {
	var wg sync.WaitGroup
	var mu sync.Mutex
	sum := 0
	for g := 0; g < n; g++ { // @go_head g
		wg.Add(1) // @go_add g
		go func(id int) {
			sq := id * id // @go_body id
			mu.Lock()
			sum += sq // @go_sum id sq
			mu.Unlock()
			wg.Done() // @go_done id
		}(g)
		wg.Wait() // @go_wait g
	}
	return sum // @go_return sum n
}

//go:noinline
func (c *counter) add(name string, k int) int { // @method_entry name k
	c.n += k                        // @method_n name k
	c.names = append(c.names, name) // @method_append name k
	return c.n                      // @method_return k
}

//go:noinline
func (p point) scaled(k int) point {
	p.x *= k // @value_x k
	p.y *= k // @value_y k
	return p // @value_return
}

//go:noinline
func methods(k int) int {
	c := &counter{}
	add := c.add
	add("first", k)         // @methods_first k
	n := add("second", 2*k) // @methods_second k
	p := point{n, k}        // @methods_point n k
	q := p.scaled(3)        // @methods_scaled n k
	return q.x + q.y + n    // @methods_return n
}

//go:noinline
func labels(grid [][]int, want int) (int, int) {
	row, col := -1, -1
outer:
	for i := 0; i < len(grid); i++ { // @label_outer i want
		for j, v := range grid[i] { // @label_inner i want
			if v == want { // @label_if i j v want
				row, col = i, j // @label_set i j
				break outer
			}
			if v < 0 { // @label_neg v
				continue outer // @label_cont i
			}
		}
	}
	return row, col // @label_return row col
}

//go:noinline
func gotos(n int) int {
	i, s := 0, 0
again:
	if i < n { // @goto_if i s n
		s += i * i // @goto_sum i s
		i++        // @goto_inc i s
		goto again
	}
	return s // @goto_return s
}

//go:noinline
func three(a, b, c int) int {
	return a*100 + b*10 + c // @three_return a b c
}

//go:noinline
func statements(a, b int) int {
	x := three( // @multi_call a b
		a+1,
		b+2,
		3,
	)
	if a > 1 && // @multi_and1 a x
		b > 2 && // @multi_and2& b x
		x > 500 { // @multi_and3& x
		x++ // @multi_then x
	}
	y := x + // @multi_three x
		three(b, a, 1)
	return x - y // @multi_return x y
}

//go:noinline
func grades(score int, extra bool) string {
	g := "F"
	if score >= 90 { // @grade_a score
		g = "A" // @grade_a2 score
	} else if score >= 80 { // @grade_b score
		g = "B" // @grade_b2 score
	} else if score >= 70 || extra { // @grade_c score extra
		g = "C" // @grade_c2 score
	} else {
		g = "D" // @grade_d score
	}
	return g // @grade_return g score
}

//go:noinline
func shadow(x int) int {
	y := x + 1              // @shadow_outer x
	if x := y * 2; x > 10 { // @shadow_if y
		y := x + 100 // @shadow_inner x
		x++          // @shadow_inc x y
		sink += x + y
	}
	for x := 0; x < 2; x++ { // @shadow_for x y
		y += x // @shadow_add x y
	}
	return x + y // @shadow_return x y
}

var kept *int

var sink int

//go:noinline
func keep(p *int) { kept = p }

//go:noinline
func escapes(a int) int {
	v := a * 3 // @esc_init a
	keep(&v)   // @esc_keep v a
	*kept += 5 // @esc_add v a
	p := &point{v, a}
	hold(p)          // @esc_hold v a
	v += p.x         // @esc_more v
	return v + *kept // @esc_return v
}

var held *point

//go:noinline
func hold(p *point) { held = p }

//go:noinline
func floats(n int, base float64) float64 {
	res, fact := base, 1.0
	for i := 1; i < n; i++ { // @float_head i res fact
		fact *= float64(i) // @float_fact i
		res += 1 / fact    // @float_res i
	}
	var half float32 = 0.5
	res *= float64(half) // @float_half res
	return res           // @float_return res
}

//go:noinline
func spills(a, b, c, d, e, f, g, h, i, j int) int {
	k := a*b + c*d                                                   // @spill_k a b c d e f g h i j
	l := e*f + g*h                                                   // @spill_l a e f g h k
	m := three(k, l, i)                                              // @spill_m a i j k l
	n := three(m, j, a)                                              // @spill_n a b c d e f g h i j k l m
	o := three(n, b, c) + d                                          // @spill_o a b c d e f g h i j k l m n
	return a + b + c + d + e + f + g + h + i + j + k + l + m + n + o // @spill_return k l m n o
}

//go:noinline
func structs(n int) int {
	p := point{n, n + 1}
	r := rect{w: p.x, h: 2}     // @struct_rect p
	s := []shape{square{n}, &r} // @struct_slice p
	arr := [4]int{1, 2, n, 4}   // @struct_arr p n
	t := 0
	for i := range arr { // @struct_head t
		t += arr[i] * p.y // @struct_body i t arr p
	}
	for _, v := range s { // @struct_shapes t
		t += v.area() // @struct_area t
	}
	return t // @struct_return t p arr
}

//go:noinline
func forever(n int) int {
	k := 0
	for { // the loop has no test
		k += 3     // @ever_add k n
		if k > n { // @ever_if k n
			break // @ever_break
		}
	}
	return k // @ever_return k
}

//go:noinline
func while(n int) int {
	steps := 0
	for n != 1 { // @while_head n steps
		if n%2 == 0 { // @while_if n steps
			n /= 2 // @while_half n
		} else {
			n = 3*n + 1 // @while_triple n
		}
		steps++ // @while_steps n steps
	}
	return steps // @while_return steps
}

//go:noinline
func matrix(n int) int {
	t := 0
	for i := 0; i < n; i++ { // @mat_i i t
		for j := i; j < n; j++ { // @mat_j i j t
			t += i * j // @mat_body i j t
		}
		t++ // @mat_after i t
	}
	return t // @mat_return t n
}

//go:noinline
func recurse(n int) int { // @rec_entry n
	if n == 0 { // @rec_if n
		return 1 // @rec_base
	}
	var pad [64]int
	pad[n%64] = n                 // @rec_pad n
	r := recurse(n-1) + pad[n%64] // @rec_call n
	return r                      // @rec_return r n
}

//go:noinline
func parse(s string) (n int, ok bool) {
	neg := false
	if len(s) > 0 && s[0] == '-' { // @parse_if s
		neg, s = true, s[1:] // @parse_neg s
	}
	for i := 0; i < len(s); i++ { // @parse_head i n s neg
		c := s[i]
		if c < '0' || c > '9' { // @parse_digit i c n
			return 0, false // @parse_bad i
		}
		n = n*10 + int(c-'0') // @parse_add i c n
	}
	if neg { // @parse_sign n neg
		n = -n // @parse_minus n
	}
	return n, len(s) > 0 // @parse_return n s
}

//go:noinline
func putOff(a, b int) int {
	a += a
	three(b, 1, 2) // @off_call a b
	return a       // @off_return a
}

//go:noinline
func capped(a, b int) int {
	three(a, a, a)
	if a > 5 {
		b = 5
	}
	a += b // @cap_add a b
	return a
}

func run() {
	xs := []int{3, 5, 8, 400, 300}
	sink += sumFor(xs, 7) + sumFor(nil, 1)
	sumRange(xs)
	strs([]string{"a", "bc", "d"}, ", ")
	mapped(map[string]int{"a": 1, "b": 5}, []string{"a", "x", "b"})
	c := make(chan int, 4)
	c <- 4
	c <- 6
	close(c)
	drain(c)
	runes("héy")
	for _, n := range []int{-5, 3, 50, 51, 99} {
		classify(n)
	}
	for _, d := range []string{"mon", "tue", "sunday", "x"} {
		named(d)
	}
	for n := 0; n < 11; n++ {
		jump(n)
	}
	for _, v := range []interface{}{4, "abc", []int{1, 2}, square{3}, &rect{2, 3}, nil, 2.5} {
		dynamic(v)
	}
	a, b, q := make(chan int, 2), make(chan int, 2), make(chan bool, 1)
	a <- 7
	choose(a, nil, nil)
	b <- 8
	choose(nil, b, nil)
	q <- true
	choose(nil, nil, q)
	deferred(5)
	recovered(xs, 2)
	recovered(xs, 9)
	inlines([]int{1, 4, 9, 30})
	closures(4)
	f := adder(3, "n")
	f(4)
	f(5)
	goroutines(3)
	methods(6)
	labels([][]int{{1, 2}, {-1, 3}, {4, 5, 6}}, 5)
	labels([][]int{{1}}, 2)
	gotos(3)
	statements(1, 2)
	statements(4, 5)
	statements(9, 1)
	for _, s := range []int{95, 85, 75, 10} {
		grades(s, false)
	}
	grades(11, true)
	shadow(2)
	shadow(7)
	escapes(4)
	floats(8, 2)
	spills(1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
	structs(5)
	forever(7)
	while(6)
	matrix(3)
	recurse(40)
	parse("-120")
	parse("4x")
	putOff(21, 4)
	putOff(-3, 9)
	capped(4, 80)
	capped(40, 80)
}
