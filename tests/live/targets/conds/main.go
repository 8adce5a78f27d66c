// SPDX-License-Identifier: BSD-2-Clause

// For which calls conditions hold: Go itself decides each of them for each call, with three values, since what panics in
// Go has no value. With an argument: many goroutines at full speed, recursion, and panics that pass through.
package main

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	. "example.com/targets/truth"
)

type color uint8

const (
	Red color = iota
	Green
	Blue
)

const most = 1000

type node struct {
	val  int32
	name string
	next *node
	kids []*node
	tags map[string]string
	kind color
	f    float32
	err  error
}

type quota struct{ left int }

func (q *quota) Error() string { return "quota " + strconv.Itoa(q.left) }

var errPlain = errors.New("plain trouble")
var threshold = 40

type results struct {
	out int
	ok  bool
	err error
}

// tri is false, true or without a value.
type tri byte

const (
	no     tri = 'F'
	yes    tri = 'T'
	unsure tri = 'U'
)

func is(f func() bool) (v tri) {
	defer func() {
		if recover() != nil {
			v = unsure
		}
	}()
	if f() {
		return yes
	}
	return no
}

func and(vs ...tri) tri {
	v := yes
	for _, o := range vs {
		if o == no {
			return no
		}
		if o == unsure {
			v = unsure
		}
	}
	return v
}

func or(vs ...tri) tri {
	v := no
	for _, o := range vs {
		if o == yes {
			return yes
		}
		if o == unsure {
			v = unsure
		}
	}
	return v
}

func not(v tri) tri {
	switch v {
	case yes:
		return no
	case no:
		return yes
	}
	return unsure
}

func matches(s, re string) bool { return regexp.MustCompile(re).MatchString(s) }

func isType(x interface{}, want string) bool { return x != nil && fmt.Sprintf("%T", x) == want }

type cond struct {
	text  string
	worth tri
}

// account is what a function's calls were worth to its conditions.
type account struct {
	sync.Mutex
	texts []string
	calls int
	gone  []int
	large []int // calls with a map that is not captured as a whole
	yes   map[string][]int
	open  map[string][]int
}

func (a *account) add(seq int, gone bool, conds []cond) {
	a.Lock()
	defer a.Unlock()
	a.calls++
	if gone {
		a.gone = append(a.gone, seq)
	}
	if a.yes == nil {
		a.yes, a.open = map[string][]int{}, map[string][]int{}
		for _, c := range conds {
			a.texts = append(a.texts, c.text)
		}
	}
	for _, c := range conds {
		if c.worth == yes {
			a.yes[c.text] = append(a.yes[c.text], seq)
		} else if c.worth == unsure {
			a.open[c.text] = append(a.open[c.text], seq)
		}
	}
}

func list(seqs []int) string {
	b := []byte{'['}
	for i, s := range seqs {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(s), 10)
	}
	return string(append(b, ']'))
}

func (a *account) tell(function string) {
	for _, t := range a.texts {
		Line(`{"kind":"cond","func":"` + function + `","text":` + strconv.Quote(t) + `,"calls":` + strconv.Itoa(a.calls) +
			`,"gone":` + list(a.gone) + `,"large":` + list(a.large) + `,"true":` + list(a.yes[t]) + `,"unsure":` + list(a.open[t]) + `}`)
	}
}

// The function that is asked about. out is a number of its own for each call.
//
//go:noinline
func ask(seq int, key string, p *node, n int32, u uint8, m map[string]int, x interface{}, err error, xs []int, f float64,
	g float32, b bool, d time.Duration) (out int, ok bool, rerr error) {
	if seq%31 == 30 {
		panic(key)
	}
	if seq%101 == 100 {
		time.Sleep(60 * time.Millisecond)
	}
	out = seq*8 + int(u&7)
	if n < 0 {
		return out, b, err
	}
	return out, !b, nil
}

var keys = []string{"user/alice", "user/bob", "", "admin", "user/", "a key that is quite long, longer than the sixty-four bytes that are compared at once",
	"USER/ALICE", "tail.gz", "häöü", "a key that is quite long, longer than the sixty-four bytes that are compared at oncf"}

