// SPDX-License-Identifier: BSD-2-Clause

// What expressions are worth: each function is called with values of many kinds, and tells for each expression what
// Go itself says. An expression that panics has no value.
package main

import (
	"errors"
	"fmt"
	"math"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	. "example.com/targets/truth"
)

// I is what an expression may be worth.
type I = interface{}

type expr struct {
	text  string
	value func() I
}

// none is what an expression without a value is told to be.
type none struct{ why string }

func worth(f func() I) (v I) {
	defer func() {
		if r := recover(); r != nil {
			v = none{fmt.Sprint(r)}
		}
	}()
	return f()
}

// tell prints what the expressions are worth before the call, or after it.
func tell(function, when string, exprs []expr) {
	var pairs []I
	for _, e := range exprs {
		v := worth(e.value)
		if n, ok := v.(none); ok {
			v = Raw(`{"$kind":"none","why":` + strconv.Quote(n.why) + `}`)
		}
		pairs = append(pairs, e.text, v)
	}
	Line(`{"kind":"exprs","func":"` + function + `","when":"` + when + `","goid":` + strconv.Itoa(Goid()) +
		`,"values":` + string(F(pairs...)) + `}`)
}

type color uint8

const (
	Red color = iota + 1
	Green
	Blue
)

const (
	limit   = 1000
	bigMask = 0xffff0000
	minus   = -7
)

var (
	counter  = 42
	global   = &person{Name: "global", Age: 99, Tags: []string{"g"}}
	registry = map[string]int{"one": 1, "two": 2}
	table    = [4]string{"a", "b", "c", "d"}
	nothing  *person
	ratio    = 0.75
	hidden   struct{ depth, width int }
	lastErr  error
)

type base struct {
	ID   uint32
	Kind color
}

type address struct {
	Street string
	Zip    int32
	geo    struct{ Lat, Lon float64 }
}

type person struct {
	base
	*address
	Name  string
	Age   int
	Next  *person
	Tags  []string
	attr  map[string]string
	Kids  []*person
	Err   error
	Any   interface{}
	grid  [2][3]int16
	flag  bool
	small int8
	ptr   *int
	pp    **person
	wait  time.Duration
	raw   []byte
	f32   float32
	fn    func(int) int
	ch    chan int
	inner struct {
		a, b int
		deep struct{ s string }
	}
}

type store struct {
	items map[string]*person
	hits  int
	name  string
}

//go:noinline
func scalars(i8 int8, u8 uint8, i16 int16, u16 uint16, i32 int32, u32 uint32, i64 int64, u64 uint64, b bool, r rune,
	f64 float64, f32 float32, d time.Duration, c color, s string, up uintptr) (total int64, ok bool) {
	return int64(i8) + int64(u8) + int64(i16) + i64, b
}

