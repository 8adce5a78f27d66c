// SPDX-License-Identifier: BSD-2-Clause

// Lines as programs have them whose code compilers put elsewhere or have nothing of. "// =N" at a line's end: control comes to
// it N times.
package main

import . "example.com/targets/truth"

type word struct {
	key   int
	next  int
	whole bool
}

var sink int

//go:noinline
func use(n int) int {
	sink += n
	return sink
}

// The first line of an endless loop's body is a switch: unoptimized code has its line in front of the loop and at its end.
//
//go:noinline
func scan(text string) (n int) {
	i := -1
	for {
		switch next(text, &i) { // =9
		case ' ', '\t':
			n += 2 // =3
		case 'a':
			n++ // =4
		case '\n':
			use(n) // =1
			continue
		default:
			return n // =1
		}
	}
}

//go:noinline
func next(text string, i *int) byte {
	*i++
	return text[*i]
}

//go:noinline
func skip(text string) (n int) {
	r := text[0]
loop:
	for {
		switch r { // =6
		case ' ':
			n++ // =3
			r = text[n]
		case '\t':
			n++ // =1
			r = text[n]
			continue
		case 'x':
			break loop // =1
		default:
			return use(n) // =1
		}
	}
	return n // =1
}

// A switch without a value, whose second case is what two conditions came to: nothing of its line is passed each time.
//
//go:noinline
func kind(a, b int, deep bool) int {
	n := use(a) // =6
	switch {    // =6
	case a > 4:
		n++ // =2
	case use(b) > 10 && deep && n > 0 ||
		b > 1 && a == 3:
		n += 2 // =1
	case use(b) < -100:
		n += 3 // =0
	}
	return n // =6
}

// The value is moved to where the cases look at it, and nothing else is done for the line.
//
//go:noinline
func step(words []word) (n int) {
	for _, w := range words {
		k := use(w.key) % 5
		switch k { // =5
		case 0:
			n++
		case 1, 2:
			n += use(n)
		case 4:
			n--
		}
	}
	return n
}

// What the first condition has decided is not tested again.
//
//go:noinline
func decided(compact, spaced bool) int {
	n := use(1) // =4
	if compact && spaced {
		return n // =1
	}
	if !compact { // =3
		n = use(n) // =2
	}
	return n // =3
}

//go:noinline
func otherwise(a, b bool) int {
	if a && !b { // =4
		return use(1) // =1
	} else if !a && b { // =3
		return use(2) // =1
	}
	return use(3) // =2
}

//go:noinline
func floats(x, y, px, py float64) int {
	if x == px && y == py { // =4
		return use(1) // =1
	} else if x == px { // =3
		return use(2) // =1
	} else if y == py { // =2
		return use(3) // =1
	}
	return use(4) // =1
}

// An assignment under a condition may become a conditional move.
//
//go:noinline
func bigger(limit int, words []word) int {
	i := len(words)
	if i <= limit { // =5
		i = limit + 1 // =2
	}
	sink = i // =5
	return i
}

//go:noinline
func failures(words []word) (fails int) {
	for _, w := range words {
		if use(w.key) < 0 { // =5
			fails++ // =0
		}
	}
	return fails // =1
}

func explode(text string) []interface{} {
	rs := []rune(text)
	all := make([]interface{}, len(rs))
	for i, r := range rs {
		all[i] = int(r)
	}
	return all
}

// What the line calls has a loop of its own.
//
//go:noinline
func exploded(v interface{}) interface{} {
	switch s := v.(type) {
	case string:
		return explode(s) // =2
	default:
		return nil // =1
	}
}

// A field of a copied struct may be loaded before the condition that the line is under.
//
//go:noinline
func find(words []word, key int) int {
	for i := 0; i >= 0; {
		w := words[i]     // =9
		if w.key == key { // =9
			return w.next + i // =3
		}
		i = w.next // =6
	}
	return -1
}

func main() {
	Start()
	scan("a\ta aa \n.")
	skip("  .")
	skip(" \tx")
	for i := 1; i <= 6; i++ {
		kind(i, i%3, i == 2)
	}
	words := []word{{4, 1, true}, {7, 2, false}, {9, 3, true}, {12, 4, false}, {15, -1, true}}
	step(words)
	for i := 0; i < 4; i++ {
		decided(i&1 == 1, i&2 == 2)
		otherwise(i&1 == 1, i&2 == 2)
	}
	floats(1, 2, 1, 2)
	floats(1, 2, 1, 3)
	floats(1, 2, 2, 2)
	floats(1, 2, 3, 4)
	for i := 3; i < 8; i++ {
		bigger(9-i, words)
	}
	failures(words)
	exploded("text")
	exploded("")
	exploded(1)
	find(words, 4)
	find(words, 9)
	find(words, 15)
	Done()
}