func asked(a *account) {
	leaf := &node{val: 7, name: "leaf", kind: Blue, f: 0.5, tags: map[string]string{"color": "red"}}
	mid := &node{val: -3, name: "middle", next: leaf, kids: []*node{leaf, nil}, kind: Green, err: &quota{3}}
	top := &node{val: 1000, name: strings.Repeat("top", 40), next: mid, tags: map[string]string{}, err: errPlain}
	nodes := []*node{nil, leaf, mid, top}
	big := map[string]int{}
	for i := 0; i < 300; i++ {
		big["k"+strconv.Itoa(i)] = i
	}
	maps := []map[string]int{nil, {}, {"user/alice": 1, "a": 2}, {"": 5, "admin": -1, "user/bob": 2, "x": 7}, big}
	anything := []interface{}{nil, 1, "text", leaf, mid, 2.5, []int{1}, true, Blue, uint8(9), struct{}{}, (*node)(nil)}
	failures := []error{nil, errPlain, &quota{0}, &quota{9}, &os.PathError{Op: "open", Path: "/x", Err: os.ErrNotExist},
		fmt.Errorf("outer: %w", errPlain), (*quota)(nil)}
	slices := [][]int{nil, {}, {1}, {5, -5, 50}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20}}
	state := uint32(12345)
	random := func(n int) int {
		state = state*1664525 + 1013904223
		return int(state>>16) % n
	}
	hits := 0
	for seq := 0; seq < 400; seq++ {
		key, p, n, u := keys[random(len(keys))], nodes[random(4)], int32(random(9)-4), uint8(random(256))
		m, x, err, xs := maps[random(len(maps))], anything[random(len(anything))], failures[random(len(failures))], slices[random(len(slices))]
		f, g, b, d := float64(random(100))/8-5, float32(random(16))/4, random(2) == 0, time.Duration(random(2000))*time.Millisecond
		var res *results
		func() {
			defer func() { recover() }()
			out, ok, rerr := ask(seq, key, p, n, u, m, x, err, xs, f, g, b, d)
			res = &results{out, ok, rerr}
		}()
		r := func() *results { return res } // panics if it has no results
		hits++
		if len(m) > 100 {
			a.large = append(a.large, seq)
		}
		slow := seq%101 == 100
		a.add(seq, res == nil, []cond{
			{"seq == 17", is(func() bool { return seq == 17 })},
			{"n > 0", is(func() bool { return n > 0 })},
			{"n < 0", is(func() bool { return n < 0 })},
			{"n == -3", is(func() bool { return n == -3 })},
			{"u > 200", is(func() bool { return u > 200 })},
			{"u & 0x80 != 0", is(func() bool { return u&0x80 != 0 })},
			{"u % 3 == 1", is(func() bool { return u%3 == 1 })},
			{"int(u) * 5 > 1000", is(func() bool { return int(u)*5 > 1000 })},
			{"b", is(func() bool { return b })},
			{"!b", is(func() bool { return !b })},
			{"b && n > 0", and(is(func() bool { return b }), is(func() bool { return n > 0 }))},
			{"b || n > 0", or(is(func() bool { return b }), is(func() bool { return n > 0 }))},
			{"!(b && n > 0)", not(and(is(func() bool { return b }), is(func() bool { return n > 0 })))},
			{"!(b || n > 0 || u == 1)", not(or(is(func() bool { return b }), is(func() bool { return n > 0 }), is(func() bool { return u == 1 })))},
			{`key == "admin"`, is(func() bool { return key == "admin" })},
			{`key != "admin"`, is(func() bool { return key != "admin" })},
			{`key == ""`, is(func() bool { return key == "" })},
			{`key == "user/alice" || key == "user/bob"`, or(is(func() bool { return key == "user/alice" }), is(func() bool { return key == "user/bob" }))},
			{`key < "user/b"`, is(func() bool { return key < "user/b" })},
			{`key >= "user"`, is(func() bool { return key >= "user" })},
			{"len(key) > 10", is(func() bool { return len(key) > 10 })},
			{`key == "a key that is quite long, longer than the sixty-four bytes that are compared at once"`, is(func() bool {
				return key == "a key that is quite long, longer than the sixty-four bytes that are compared at once"
			})},
			{`strings.HasPrefix(key, "user/")`, is(func() bool { return strings.HasPrefix(key, "user/") })},
			{`strings.HasPrefix(key, "a key that is quite long, longer than the sixty-four bytes that are compared at once")`, is(func() bool {
				return strings.HasPrefix(key, "a key that is quite long, longer than the sixty-four bytes that are compared at once")
			})},
			{`strings.HasSuffix(key, ".gz")`, is(func() bool { return strings.HasSuffix(key, ".gz") })},
			{`strings.HasSuffix(key, "that is quite long, longer than the sixty-four bytes that are compared at oncf")`, is(func() bool {
				return strings.HasSuffix(key, "that is quite long, longer than the sixty-four bytes that are compared at oncf")
			})},
			{`strings.Contains(key, "r/a")`, is(func() bool { return strings.Contains(key, "r/a") })},
			{`strings.Contains(key, "sixty-four bytes")`, is(func() bool { return strings.Contains(key, "sixty-four bytes") })},
			{`strings.EqualFold(key, "user/ALICE")`, is(func() bool { return strings.EqualFold(key, "user/ALICE") })},
			{`matches(key, "^user/[a-z]+$")`, is(func() bool { return matches(key, "^user/[a-z]+$") })},
			{`!matches(key, "e") && n != 0`, and(is(func() bool { return !matches(key, "e") }), is(func() bool { return n != 0 }))},
			{"key[0] == 'u'", is(func() bool { return key[0] == 'u' })},
			{`key[5:] == "alice"`, is(func() bool { return key[5:] == "alice" })},
			{"key[n] == 's'", is(func() bool { return key[n] == 's' })},
			{"p == nil", is(func() bool { return p == nil })},
			{"p != nil && p.val > 5", and(is(func() bool { return p != nil }), is(func() bool { return p.val > 5 }))},
			{"p.val > 5", is(func() bool { return p.val > 5 })},
			{"p.next.val > 5", is(func() bool { return p.next.val > 5 })},
			{`p.next.next.name == "leaf"`, is(func() bool { return p.next.next.name == "leaf" })},
			{"p.next.next.val == 7 && n > 0", and(is(func() bool { return p.next.next.val == 7 }), is(func() bool { return n > 0 }))},
			{"n > 0 && p.next.next.val == 7", and(is(func() bool { return n > 0 }), is(func() bool { return p.next.next.val == 7 }))},
			{"p.next.val < 0 || b", or(is(func() bool { return p.next.val < 0 }), is(func() bool { return b }))},
			{"!(p.next.val > 5)", not(is(func() bool { return p.next.val > 5 }))},
			{"p.next == nil || p.next.val == 7", or(is(func() bool { return p.next == nil }), is(func() bool { return p.next.val == 7 }))},
			{"p.kids[1] == nil", is(func() bool { return p.kids[1] == nil })},
			{"p.kids[n].val == 7", is(func() bool { return p.kids[n].val == 7 })},
			{"p.kind == Blue", is(func() bool { return p.kind == Blue })},
			{"p.kind != Red && p.f < 1", and(is(func() bool { return p.kind != Red }), is(func() bool { return p.f < 1 }))},
			{`p.tags["color"] == "red"`, is(func() bool { return p.tags["color"] == "red" })},
			{`p.tags["none"] == ""`, is(func() bool { return p.tags["none"] == "" })},
			{`p.name == "topp" || strings.HasSuffix(p.name, "toptop")`, or(is(func() bool { return p.name == "topp" }), is(func() bool { return strings.HasSuffix(p.name, "toptop") }))},
			{"p.err == nil", is(func() bool { return p.err == nil })},
			{"p.err.(type) == *quota", is(func() bool { return isType(p.err, "*main.quota") })},
			{"p.err.(*main.quota).left == 3", is(func() bool { return p.err.(*quota).left == 3 })},
			{"m == nil", is(func() bool { return m == nil })},
			{"len(m) > 2", is(func() bool { return len(m) > 2 })},
			{`m["admin"] == -1`, is(func() bool { return m["admin"] == -1 })},
			{"m[key] > 0", is(func() bool { return m[key] > 0 })},
			{`m["user/alice"] == 1 && b`, and(is(func() bool { return m["user/alice"] == 1 }), is(func() bool { return b }))},
			{"x == nil", is(func() bool { return x == nil })},
			{"x.(type) == int", is(func() bool { return isType(x, "int") })},
			{"x.(type) == *main.node", is(func() bool { return isType(x, "*main.node") })},
			{"x.(type) != *main.node && x != nil", and(is(func() bool { return !isType(x, "*main.node") }), is(func() bool { return x != nil }))},
			{"x.(type) == main.color || x.(type) == uint8", or(is(func() bool { return isType(x, "main.color") }), is(func() bool { return isType(x, "uint8") }))},
			{"x.(int) == 1", is(func() bool { return x.(int) == 1 })},
			{"x.(*main.node).val == 7", is(func() bool { return x.(*node).val == 7 })},
			{`x.(string) == "text"`, is(func() bool { return x.(string) == "text" })},
			{"x.(float64) > 2", is(func() bool { return x.(float64) > 2 })},
			{"err != nil", is(func() bool { return err != nil })},
			{"err == nil && b", and(is(func() bool { return err == nil }), is(func() bool { return b }))},
			{"err.(type) == *os.PathError", or(is(func() bool { return isType(err, "*fs.PathError") }), is(func() bool { return isType(err, "*os.PathError") }))},
			{"err.(*main.quota).left > 5", is(func() bool { return err.(*quota).left > 5 })},
			{"err == errPlain", is(func() bool { return err == errPlain })},
			{`err.(type) == *errors.errorString && strings.Contains(err.Error(), "plain")`, is(func() bool { return isType(err, "*errors.errorString") })},
			{"len(xs) == 0", is(func() bool { return len(xs) == 0 })},
			{"xs == nil", is(func() bool { return xs == nil })},
			{"xs[0] == 5", is(func() bool { return xs[0] == 5 })},
			{"xs[2] > 2", is(func() bool { return xs[2] > 2 })},
			{"xs[n] > 3", is(func() bool { return xs[n] > 3 })},
			{"len(xs) > 2 && xs[2] == 50", and(is(func() bool { return len(xs) > 2 }), is(func() bool { return xs[2] == 50 }))},
			{"xs[1:][1] == 50", is(func() bool { return xs[1:][1] == 50 })},
			{"f > 0", is(func() bool { return f > 0 })},
			{"f < 0 || f > 5", or(is(func() bool { return f < 0 }), is(func() bool { return f > 5 }))},
			{"f == 1.5", is(func() bool { return f == 1.5 })},
			{"f * 2 > 10", is(func() bool { return f*2 > 10 })},
			{"g >= 2.5", is(func() bool { return g >= 2.5 })},
			{"float64(g) < f", is(func() bool { return float64(g) < f })},
			{"int(f) == 3", is(func() bool { return int(f) == 3 })},
			{"d > 1s", is(func() bool { return d > time.Second })},
			{"d < 500ms || d >= 1900ms", or(is(func() bool { return d < 500*time.Millisecond }), is(func() bool { return d >= 1900*time.Millisecond }))},
			{"int(n) + int(u) > threshold", is(func() bool { return int(n)+int(u) > threshold })},
			{"seq > 100 && seq < 200 && u > 100", and(is(func() bool { return seq > 100 }), is(func() bool { return seq < 200 }), is(func() bool { return u > 100 }))},
			{"seq < most / 10", is(func() bool { return seq < most/10 })},
			{"(n > 0 && u > 100) || (n < 0 && u < 100)", or(and(is(func() bool { return n > 0 }), is(func() bool { return u > 100 })), and(is(func() bool { return n < 0 }), is(func() bool { return u < 100 })))},
			{`n > 0 && (b || !(u > 128)) && key != ""`, and(is(func() bool { return n > 0 }), or(is(func() bool { return b }), not(is(func() bool { return u > 128 }))), is(func() bool { return key != "" }))},
			{"ret.1", is(func() bool { return r().ok })},
			{"!ret.1", not(is(func() bool { return r().ok }))},
			{"ret.0 > 1000", is(func() bool { return r().out > 1000 })},
			{"ret.0 & 7 == 3", is(func() bool { return r().out&7 == 3 })},
			{"ret.2 != nil", is(func() bool { return r().err != nil })},
			{"ret.2 == nil", is(func() bool { return r().err == nil })},
			{"ret.1 && ret.0 % 2 == 0", and(is(func() bool { return r().ok }), is(func() bool { return r().out%2 == 0 }))},
			{`ret.2 != nil && strings.HasPrefix(key, "user/")`, and(is(func() bool { return r().err != nil }), is(func() bool { return strings.HasPrefix(key, "user/") }))},
			{"n < 0 && ret.2 == nil", and(is(func() bool { return n < 0 }), is(func() bool { return r().err == nil }))},
			{"ret.0 / 8 == seq", is(func() bool { return r().out/8 == seq })},
			{"ret.0 / 8 != seq", is(func() bool { return r().out/8 != seq })},
			{"ret.2.(type) == *main.quota && ret.2.(*main.quota).left == 9", and(is(func() bool { return isType(r().err, "*main.quota") }), is(func() bool { return r().err.(*quota).left == 9 }))},
			{"ret.2.(*main.quota).left == 9", is(func() bool { return r().err.(*quota).left == 9 })},
			{"ret.2 == err", is(func() bool { return r().err == err })},
			{"ret.1 == b", is(func() bool { return r().ok == b })},
			{"ret.1 || n < 0", or(is(func() bool { return r().ok }), is(func() bool { return n < 0 }))},
			{"!(ret.1 && b)", not(and(is(func() bool { return r().ok }), is(func() bool { return b })))},
			{"p.next.val == 7 && ret.1", and(is(func() bool { return p.next.val == 7 }), is(func() bool { return r().ok }))},
			{"(ret.0 > 800 || u > 128) && b", and(or(is(func() bool { return r().out > 800 }), is(func() bool { return u > 128 })), is(func() bool { return b }))},
			{`ret.0 > 800 && matches(key, "user|admin")`, and(is(func() bool { return r().out > 800 }), is(func() bool { return matches(key, "user|admin") }))},
			{`b && ret.1 && matches(key, "user|admin")`, and(is(func() bool { return b }), is(func() bool { return r().ok }), is(func() bool { return matches(key, "user|admin") }))},
			{"ok && out > 1600", and(is(func() bool { return r().ok }), is(func() bool { return r().out > 1600 }))},
			{"rerr != nil || p == nil", or(is(func() bool { return r().err != nil }), is(func() bool { return p == nil }))},
			{"f > 0 && ret.1", and(is(func() bool { return f > 0 }), is(func() bool { return r().ok }))},
			{"duration() > 40ms", is(func() bool { return need(r()) == slow })},
			{"duration() > 40ms && b", and(is(func() bool { return need(r()) == slow }), is(func() bool { return b }))},
			{`duration() < 40ms || key == "admin"`, or(is(func() bool { return need(r()) != slow }), is(func() bool { return key == "admin" }))},
			{"goid() == 1", is(func() bool { return true })},
			{"goid() != 1", is(func() bool { return false })},
			{"goid() == 1 && n > 0", is(func() bool { return n > 0 })},
			{"hits() % 10 == 1", is(func() bool { return hits%10 == 1 })},
			{"hits() > 390", is(func() bool { return hits > 390 })},
			{"hits() <= 5 && b", and(is(func() bool { return hits <= 5 }), is(func() bool { return b }))},
			{"pid() == tid() && false", is(func() bool { return false })},
			{"tid() > 0 && u > 128", is(func() bool { return u > 128 })},
			{`caller() == "main.nobody"`, is(func() bool { return false })},
			{"true", is(func() bool { return true })},
			{"false", is(func() bool { return false })},
			{"n / (n - n) == 1", is(func() bool { return n/(n-n) == 1 })},
			{"int(u) << n == 8", is(func() bool { return int(u)<<n == 8 })},
			{"seq % int(n) == 0", is(func() bool { return seq%int(n) == 0 })},
			{"len(p.name) > 100", is(func() bool { return len(p.name) > 100 })},
			{`p.name[3:6] == "top"`, is(func() bool { return p.name[3:6] == "top" })},
			{`p.name < "m" && p != nil`, and(is(func() bool { return p.name < "m" }), is(func() bool { return p != nil }))},
		})
	}
}