func runScalars() {
	for _, t := range []struct {
		i8  int8
		u8  uint8
		i16 int16
		u16 uint16
		i32 int32
		u32 uint32
		i64 int64
		u64 uint64
		b   bool
		r   rune
		f64 float64
		f32 float32
		d   time.Duration
		c   color
		s   string
		up  uintptr
	}{
		{1, 2, 3, 4, 5, 6, 7, 8, true, 'x', 1.5, 2.25, time.Second, Red, "hello", 0x1000},
		{-128, 255, -32768, 65535, math.MinInt32, math.MaxUint32, math.MinInt64, math.MaxUint64, false, 'é', -0.1, 1e-3, -time.Millisecond, Blue, "", math.MaxUint64},
		{127, 0, 32767, 0, math.MaxInt32, 0, math.MaxInt64, 0, true, '世', 1e300, 3.4e38, 90 * time.Minute, 0, "日本語", 0},
		{-1, 128, -1, 32768, -1, 1 << 31, -1, 1 << 63, false, 0, 0, 0, 0, 77, "tab\tnew\nline", 1 << 63},
	} {
		i8, u8, i16, u16, i32, u32, i64, u64, b, r := t.i8, t.u8, t.i16, t.u16, t.i32, t.u32, t.i64, t.u64, t.b, t.r
		f64, f32, d, c, s, up := t.f64, t.f32, t.d, t.c, t.s, t.up
		tell("main.scalars", "entry", []expr{
			{"i8", func() I { return i8 }},
			{"u8", func() I { return u8 }},
			{"i16", func() I { return i16 }},
			{"u16", func() I { return u16 }},
			{"i32", func() I { return i32 }},
			{"u32", func() I { return u32 }},
			{"i64", func() I { return i64 }},
			{"u64", func() I { return u64 }},
			{"b", func() I { return b }},
			{"r", func() I { return r }},
			{"f64", func() I { return f64 }},
			{"f32", func() I { return f32 }},
			{"d", func() I { return d }},
			{"c", func() I { return c }},
			{"s", func() I { return s }},
			{"up", func() I { return up }},
			{"-i8", func() I { return -i8 }},
			{"i8 + 1", func() I { return i8 + 1 }},
			{"i8 * i8", func() I { return i8 * i8 }},
			{"u8 + 200", func() I { return u8 + 200 }},
			{"u8 - 3", func() I { return u8 - 3 }},
			{"^u8", func() I { return ^u8 }},
			{"^i16", func() I { return ^i16 }},
			{"~u16", func() I { return ^u16 }},
			{"i8 >> 2", func() I { return i8 >> 2 }},
			{"i8 >> 9", func() I { return i8 >> 9 }},
			{"u8 << 3", func() I { return u8 << 3 }},
			{"u8 << 8", func() I { return u8 << 8 }},
			{"i32 << u8", func() I { return i32 << u8 }},
			{"u64 >> u8", func() I { return u64 >> u8 }},
			{"i64 >> u8", func() I { return i64 >> u8 }},
			{"i16 / 7", func() I { return i16 / 7 }},
			{"i16 % 7", func() I { return i16 % 7 }},
			{"i64 / -1", func() I { return i64 / -1 }},
			{"i64 % -1", func() I { return i64 % -1 }},
			{"i32 / i32", func() I { return i32 / i32 }},
			{"u32 / u32", func() I { return u32 / u32 }},
			{"u32 % u32", func() I { return u32 % u32 }},
			{"u8 / u8", func() I { return u8 / u8 }},
			{"i32 - i32/2*2", func() I { return i32 - i32/2*2 }},
			{"u16 & 0xff00", func() I { return u16 & 0xff00 }},
			{"u16 | 1", func() I { return u16 | 1 }},
			{"u16 ^ 0x5555", func() I { return u16 ^ 0x5555 }},
			{"u16 &^ 0xf", func() I { return u16 &^ 0xf }},
			{"int64(i8)", func() I { return int64(i8) }},
			{"uint8(i16)", func() I { return uint8(i16) }},
			{"int8(u64)", func() I { return int8(u64) }},
			{"uint64(i8)", func() I { return uint64(i8) }},
			{"uint32(i64)", func() I { return uint32(i64) }},
			{"float64(i64)", func() I { return float64(i64) }},
			{"float64(u64)", func() I { return float64(u64) }},
			{"float32(u32)", func() I { return float32(u32) }},
			{"float32(f64)", func() I { return float32(f64) }},
			{"float64(f32)", func() I { return float64(f32) }},
			{"int32(r)", func() I { return int32(r) }},
			{"f64 * 2", func() I { return f64 * 2 }},
			{"f64 / 0.3", func() I { return f64 / 0.3 }},
			{"f32 + 0.1", func() I { return f32 + 0.1 }},
			{"-f64", func() I { return -f64 }},
			{"f64 > 1", func() I { return f64 > 1 }},
			{"f64 == 1.5", func() I { return f64 == 1.5 }},
			{"f32 <= 2.25", func() I { return f32 <= 2.25 }},
			{"i8 < 0", func() I { return i8 < 0 }},
			{"u64 > 9223372036854775807", func() I { return u64 > 9223372036854775807 }},
			{"i64 >= -9223372036854775808", func() I { return i64 >= -9223372036854775808 }},
			{"up == 0", func() I { return up == 0 }},
			{"r == 'x'", func() I { return r == 'x' }},
			{`r >= '\u00e9'`, func() I { return r >= '\u00e9' }},
			{"c == Green", func() I { return c == Green }},
			{"c == Blue || c == Red", func() I { return c == Blue || c == Red }},
			{"c > 2", func() I { return c > 2 }},
			{"uint8(c) + 1", func() I { return uint8(c) + 1 }},
			{"d > 1s", func() I { return d > time.Second }},
			{"d == 1h30m", func() I { return d == 90*time.Minute }},
			{"d / 2", func() I { return d / 2 }},
			{"int64(d) / 1000", func() I { return int64(d) / 1000 }},
			{"d + 5ms", func() I { return d + 5*time.Millisecond }},
			{"b && i8 > 0", func() I { return b && i8 > 0 }},
			{"b || u8 == 255", func() I { return b || u8 == 255 }},
			{"!b", func() I { return !b }},
			{"!(b && i8 > 0) || f64 < 0", func() I { return !(b && i8 > 0) || f64 < 0 }},
			{"b == true", func() I { return b == true }},
			{`s == "hello"`, func() I { return s == "hello" }},
			{`s != ""`, func() I { return s != "" }},
			{`s < "i"`, func() I { return s < "i" }},
			{`s + "!"`, func() I { return s + "!" }},
			{"len(s)", func() I { return len(s) }},
			{"s[0]", func() I { return s[0] }},
			{"s[len(s)-1]", func() I { return s[len(s)-1] }},
			{"s[1:]", func() I { return s[1:] }},
			{"s[:2]", func() I { return s[:2] }},
			{"s[1:3]", func() I { return s[1:3] }},
			{"s[i8:]", func() I { return s[i8:] }},
			{`strings.HasPrefix(s, "he")`, func() I { return strings.HasPrefix(s, "he") }},
			{`strings.HasSuffix(s, "lo")`, func() I { return strings.HasSuffix(s, "lo") }},
			{`strings.Contains(s, "本")`, func() I { return strings.Contains(s, "本") }},
			{`strings.EqualFold(s, "HELLO")`, func() I { return strings.EqualFold(s, "HELLO") }},
			{"i64 > limit", func() I { return i64 > limit }},
			{"u64 & bigMask", func() I { return u64 & bigMask }},
			{"i8 == minus", func() I { return i8 == minus }},
			{"counter", func() I { return counter }},
			{"counter + int(i8)", func() I { return counter + int(i8) }},
			{"global.Name", func() I { return global.Name }},
			{"global.Tags[0]", func() I { return global.Tags[0] }},
			{"main.global.Age", func() I { return global.Age }},
			{`registry["two"]`, func() I { return registry["two"] }},
			{"table[u8&3]", func() I { return table[u8&3] }},
			{"table[u8]", func() I { return table[u8] }},
			{"nothing.Name", func() I { return nothing.Name }},
			{"nothing == nil", func() I { return nothing == nil }},
			{"ratio * 2", func() I { return ratio * 2 }},
			{"hidden.width", func() I { return hidden.width }},
			{"lastErr == nil", func() I { return lastErr == nil }},
			{"math.MaxInt8", func() I { return math.MaxInt8 }},
			{"7 * 6", func() I { return 7 * 6 }},
			{"1 << 40", func() I { return 1 << 40 }},
			{`"lit" + "eral"`, func() I { return "lit" + "eral" }},
			{"2.5 * 2", func() I { return 2.5 * 2 }},
			{"i8 - -1", func() I { return i8 + 1 }},
			{"goid() > 0", func() I { return true }},
			{"pid() == tid() || pid() > 0", func() I { return true }},
		})
		total, ok := scalars(i8, u8, i16, u16, i32, u32, i64, u64, b, r, f64, f32, d, c, s, up)
		tell("main.scalars", "return", []expr{
			{"total", func() I { return total }},
			{"ret.0", func() I { return total }},
			{"ret.1", func() I { return ok }},
			{"ok", func() I { return ok }},
			{"total > 0 && ok", func() I { return total > 0 && ok }},
			{"ret.0 - i64", func() I { return total - i64 }},
			{"total == int64(i8)+int64(u8)+int64(i16)+i64", func() I { return total == int64(i8)+int64(u8)+int64(i16)+i64 }},
			{"duration() > 0", func() I { return true }},
			{"duration() < 1h", func() I { return true }},
			{"s + s", func() I { return s + s }},
		})
	}
}

