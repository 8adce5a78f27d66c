// SPDX-License-Identifier: BSD-2-Clause

// A program whose values are far beyond what anybody prints: strings and slices of a megabyte, a map and a list of a
// million, a thousand levels of pointers and of slices, interfaces in interfaces.
//
// With an argument it only passes 200 strings of 300 bytes, that many times: what is more than one record holds.
package main

import (
	"os"
	"strconv"

	. "example.com/targets/truth"
)

type node struct {
	N    int
	Next *node
}

type tree struct{ Kids []*tree }

type deep struct{ V interface{} }

//go:noinline
func text(s string, b []byte) (int, string) { return len(b), s }

//go:noinline
func million(m map[int]int, n int) map[int]int { return m }

//go:noinline
func byName(m map[string]string) int { return len(m) }

//go:noinline
func list(n *node) *node { return n.Next }

//go:noinline
func array(p *[1 << 20]int, s []int) []int { return s }

//go:noinline
func texts(s []string) []string { return s }

//go:noinline
func rows(s []string) []string { return s }

//go:noinline
func trees(t *tree) *tree { return t }

//go:noinline
func boxes(v interface{}) interface{} { return v }

//go:noinline
func queue(c chan [64]int) int { return len(c) }

func nested(levels, each int) *tree {
	t := &tree{}
	if levels > 0 {
		for i := 0; i < each; i++ {
			t.Kids = append(t.Kids, nested(levels-1, each))
		}
	}
	return t
}

// Row i is its number and then its own letters.
func makeRows() []string {
	all := make([]string, 200)
	for i := range all {
		row := append(make([]byte, 0, 300), strconv.Itoa(1000+i)...)
		for len(row) < 300 {
			row = append(row, byte('a'+(i+len(row))%26))
		}
		all[i] = string(row)
	}
	return all
}

func passRows(calls int) {
	all := makeRows()
	Start()
	for i := 0; i < calls; i++ {
		rows(all)
	}
	Count("main.rows", calls, 0)
	Done()
}

func main() {
	const n = 1000000
	if len(os.Args) > 1 {
		calls, _ := strconv.Atoi(os.Args[1])
		passRows(calls)
		return
	}
	data := make([]byte, 1<<20)
	for i := range data {
		data[i] = byte('a' + i%26)
	}
	m, names := make(map[int]int), make(map[string]string)
	for i := 0; i < n; i++ {
		m[i] = 3 * i
	}
	for i := 0; i < 2000; i++ {
		names[string(data[i:i+2000])] = string(data[i : i+3000])
	}
	var first *node
	for i := 0; i < n; i++ {
		first = &node{i, first}
	}
	numbers := new([1 << 20]int)
	for i := range numbers {
		numbers[i] = i
	}
	many := make([]string, 100000)
	for i := range many {
		many[i] = string(data[:1000])
	}
	some := makeRows()
	tr := nested(4, 18)
	var v interface{} = 1
	for i := 0; i < 1000; i++ {
		v = &deep{v}
	}
	c := make(chan [64]int, 10000)
	for i := 0; i < 10000; i++ {
		c <- [64]int{i}
	}
	Start()
	for i := 0; i < 3; i++ {
		text(string(data), data)
		million(m, i)
		byName(names)
		list(first)
		array(numbers, numbers[:])
		texts(many)
		rows(some)
		trees(tr)
		boxes(v)
		queue(c)
	}
	for _, f := range []string{"text", "million", "byName", "list", "array", "texts", "rows", "trees", "boxes", "queue"} {
		Count("main."+f, 3, 0)
	}
	Done()
}