// need is true, and panics without results.
func need(r *results) bool { return r.out >= 0 }

var counter int64

// walk calls itself and adds up; at some depths it panics, at some it recovers. Its results are told by seq alone.
//
//go:noinline
func walk(seq, depth, mode int, key string, a *account, own *int) (n int, err error) {
	defer func() {
		if mode&4 != 0 && depth%3 == 1 {
			if v := recover(); v != nil {
				n, err = seq*5+depth, errPlain
				*own = 1
			}
		}
	}()
	if depth > 0 {
		down(depth-1, mode, key, a)
		if mode&8 != 0 && depth > 1 {
			down(depth-2, mode>>1, key, a)
		}
	}
	if mode&1 != 0 && depth == 0 || mode&2 != 0 && depth == 3 {
		panic("out")
	}
	*own = 1
	return seq*5 + depth, nil
}

// down calls walk and tells what the call was worth, also when a panic passes through.
func down(depth, mode int, key string, a *account) {
	seq, done := int(atomic.AddInt64(&counter, 1)), 0
	var res *results
	defer func() {
		r := func() *results { return res }
		a.add(seq, res == nil, []cond{
			{"depth == 2", is(func() bool { return depth == 2 })},
			{"depth > 1 && mode & 1 == 0", and(is(func() bool { return depth > 1 }), is(func() bool { return mode&1 == 0 }))},
			{`key == "b"`, is(func() bool { return key == "b" })},
			{"ret.1 != nil", is(func() bool { return r().err != nil })},
			{"ret.1 == nil && depth == 1", and(is(func() bool { return r().err == nil }), is(func() bool { return depth == 1 }))},
			{"depth % 2 == 0 && ret.0 % 2 == 0", and(is(func() bool { return depth%2 == 0 }), is(func() bool { return r().out%2 == 0 }))},
			{"ret.0 == seq * 5 + depth", is(func() bool { return r().out == seq*5+depth })},
			{"ret.0 != seq * 5 + depth", is(func() bool { return r().out != seq*5+depth })},
			{"depth > 2 || ret.1 != nil", or(is(func() bool { return depth > 2 }), is(func() bool { return r().err != nil }))},
			{`matches(key, "[ac]") && ret.0 % 3 == 0`, and(is(func() bool { return matches(key, "[ac]") }), is(func() bool { return r().out%3 == 0 }))},
			{`depth == 1 && matches(key, "[ac]")`, and(is(func() bool { return depth == 1 }), is(func() bool { return matches(key, "[ac]") }))},
			{`strings.HasPrefix(key, "a") && ret.1 == nil && mode & 2 != 0`, and(is(func() bool { return strings.HasPrefix(key, "a") }), is(func() bool { return r().err == nil }), is(func() bool { return mode&2 != 0 }))},
		})
	}()
	n, err := walk(seq, depth, mode, key, a, &done)
	res = &results{out: n, err: err}
}