//go:noinline
func (s *store) Get(p *person, pp **person, key string) (found *person, err error) {
	if s == nil {
		return nil, errNoStore
	}
	s.hits++
	found, ok := s.items[key]
	if !ok {
		return p, &notFound{key, len(s.items)}
	}
	return found, nil
}

var errNoStore = errors.New("no store")

type notFound struct {
	key string
	n   int
}

func (e *notFound) Error() string { return "not found: " + e.key }

type code int

func (c code) Error() string { return "code " + strconv.Itoa(int(c)) }

func people() []*person {
	seven := 7
	leaf := &person{base: base{3, Green}, Name: "leaf", Age: 5, small: -5, ptr: &seven}
	mid := &person{base: base{2, Blue}, address: &address{Street: "Elm", Zip: 12345}, Name: "middle", Age: 50, Next: leaf,
		Tags: []string{"x", "yy", "zzz"}, attr: map[string]string{"k": "v", "empty": ""}, Kids: []*person{leaf, nil},
		Err: &notFound{"deep", 3}, Any: 17, flag: true, wait: time.Minute, raw: []byte("raw\x00data"), f32: 0.5}
	mid.address.geo.Lat = 48.5
	mid.address.geo.Lon = -1.25
	mid.grid[1][2] = -300
	mid.grid[0][1] = 21
	mid.inner.a, mid.inner.b, mid.inner.deep.s = 1, -2, "very deep"
	top := &person{Name: strings.Repeat("long name ", 12), Age: -3, Next: mid, Tags: []string{}, Any: leaf,
		Err: fmt.Errorf("wrapped: %w", os.ErrNotExist), fn: func(x int) int { return x + seven }, ch: make(chan int, 3)}
	top.ch <- 1
	top.pp = &top.Next
	return []*person{nil, leaf, mid, top}
}

func runStore() {
	all := people()
	st := &store{map[string]*person{"leaf": all[1], "top": all[3], "nil": nil}, 10, "main store"}
	for i, p := range all {
		s, pp, key := st, &all[i], []string{"leaf", "nil", "none", ""}[i]
		if i == 2 {
			pp = nil
		}
		if i == 3 {
			s = nil
		}
		tell("main.(*store).Get", "entry", []expr{
			{"key", func() I { return key }},
			{"s.hits", func() I { return s.hits }},
			{"s.name", func() I { return s.name }},
			{"s.items[key] == nil", func() I { return s.items[key] == nil }},
			{"s.items[key].Name", func() I { return s.items[key].Name }},
			{`s.items["leaf"].Age`, func() I { return s.items["leaf"].Age }},
			{`s.items["leaf"].ptr == nil`, func() I { return s.items["leaf"].ptr == nil }},
			{`*s.items["leaf"].ptr`, func() I { return *s.items["leaf"].ptr }},
			{"len(s.items)", func() I { return len(s.items) }},
			{"s == nil", func() I { return s == nil }},
			{"p == nil", func() I { return p == nil }},
			{"p != nil && p.Age > 10", func() I { return p != nil && p.Age > 10 }},
			{"p.Name", func() I { return p.Name }},
			{"p.Age", func() I { return p.Age }},
			{"p->Age", func() I { return p.Age }},
			{"(*p).Age", func() I { return (*p).Age }},
			{"p.ID", func() I { return p.ID }},
			{"p.base.ID", func() I { return p.base.ID }},
			{"p.Kind", func() I { return p.Kind }},
			{"p.Kind == Blue", func() I { return p.Kind == Blue }},
			{"p.Street", func() I { return p.Street }},
			{"p.Zip", func() I { return p.Zip }},
			{"p.address.Zip", func() I { return p.address.Zip }},
			{"p.address == nil", func() I { return p.address == nil }},
			{"p.geo.Lat", func() I { return p.geo.Lat }},
			{"p.address.geo.Lon", func() I { return p.address.geo.Lon }},
			{"p.Next.Name", func() I { return p.Next.Name }},
			{"p.Next.Next.Name", func() I { return p.Next.Next.Name }},
			{"p.Next.Next.Next.Name", func() I { return p.Next.Next.Next.Name }},
			{"p.Next.Next.Next == nil", func() I { return p.Next.Next.Next == nil }},
			{"p.Next == nil", func() I { return p.Next == nil }},
			{"p.Next.Street", func() I { return p.Next.Street }},
			{"*p.ptr", func() I { return *p.ptr }},
			{"p.ptr == nil", func() I { return p.ptr == nil }},
			{"p.Next.Next.small", func() I { return p.Next.Next.small }},
			{"p.small", func() I { return p.small }},
			{"len(p.Tags)", func() I { return len(p.Tags) }},
			{"cap(p.Tags)", func() I { return cap(p.Tags) }},
			{"p.Tags", func() I { return p.Tags }},
			{"p.Tags == nil", func() I { return p.Tags == nil }},
			{"p.Tags[0]", func() I { return p.Tags[0] }},
			{"p.Tags[len(p.Tags)-1]", func() I { return p.Tags[len(p.Tags)-1] }},
			{"p.Tags[1][0]", func() I { return p.Tags[1][0] }},
			{"p.Tags[1:]", func() I { return p.Tags[1:] }},
			{"p.Tags[1:2]", func() I { return p.Tags[1:2] }},
			{"len(p.Tags[2])", func() I { return len(p.Tags[2]) }},
			{`p.attr["k"]`, func() I { return p.attr["k"] }},
			{`p.attr["missing"]`, func() I { return p.attr["missing"] }},
			{`p.attr["empty"] == ""`, func() I { return p.attr["empty"] == "" }},
			{"len(p.attr)", func() I { return len(p.attr) }},
			{"p.attr == nil", func() I { return p.attr == nil }},
			{"p.attr", func() I { return p.attr }},
			{`p.Next.attr["k"]`, func() I { return p.Next.attr["k"] }},
			{"p.Kids[0].Name", func() I { return p.Kids[0].Name }},
			{"p.Kids[1] == nil", func() I { return p.Kids[1] == nil }},
			{"p.Kids[1].Name", func() I { return p.Kids[1].Name }},
			{"p.Kids[p.Age-50].Age", func() I { return p.Kids[p.Age-50].Age }},
			{"p.grid[1][2]", func() I { return p.grid[1][2] }},
			{"p.grid[0]", func() I { return p.grid[0] }},
			{"p.grid", func() I { return p.grid }},
			{"p.grid[p.Age&1][1]", func() I { return p.grid[p.Age&1][1] }},
			{"p.flag", func() I { return p.flag }},
			{"!p.flag", func() I { return !p.flag }},
			{"p.wait", func() I { return p.wait }},
			{"p.wait > 1s", func() I { return p.wait > time.Second }},
			{"p.raw", func() I { return p.raw }},
			{"string(p.raw)", func() I { return string(p.raw) }},
			{`string(p.raw[:3]) == "raw"`, func() I { return string(p.raw[:3]) == "raw" }},
			{"p.raw[3]", func() I { return p.raw[3] }},
			{"p.f32", func() I { return p.f32 }},
			{"p.f32 * 2", func() I { return p.f32 * 2 }},
			{"p.inner", func() I { return p.inner }},
			{"p.inner.deep.s", func() I { return p.inner.deep.s }},
			{"p.inner.a - p.inner.b", func() I { return p.inner.a - p.inner.b }},
			{"p.Err", func() I { return At(&p.Err) }},
			{"p.Err == nil", func() I { return p.Err == nil }},
			{"p.Err.Error()", func() I { return p.Err.Error() }},
			{"p.Err.(type) == *main.notFound", func() I { return func() bool { _, ok := p.Err.(*notFound); return ok }() }},
			{"p.Err.(*main.notFound).key", func() I { return p.Err.(*notFound).key }},
			{"p.Next.Err.(*main.notFound).n", func() I { return p.Next.Err.(*notFound).n }},
			{"p.Any", func() I { return At(&p.Any) }},
			{"p.Any.(int) + 1", func() I { return p.Any.(int) + 1 }},
			{"p.Any.(*main.person).Name", func() I { return p.Any.(*person).Name }},
			{"p.Any == nil", func() I { return p.Any == nil }},
			{"p.Next.Any.(int)", func() I { return p.Next.Any.(int) }},
			{"p.fn == nil", func() I { return p.fn == nil }},
			{"p.ch == nil", func() I { return p.ch == nil }},
			{"len(p.ch)", func() I { return len(p.ch) }},
			{"cap(p.ch)", func() I { return cap(p.ch) }},
			{"(*p.pp).Name", func() I { return (*p.pp).Name }},
			{"(**p.pp).Age", func() I { return (**p.pp).Age }},
			{"pp == nil", func() I { return pp == nil }},
			{"*pp == nil", func() I { return *pp == nil }},
			{"(*pp).Name", func() I { return (*pp).Name }},
			{"(**pp).Age", func() I { return (**pp).Age }},
			{"(*pp).Next.Tags", func() I { return (*pp).Next.Tags }},
			{"*pp == p", func() I { return *pp == p }},
			{"p.Next == p.Next.Next", func() I { return p.Next == p.Next.Next }},
			{"&p.Age == nil", func() I { return &p.Age == nil }},
			{"len(p.Name) > 64", func() I { return len(p.Name) > 64 }},
			{`strings.HasPrefix(p.Name, "long")`, func() I { return strings.HasPrefix(p.Name, "long") }},
			{`strings.HasSuffix(p.Name, "name ")`, func() I { return strings.HasSuffix(p.Name, "name ") }},
			{`p.Name[10:14] == "long"`, func() I { return p.Name[10:14] == "long" }},
			{"p.Name[:p.Age]", func() I { return p.Name[:p.Age] }},
			{`strings.Contains(p.Name, "e l")`, func() I { return strings.Contains(p.Name, "e l") }},
			{`p.Name + "/" + key`, func() I { return p.Name + "/" + key }},
		})
		found, err := s.Get(p, pp, key)
		tell("main.(*store).Get", "return", []expr{
			{"found.Name", func() I { return found.Name }},
			{"found == nil", func() I { return found == nil }},
			{"found.Age", func() I { return found.Age }},
			{"found == p", func() I { return found == p }},
			{"ret.0.Age", func() I { return found.Age }},
			{"ret.0 != nil && ret.0.Age > 4", func() I { return found != nil && found.Age > 4 }},
			{"err == nil", func() I { return err == nil }},
			{"err != nil", func() I { return err != nil }},
			{"err", func() I { return At(&err) }},
			{"err.Error()", func() I { return err.Error() }},
			{"err.(type) == *main.notFound", func() I { return func() bool { _, ok := err.(*notFound); return ok }() }},
			{"err.(*main.notFound).n", func() I { return err.(*notFound).n }},
			{"ret.1.(*main.notFound).key == key", func() I { return err.(*notFound).key == key }},
			{"err == errNoStore", func() I { return err == errNoStore }},
			{`err != nil && strings.Contains(err.Error(), "not found")`, func() I { return err != nil && strings.Contains(err.Error(), "not found") }},
			{"p.Age", func() I { return p.Age }},
		})
	}
}