//go:noinline
func hot(seq int, key string, p *node) (out int, ok bool) {
	return seq * 3, seq%5 == 0
}

func runHot(first, n int, a *account) {
	leaf := &node{val: 7}
	for seq := first; seq < first+n; seq++ {
		key := keys[seq%len(keys)]
		p := leaf
		if seq%7 == 0 {
			p = nil
		}
		out, ok := hot(seq, key, p)
		res := &results{out: out, ok: ok}
		r := func() *results { return res }
		a.add(seq, false, []cond{
			{"seq % 100 == 3", is(func() bool { return seq%100 == 3 })},
			{`strings.HasPrefix(key, "user/") && seq % 11 == 0`, and(is(func() bool { return strings.HasPrefix(key, "user/") }), is(func() bool { return seq%11 == 0 }))},
			{"p.val > 7 || seq % 13 == 0", or(is(func() bool { return p.val > 7 }), is(func() bool { return seq%13 == 0 }))},
			{"ret.1 && seq % 6 == 0", and(is(func() bool { return r().ok }), is(func() bool { return seq%6 == 0 }))},
			{"seq % 2 == 0 && ret.0 % 9 == 0", and(is(func() bool { return seq%2 == 0 }), is(func() bool { return r().out%9 == 0 }))},
			{"ret.0 != seq * 3", is(func() bool { return r().out != seq*3 })},
			{"p.val == 7 && ret.0 % 5 == 0 && seq % 10 < 5", and(is(func() bool { return p.val == 7 }), is(func() bool { return r().out%5 == 0 }), is(func() bool { return seq%10 < 5 }))},
			{`matches(key, "admin") && ret.1`, and(is(func() bool { return matches(key, "admin") }), is(func() bool { return r().ok }))},
		})
	}
}

func main() {
	Start()
	if len(os.Args) > 1 {
		n, _ := strconv.Atoi(os.Args[1])
		var all sync.WaitGroup
		var hots, walks account
		for i := 0; i < 8; i++ {
			all.Add(1)
			go func(i int) {
				defer all.Done()
				for turn := 0; turn < n; turn++ {
					func() {
						defer func() { recover() }()
						down(turn%6, turn%16, keysOfWalk[(turn+i)%3], &walks)
					}()
				}
				runHot(i*1000000, n*4, &hots)
			}(i)
		}
		all.Wait()
		walks.tell("main.walk")
		hots.tell("main.hot")
	} else {
		var asks account
		asked(&asks)
		asks.tell("main.ask")
	}
	Done()
}

var keysOfWalk = []string{"a", "b", "c"}