//go:noinline
func seqs(xs []int, ss []string, bs []byte, arr [5]uint16, parr *[3]string, people []*person, n int, big, uni, long string,
	nilx []int, mat [][]int32, structs []base) (int, []string) {
	return len(xs) + n, ss
}

func runSeqs() {
	big := strings.Repeat("0123456789", 100)
	long := strings.Repeat("abcdefgh", 12)
	uni := "häöü 世界 😀"
	all := people()
	for _, n := range []int{0, 1, 3, -1, 40, 1 << 62} {
		xs := []int{10, -20, 30, 40, 50}
		ss := []string{"zero", "", "two", strings.Repeat("t", 100)}
		bs := []byte{0, 1, 254, 255, 'a'}
		arr := [5]uint16{1, 2, 65535, 4, 5}
		parr := &[3]string{"p0", "p1", "p2"}
		if n == -1 {
			parr = nil
			ss = nil
			bs = []byte("plain text")
		}
		if n == 40 {
			xs = make([]int, 100)
			for i := range xs {
				xs[i] = i * i
			}
		}
		var nilx []int
		mat := [][]int32{{1, 2}, nil, {3}, {4, 5, 6, 7}}
		structs := []base{{7, Red}, {8, Green}}
		people := all
		tell("main.seqs", "entry", []expr{
			{"xs", func() I { return xs }},
			{"xs[n]", func() I { return xs[n] }},
			{"xs[0]", func() I { return xs[0] }},
			{"xs[len(xs)-1]", func() I { return xs[len(xs)-1] }},
			{"xs[n+1]", func() I { return xs[n+1] }},
			{"xs[n] == 30", func() I { return xs[n] == 30 }},
			{"xs[1] < 0 && xs[n] > 0", func() I { return xs[1] < 0 && xs[n] > 0 }},
			{"xs[1:3]", func() I { return xs[1:3] }},
			{"xs[n:]", func() I { return xs[n:] }},
			{"xs[:n]", func() I { return xs[:n] }},
			{"xs[4:2+3]", func() I { return xs[4 : 2+3] }},
			{"len(xs[2:])", func() I { return len(xs[2:]) }},
			{"cap(xs[2:])", func() I { return cap(xs[2:]) }},
			{"xs[2:4][1]", func() I { return xs[2:4][1] }},
			{"xs[xs[0]/10]", func() I { return xs[xs[0]/10] }},
			{"len(xs)", func() I { return len(xs) }},
			{"ss", func() I { return ss }},
			{"ss[n]", func() I { return ss[n] }},
			{"ss[3]", func() I { return ss[3] }},
			{"len(ss[3])", func() I { return len(ss[3]) }},
			{`ss[2] == "two"`, func() I { return ss[2] == "two" }},
			{`ss[n] + "."`, func() I { return ss[n] + "." }},
			{"ss[0][n]", func() I { return ss[0][n] }},
			{"ss == nil", func() I { return ss == nil }},
			{"bs", func() I { return bs }},
			{"bs[n]", func() I { return bs[n] }},
			{"bs[4] == 'a'", func() I { return bs[4] == 'a' }},
			{"string(bs)", func() I { return string(bs) }},
			{`string(bs[4:]) == "a"`, func() I { return string(bs[4:]) == "a" }},
			{`bytes.Contains(bs, "text")`, func() I { return strings.Contains(string(bs), "text") }},
			{"len(bs)", func() I { return len(bs) }},
			{"arr", func() I { return arr }},
			{"arr[n]", func() I { return arr[n] }},
			{"arr[2]", func() I { return arr[2] }},
			{"arr[2] + 1", func() I { return arr[2] + 1 }},
			{"len(arr)", func() I { return len(arr) }},
			{"arr[1:3]", func() I { return arr[1:3] }},
			{"parr[n]", func() I { return parr[n] }},
			{"parr[2]", func() I { return parr[2] }},
			{"parr == nil", func() I { return parr == nil }},
			{"len(parr)", func() I { return len(parr) }},
			{"parr[0] < parr[1]", func() I { return parr[0] < parr[1] }},
			{"people[n].Name", func() I { return people[n].Name }},
			{"people[1].Name", func() I { return people[1].Name }},
			{"people[2].Next.Name", func() I { return people[2].Next.Name }},
			{"people[0] == nil", func() I { return people[0] == nil }},
			{"people[0].Name", func() I { return people[0].Name }},
			{"people[n] == nil", func() I { return people[n] == nil }},
			{"people[3].Next.Kids[0].Age", func() I { return people[3].Next.Kids[0].Age }},
			{"people[1:][1].Age", func() I { return people[1:][1].Age }},
			{"big", func() I { return big }},
			{"len(big)", func() I { return len(big) }},
			{"big[990:]", func() I { return big[990:] }},
			{"big[n]", func() I { return big[n] }},
			{"big[999]", func() I { return big[999] }},
			{"big[300:310]", func() I { return big[300:310] }},
			{`big == "0"`, func() I { return big == "0" }},
			{`strings.HasSuffix(big, "789")`, func() I { return strings.HasSuffix(big, "789") }},
			{`strings.HasPrefix(big, "012345678901")`, func() I { return strings.HasPrefix(big, "012345678901") }},
			{`strings.Contains(big, "90123")`, func() I { return strings.Contains(big, "90123") }},
			{"uni", func() I { return uni }},
			{"len(uni)", func() I { return len(uni) }},
			{"uni[1]", func() I { return uni[1] }},
			{"uni[1:3]", func() I { return uni[1:3] }},
			{`strings.HasSuffix(uni, "😀")`, func() I { return strings.HasSuffix(uni, "😀") }},
			{`uni == "häöü 世界 😀"`, func() I { return uni == "häöü 世界 😀" }},
			{"long", func() I { return long }},
			{`long == "abcdefghabcdefghabcdefghabcdefghabcdefghabcdefghabcdefghabcdefghabcdefghabcdefghabcdefghabcdefgh"`, func() I {
				return long == "abcdefghabcdefghabcdefghabcdefghabcdefghabcdefghabcdefghabcdefghabcdefghabcdefghabcdefghabcdefgh"
			}},
			{`long != "abcdefghabcdefghabcdefghabcdefghabcdefghabcdefghabcdefghabcdefghabcdefghabcdefghabcdefghabcdefgi"`, func() I {
				return long != "abcdefghabcdefghabcdefghabcdefghabcdefghabcdefghabcdefghabcdefghabcdefghabcdefghabcdefghabcdefgi"
			}},
			{`strings.HasPrefix(long, "abcdefghabcdefghabcdefghabcdefghabcdefghabcdefghabcdefghabcdefghabcdefgha")`, func() I {
				return strings.HasPrefix(long, "abcdefghabcdefghabcdefghabcdefghabcdefghabcdefghabcdefghabcdefghabcdefgha")
			}},
			{`strings.HasSuffix(long, "bcdefghabcdefghabcdefghabcdefghabcdefghabcdefghabcdefghabcdefghabcdefgh")`, func() I {
				return strings.HasSuffix(long, "bcdefghabcdefghabcdefghabcdefghabcdefghabcdefghabcdefghabcdefghabcdefgh")
			}},
			{`long < "abcdefghabcdefghabcdefghabcdefghabcdefghabcdefghabcdefghabcdefghabcdefgz"`, func() I { return long < "abcdefghabcdefghabcdefghabcdefghabcdefghabcdefghabcdefghabcdefghabcdefgz" }},
			{"long[95:]", func() I { return long[95:] }},
			{"nilx", func() I { return nilx }},
			{"nilx == nil", func() I { return nilx == nil }},
			{"len(nilx)", func() I { return len(nilx) }},
			{"nilx[0]", func() I { return nilx[0] }},
			{"mat", func() I { return mat }},
			{"mat[3][2]", func() I { return mat[3][2] }},
			{"mat[1] == nil", func() I { return mat[1] == nil }},
			{"mat[1][0]", func() I { return mat[1][0] }},
			{"mat[n][0]", func() I { return mat[n][0] }},
			{"len(mat[3])", func() I { return len(mat[3]) }},
			{"structs", func() I { return structs }},
			{"structs[1].Kind", func() I { return structs[1].Kind }},
			{"structs[n].ID", func() I { return structs[n].ID }},
			{`matches(uni, "h.*ü")`, func() I { return true }},
			{`matches(long, "^(abcdefgh){12}$")`, func() I { return true }},
		})
		r0, r1 := seqs(xs, ss, bs, arr, parr, people, n, big, uni, long, nilx, mat, structs)
		tell("main.seqs", "return", []expr{
			{"ret.0", func() I { return r0 }},
			{"ret.1", func() I { return r1 }},
			{"ret.1[0]", func() I { return r1[0] }},
			{"ret.1[n]", func() I { return r1[n] }},
			{"len(ret.1)", func() I { return len(r1) }},
			{"ret.0 - n", func() I { return r0 - n }},
			{"ret.0 == len(xs) + n", func() I { return r0 == len(xs)+n }},
			{"xs[0]", func() I { return xs[0] }},
		})
	}
}

type ikey int16

//go:noinline
func maps(ms map[string]int, mi map[int]string, mp map[string]*person, mb map[bool]int, mf map[float64]string,
	mu map[uint8][]string, mk map[ikey]base, nilm map[string]int, large map[string]int, li map[int64]int64, k string,
	n int) map[string]int {
	return ms
}

func runMaps() {
	all := people()
	large, li := map[string]int{}, map[int64]int64{}
	for i := 0; i < 500; i++ {
		large["key"+strconv.Itoa(i)] = i
		li[int64(i)*1000003] = int64(i)
	}
	for i, k := range []string{"a", "", "missing", "a long key that is certainly longer than sixty-four bytes, for comparison of them all"} {
		n := i * 3
		ms := map[string]int{"a": 1, "": -1, "a long key that is certainly longer than sixty-four bytes, for comparison of them all": 64}
		mi := map[int]string{0: "zero", 3: "three", -5: "minus five"}
		mp := map[string]*person{"a": all[2], "": nil, "missing": all[3]}
		mb := map[bool]int{true: 11}
		mf := map[float64]string{0.5: "half", math.Inf(1): "inf"}
		mu := map[uint8][]string{200: {"x", "y"}, 0: nil}
		mk := map[ikey]base{-3: {1, Red}, 6: {2, Blue}}
		var nilm map[string]int
		tell("main.maps", "entry", []expr{
			{"ms", func() I { return ms }},
			{`ms["a"]`, func() I { return ms["a"] }},
			{"ms[k]", func() I { return ms[k] }},
			{"ms[k] > 0", func() I { return ms[k] > 0 }},
			{`ms["missing"]`, func() I { return ms["missing"] }},
			{`ms[k+"a"]`, func() I { return ms[k+"a"] }},
			{"len(ms)", func() I { return len(ms) }},
			{"mi", func() I { return mi }},
			{"mi[n]", func() I { return mi[n] }},
			{"mi[3]", func() I { return mi[3] }},
			{"mi[-5]", func() I { return mi[-5] }},
			{`mi[n] == "three"`, func() I { return mi[n] == "three" }},
			{`mi[4] == ""`, func() I { return mi[4] == "" }},
			{"mp[k] == nil", func() I { return mp[k] == nil }},
			{"mp[k].Name", func() I { return mp[k].Name }},
			{`mp["a"].Tags[1]`, func() I { return mp["a"].Tags[1] }},
			{"mp[k].Next.Name", func() I { return mp[k].Next.Name }},
			{`mp["none"]`, func() I { return mp["none"] }},
			{`mp["none"].Name`, func() I { return mp["none"].Name }},
			{"mb[true]", func() I { return mb[true] }},
			{"mb[false]", func() I { return mb[false] }},
			{"mb[n > 3]", func() I { return mb[n > 3] }},
			{"mf[0.5]", func() I { return mf[0.5] }},
			{"mf[1]", func() I { return mf[1] }},
			{"mu[200]", func() I { return mu[200] }},
			{"mu[200][1]", func() I { return mu[200][1] }},
			{"mu[0] == nil", func() I { return mu[0] == nil }},
			{"mu[9]", func() I { return mu[9] }},
			{"mk[6].Kind", func() I { return mk[6].Kind }},
			{"mk[-3]", func() I { return mk[-3] }},
			{"mk[ikey(n)].ID", func() I { return mk[ikey(n)].ID }},
			{"nilm", func() I { return nilm }},
			{"nilm == nil", func() I { return nilm == nil }},
			{"nilm[k]", func() I { return nilm[k] }},
			{"len(nilm)", func() I { return len(nilm) }},
			{"len(large)", func() I { return len(large) }},
			{`large["key77"]`, func() I { return large["key77"] }},
			{`large["none"]`, func() I { return large["none"] }},
			{`large["key"+k]`, func() I { return large["key"+k] }},
			{"li[1000003]", func() I { return li[1000003] }},
			{"li[int64(n)*1000003]", func() I { return li[int64(n)*1000003] }},
			{"li[1]", func() I { return li[1] }},
			{"len(li)", func() I { return len(li) }},
		})
		m := maps(ms, mi, mp, mb, mf, mu, mk, nilm, large, li, k, n)
		tell("main.maps", "return", []expr{
			{"ret", func() I { return m }},
			{`ret["a"]`, func() I { return m["a"] }},
			{"ret.0[k]", func() I { return m[k] }},
			{"len(ret)", func() I { return len(m) }},
		})
	}
}

type shape interface{ Area() float64 }
type square struct{ Side float64 }
type circle struct {
	R    float32
	Name string
}
type celsius float64
type one struct{ p *person }

func (s square) Area() float64  { return s.Side * s.Side }
func (c *circle) Area() float64 { return float64(c.R) * 3 }
func (c celsius) Area() float64 { return float64(c) }
func (o one) Area() float64     { return 1 }

//go:noinline
func ifaces(x interface{}, sh shape, err error) (interface{}, error) { return x, err }

func isType(x I, want string) bool { return x != nil && fmt.Sprintf("%T", x) == want }

func runIfaces() {
	all := people()
	seven := 7
	var typedNil *circle
	var noPath *os.PathError
	for i, t := range []struct {
		x   interface{}
		sh  shape
		err error
	}{
		{nil, nil, nil},
		{1, square{2.5}, errors.New("plain")},
		{"text", &circle{1.5, "round"}, fmt.Errorf("outer: %w", errNoStore)},
		{all[2], typedNil, &net.OpError{Op: "dial", Net: "tcp", Err: errNoStore}},
		{&seven, celsius(36.6), &os.PathError{Op: "open", Path: "/no/such", Err: os.ErrNotExist}},
		{[]int{1, 2, 3}, one{all[1]}, noPath},
		{map[string]int{"z": 26}, one{nil}, code(5)},
		{base{9, Blue}, square{-1}, &notFound{"x", -1}},
		{3.25, &circle{}, &strconv.NumError{Func: "Atoi", Num: "q", Err: strconv.ErrSyntax}},
		{uint8(200), nil, os.ErrExist},
		{true, celsius(0), errNoStore},
		{[3]int8{-1, 0, 1}, nil, nil},
		{error(code(3)), nil, nil},
		{time.Duration(1500), nil, nil},
		{int64(1) << 40, nil, nil},
		{struct{}{}, nil, nil},
	} {
		_ = i
		x, sh, err := t.x, t.sh, t.err
		tell("main.ifaces", "entry", []expr{
			{"x", func() I { return At(&x) }},
			{"sh", func() I { return At(&sh) }},
			{"err", func() I { return At(&err) }},
			{"x == nil", func() I { return x == nil }},
			{"sh == nil", func() I { return sh == nil }},
			{"sh != nil && err != nil", func() I { return sh != nil && err != nil }},
			{"x.(type) == int", func() I { return isType(x, "int") }},
			{"x.(type) == string", func() I { return isType(x, "string") }},
			{"x.(type) == *main.person", func() I { return isType(x, "*main.person") }},
			{"x.(type) == *int", func() I { return isType(x, "*int") }},
			{"x.(type) == []int", func() I { return isType(x, "[]int") }},
			{"x.(type) == map[string]int", func() I { return isType(x, "map[string]int") }},
			{"x.(type) == main.base", func() I { return isType(x, "main.base") }},
			{"x.(type) == float64", func() I { return isType(x, "float64") }},
			{"x.(type) == uint8", func() I { return isType(x, "uint8") }},
			{"x.(type) != uint8", func() I { return !isType(x, "uint8") }},
			{"x.(type) == bool", func() I { return isType(x, "bool") }},
			{"x.(type) == time.Duration", func() I { return isType(x, "time.Duration") }},
			{"x.(type) == nil", func() I { return x == nil }},
			{"x.(type) != nil", func() I { return x != nil }},
			{"x.(int)", func() I { return x.(int) }},
			{"x.(int) + 1", func() I { return x.(int) + 1 }},
			{"x.(string)", func() I { return x.(string) }},
			{`x.(string) == "text"`, func() I { return x.(string) == "text" }},
			{"len(x.(string))", func() I { return len(x.(string)) }},
			{"x.(*main.person).Name", func() I { return x.(*person).Name }},
			{"x.(*main.person).Next.Age", func() I { return x.(*person).Next.Age }},
			{"*x.(*int)", func() I { return *x.(*int) }},
			{"x.([]int)[1]", func() I { return x.([]int)[1] }},
			{"x.([]int)", func() I { return x.([]int) }},
			{"len(x.(map[string]int))", func() I { return len(x.(map[string]int)) }},
			{`x.(map[string]int)["z"]`, func() I { return x.(map[string]int)["z"] }},
			{"x.(main.base).Kind", func() I { return x.(base).Kind }},
			{"x.(main.base)", func() I { return x.(base) }},
			{"x.(float64) * 2", func() I { return x.(float64) * 2 }},
			{"x.(uint8) > 100", func() I { return x.(uint8) > 100 }},
			{"!x.(bool)", func() I { return !x.(bool) }},
			{"x.(time.Duration)", func() I { return x.(time.Duration) }},
			{"x.(int64) >> 4", func() I { return x.(int64) >> 4 }},
			{"sh.(type) == main.square", func() I { return isType(sh, "main.square") }},
			{"sh.(type) == *main.circle", func() I { return isType(sh, "*main.circle") }},
			{"sh.(main.square).Side", func() I { return sh.(square).Side }},
			{"sh.(*main.circle).Name", func() I { return sh.(*circle).Name }},
			{"sh.(*main.circle) == nil", func() I { return sh.(*circle) == nil }},
			{"sh.(*main.circle).R * 2", func() I { return sh.(*circle).R * 2 }},
			{"sh.(main.celsius) > 30", func() I { return sh.(celsius) > 30 }},
			{"sh.(main.one).p.Name", func() I { return sh.(one).p.Name }},
			{"sh.(main.one).p == nil", func() I { return sh.(one).p == nil }},
			{"err == nil", func() I { return err == nil }},
			{"err != nil", func() I { return err != nil }},
			{"err.(type) == *net.OpError", func() I { return isType(err, "*net.OpError") }},
			{"err.(type) == *errors.errorString", func() I { return isType(err, "*errors.errorString") }},
			{"err.(type) == *fmt.wrapError", func() I { return isType(err, "*fmt.wrapError") }},
			{"err.(*net.OpError).Op", func() I { return err.(*net.OpError).Op }},
			{`err.(*net.OpError).Op == "dial"`, func() I { return err.(*net.OpError).Op == "dial" }},
			{"err.(*net.OpError).Err.Error()", func() I { return err.(*net.OpError).Err.Error() }},
			{`err.(type) == *strconv.NumError && err.(*strconv.NumError).Func == "Atoi"`, func() I { return isType(err, "*strconv.NumError") }},
			{"err.(*strconv.NumError).Num", func() I { return err.(*strconv.NumError).Num }},
			{"err.(main.code)", func() I { return err.(code) }},
			{"err.(main.code) == 5", func() I { return err.(code) == 5 }},
			{"err.(*main.notFound).key", func() I { return err.(*notFound).key }},
			{"err == errNoStore", func() I { return err == errNoStore }},
			{"err.Error()", func() I { return ErrorText(err) }},
			{`strings.Contains(err.Error(), "no")`, func() I { return strings.Contains(ErrorText(err).(string), "no") }},
		})
		r0, r1 := ifaces(x, sh, err)
		tell("main.ifaces", "return", []expr{
			{"ret.0", func() I { return At(&r0) }},
			{"ret.1", func() I { return At(&r1) }},
			{"ret.1 != nil", func() I { return r1 != nil }},
			{"ret.0.(int)", func() I { return r0.(int) }},
			{"ret.1.(type) == *net.OpError", func() I { return isType(r1, "*net.OpError") }},
			{"ret.1.(*net.OpError).Net", func() I { return r1.(*net.OpError).Net }},
		})
	}
}

// ErrorText is Error(), of typed nil pointers too where that panics.
func ErrorText(err error) I { return err.Error() }

//go:noinline
func floats(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p float64, q, r float32) (float64, float32, error) {
	return a + p, q * r, nil
}

func runFloats() {
	for _, a := range []float64{1, -0.5, math.Inf(1), math.NaN(), 1e-310, math.Copysign(0, -1)} {
		b, c, d, e, f, g, h, i, j, k, l, m, n, o, p := a*2, 3.0, 4.0, 5.5, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0, 13.0, 14.0, 15.0, a
		q, r := float32(a), float32(0.1)
		tell("main.floats", "entry", []expr{
			{"a", func() I { return a }},
			{"b", func() I { return b }},
			{"o", func() I { return o }},
			{"p", func() I { return p }},
			{"q", func() I { return q }},
			{"r", func() I { return r }},
			{"a + p", func() I { return a + p }},
			{"a == p", func() I { return a == p }},
			{"a != a", func() I { return a != a }},
			{"a < b", func() I { return a < b }},
			{"a <= 1", func() I { return a <= 1 }},
			{"e * 2 == 11", func() I { return e*2 == 11 }},
			{"float64(q) == a", func() I { return float64(q) == a }},
			{"q * r", func() I { return q * r }},
			{"-a", func() I { return -a }},
			{"int64(e)", func() I { return int64(e) }},
			{"c + d + e + f + g + h + i + j + k + l + m + n", func() I { return c + d + e + f + g + h + i + j + k + l + m + n }},
			{"p > 0 || o == 15", func() I { return p > 0 || o == 15 }},
			{"r < 0.1", func() I { return r < 0.1 }},
			{"float32(a) == q", func() I { return float32(a) == q }},
		})
		x, y, err := floats(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r)
		tell("main.floats", "return", []expr{
			{"ret.0", func() I { return x }},
			{"ret.1", func() I { return y }},
			{"ret.2 == nil", func() I { return err == nil }},
			{"ret.0 > 1", func() I { return x > 1 }},
			{"ret.0 == a + p", func() I { return x == a+p }},
			{"ret.1 * 2", func() I { return y * 2 }},
		})
	}
}

func main() {
	Known(time.Duration(0), func(v interface{}) []string { return []string{v.(time.Duration).String()} })
	Start()
	runScalars()
	runStore()
	runSeqs()
	runMaps()
	runIfaces()
	runFloats()
	Done()
}
