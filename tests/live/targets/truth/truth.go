// SPDX-License-Identifier: BSD-2-Clause

// Package truth is the printer of the truth programs: what a function was passed and what it returned, one JSON
// object a line, in the shapes that sonde's own JSON has (docs: the JSON contract). Where sonde has a choice,
// the truth says more than sonde has to, under "$kind":
//
//	{"$kind":"bytes","hex":H}                          a []byte
//	{"$kind":"ptr","addr":A,"to":V}                    a pointer
//	{"$kind":"iface","type":T,"addr":A,"value":V}      an interface; addr is its data word; "error": its Error();
//	                                                   if told by Text: "texts":[S,…]
//	{"$kind":"map","type":T,"addr":A,"len":N,"pairs":[[K,V],…]}  if told by Scattered: "scattered":true
//	{"$kind":"chan","type":T,"addr":A,"len":N,"cap":N} if told by Channel: "elems":[V,…],"closed","senders","receivers"
//	{"$kind":"func","type":T,"addr":A,"code":A,"name":S,"file":S,"line":N}  if told by Captured: "captured":{…}
//	{"$kind":"known","texts":[S,…],"plain":V}          a type that was registered by Known: any of these texts, or V;
//	                                                   a reflect.Value also "held":I, the same as an interface
//	{"$kind":"gone","hex":H,"len":N}                   not readable, but perhaps its first bytes; told by Nowhere
//	{"$kind":"deep"}                                   deeper than anybody follows
//
// Floats always carry a point or an exponent, integers never do. Lines other than calls:
//
//	{"kind":"unwound","func":F,"args":{…}}             entered, and left by a panic or Goexit
//	{"kind":"open","func":F,"args":{…}}                entered, and running when the program ends
//	{"kind":"count","func":F,"calls":N,"unwound":N}    calls that are only counted
//	{"kind":"unordered","func":F}                      calls of F come from many goroutines: compare as a set
//	{"kind":"absent","func":F}                         F exists and is not called
//	{"kind":"note","name":S,"value":N}                 what happened beside the calls
package truth

import (
	"bufio"
	"math"
	"os"
	"reflect"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
	"unsafe"
)

var (
	lock sync.Mutex
	out  = bufio.NewWriterSize(os.Stdout, 1<<16)
)

// Start says that the program is ready and waits for a newline on standard input.
func Start() {
	out.WriteString("ready " + strconv.Itoa(os.Getpid()) + "\n")
	out.Flush()
	var one [1]byte
	for one[0] != '\n' {
		if n, err := os.Stdin.Read(one[:]); n == 0 || err != nil {
			os.Exit(9)
		}
	}
}

// Done says that the program did all it does.
func Done() {
	Line("done")
	lock.Lock()
	out.Flush()
	lock.Unlock()
}

// Line prints one line.
func Line(s string) {
	lock.Lock()
	out.WriteString(s)
	out.WriteByte('\n')
	lock.Unlock()
}

// Fields is a JSON object, already encoded.
type Fields string

// Ref is a variable given by its address, so that an interface variable stays one.
type Ref struct{ ptr interface{} }

// At is the variable that ptr points to.
func At(ptr interface{}) Ref { return Ref{ptr} }

// F encodes name, value, name, value, … as they are now.
func F(pairs ...interface{}) Fields {
	b := []byte{'{'}
	for i := 0; i+1 < len(pairs); i += 2 {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, pairs[i].(string))
		b = append(b, ':')
		if raw, ok := pairs[i+1].(Raw); ok {
			b = append(b, raw...)
		} else if r, ok := pairs[i+1].(Ref); ok {
			b = appendValue(b, reflect.ValueOf(r.ptr).Elem(), 0)
		} else {
			b = appendValue(b, addressable(reflect.ValueOf(pairs[i+1])), 0)
		}
	}
	return Fields(append(b, '}'))
}

// addressable is a copy of v that has an address, so that the words of interfaces in it can be read.
func addressable(v reflect.Value) reflect.Value {
	if !v.IsValid() {
		return v
	}
	p := reflect.New(v.Type()).Elem()
	p.Set(v)
	return p
}

// Raw is a value that is encoded already.
type Raw string

// Do calls a function and tells what it was passed and what it returned. names: its parameters, with commas.
func Do(function string, fn interface{}, names string, args ...interface{}) {
	DoTypes(function, "", fn, names, args...)
}

// DoTypes is Do for a generic function; types: the type arguments, with commas.
func DoTypes(function, types string, fn interface{}, names string, args ...interface{}) {
	f := reflect.ValueOf(fn)
	t := f.Type()
	b := []byte{'{'}
	var in []reflect.Value
	for i, name := range split(names) {
		// A variable of the parameter's own type: what is told of it is what is passed, word by word.
		p := reflect.New(t.In(i)).Elem()
		if r, ok := args[i].(Ref); ok {
			p.Set(reflect.ValueOf(r.ptr).Elem())
		} else if args[i] != nil {
			p.Set(reflect.ValueOf(args[i]))
		}
		in = append(in, p)
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendString(b, name), ':')
		b = appendValue(b, p, 0)
	}
	before := Fields(append(b, '}'))
	var out []reflect.Value
	if t.IsVariadic() {
		out = f.CallSlice(in)
	} else {
		out = f.Call(in)
	}
	b = []byte{'{'}
	for i, r := range out {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendString(b, "r"+strconv.Itoa(i)), ':')
		b = appendValue(b, addressable(r), 0)
	}
	line := `{"func":` + quote(function) + `,"goid":` + strconv.Itoa(Goid())
	if types != "" {
		line += `,"targs":` + quote(types)
	}
	Line(line + `,"args":` + string(before) + `,"results":` + string(b) + `}}`)
}

func split(names string) []string {
	if names == "" {
		return nil
	}
	return strings.Split(names, ",")
}

type channel struct {
	elems              string
	closed             bool
	senders, receivers int
}

var (
	channels = map[uintptr]channel{}
	captured = map[uintptr]Fields{}
	known    = map[reflect.Type]func(interface{}) []string{}
	nowhere  [][2]uintptr
	sparse   = map[uintptr]bool{}
	spoken   = map[word][]string{}
)

type word struct {
	t    reflect.Type
	data uintptr
}

// kept is what was registered by its address: nothing else may come to lie there.
var kept []interface{}

// Text registers the texts that are right for what is in an interface. iface: a pointer to a variable that has it.
func Text(iface interface{}, texts ...string) {
	v := reflect.ValueOf(iface).Elem()
	kept = append(kept, v.Interface())
	spoken[word{v.Elem().Type(), (*[2]uintptr)(unsafe.Pointer(v.UnsafeAddr()))[1]}] = texts
}

// Scattered says that a map has room for much more than is in it: looking through all of it may be beyond the limits.
func Scattered(m interface{}) {
	kept = append(kept, m)
	sparse[reflect.ValueOf(m).Pointer()] = true
}

// Channel says what reflection cannot: what is in a channel (a slice, in order), and who waits at it.
func Channel(ch, elems interface{}, closed bool, senders, receivers int) {
	v := reflect.ValueOf(elems)
	kept = append(kept, ch)
	channels[reflect.ValueOf(ch).Pointer()] = channel{string(appendList(nil, v, 1)), closed, senders, receivers}
}

// Captured says which variables a closure holds. fn: a pointer to the variable that has the closure.
func Captured(fn interface{}, pairs ...interface{}) {
	kept = append(kept, reflect.ValueOf(fn).Elem().Interface())
	captured[*(*uintptr)(unsafe.Pointer(reflect.ValueOf(fn).Pointer()))] = F(pairs...)
}

// Known registers a type that has a text of its own: the texts that are right for a value.
func Known(value interface{}, texts func(interface{}) []string) { known[reflect.TypeOf(value)] = texts }

// Nowhere says that nothing can be read from lo to hi.
func Nowhere(lo, hi uintptr) { nowhere = append(nowhere, [2]uintptr{lo, hi}) }

// readable is how many of the first n bytes at addr can be read.
func readable(addr uintptr, n int) int {
	for _, r := range nowhere {
		if addr < r[1] && addr+uintptr(n) > r[0] {
			if addr >= r[0] {
				return 0
			}
			n = int(r[0] - addr)
		}
	}
	return n
}

func appendGone(b []byte, addr uintptr, n, prefix int) []byte {
	b = append(b, `{"$kind":"gone","len":`...)
	b = strconv.AppendInt(b, int64(n), 10)
	b = append(b, `,"hex":`...)
	var data []byte
	for i := 0; i < prefix; i++ {
		data = append(data, *(*byte)(unsafe.Pointer(addr + uintptr(i))))
	}
	return append(appendHex(b, data), '}')
}

// exported is v, that has an address, without the flag that it came from a field nobody may see.
func exported(v reflect.Value) interface{} {
	return reflect.NewAt(v.Type(), unsafe.Pointer(v.UnsafeAddr())).Elem().Interface()
}

// errorText is what Error() says, if it is an error that can say it.
func errorText(v reflect.Value) (text string, ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	if v.CanAddr() {
		if e, is := exported(v).(error); is {
			return e.Error(), true
		}
	}
	return "", false
}

func appendStrings(b []byte, texts []string) []byte {
	b = append(b, '[')
	for i, t := range texts {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, t)
	}
	return append(b, ']')
}

func appendKnown(b []byte, v reflect.Value, texts []string, depth int) []byte {
	b = appendStrings(append(b, `{"$kind":"known","texts":`...), texts)
	if held, ok := exported(v).(reflect.Value); ok {
		// What a reflect.Value holds may be shown as an interface that holds it would be.
		b = append(b, `,"held":`...)
		if held.IsValid() {
			b = appendKind(b, "iface", held.Type(), 0)
			b = appendValue(append(b, `,"value":`...), copied(held), depth+1)
			b = append(b, '}')
		} else {
			b = append(b, "null"...)
		}
	}
	b = append(b, `,"plain":`...)
	return append(appendPlain(b, v, depth), '}')
}

// Call is one call that returned.
func Call(function string, args, results Fields) {
	Line(`{"func":` + quote(function) + `,"goid":` + strconv.Itoa(Goid()) +
		`,"args":` + string(args) + `,"results":` + string(results) + `}`)
}

// Unwound is one call that was entered and never returned.
func Unwound(function string, args Fields) {
	Line(`{"kind":"unwound","func":` + quote(function) + `,"goid":` + strconv.Itoa(Goid()) +
		`,"args":` + string(args) + `}`)
}

// Slow is one call that returned and took at least that many nanoseconds.
func Slow(function string, args, results Fields, nanoseconds int) {
	Line(`{"func":` + quote(function) + `,"goid":` + strconv.Itoa(Goid()) + `,"min_ns":` + strconv.Itoa(nanoseconds) +
		`,"args":` + string(args) + `,"results":` + string(results) + `}`)
}

// Open is one call that is still running when the program ends.
func Open(function string, args Fields) {
	Line(`{"kind":"open","func":` + quote(function) + `,"goid":` + strconv.Itoa(Goid()) +
		`,"args":` + string(args) + `}`)
}

// Absent says that a function exists and is never called.
func Absent(function string) {
	Line(`{"kind":"absent","func":` + quote(function) + `}`)
}

// Count is the number of calls of a function that are not listed one by one.
func Count(function string, calls, unwound int) {
	Line(`{"kind":"count","func":` + quote(function) + `,"calls":` + strconv.Itoa(calls) +
		`,"unwound":` + strconv.Itoa(unwound) + `}`)
}

// Unordered says that the calls of a function have no order among them.
func Unordered(functions ...string) {
	for _, f := range functions {
		Line(`{"kind":"unordered","func":` + quote(f) + `}`)
	}
}

// Note is a number to read in the test's output.
func Note(name string, value int) {
	Line(`{"kind":"note","name":` + quote(name) + `,"value":` + strconv.Itoa(value) + `}`)
}

// Goid is the current goroutine's number, from its own traceback.
func Goid() int {
	var buf [40]byte
	n := runtime.Stack(buf[:], false)
	id := 0
	for _, c := range buf[len("goroutine "):n] {
		if c < '0' || c > '9' {
			break
		}
		id = id*10 + int(c-'0')
	}
	return id
}

const maxDepth = 8

func quote(s string) string { return string(appendString(nil, s)) }

func appendHex(b, data []byte) []byte {
	const digits = "0123456789abcdef"
	b = append(b, '"')
	for _, c := range data {
		b = append(b, digits[c>>4], digits[c&15])
	}
	return append(b, '"')
}

func appendString(b []byte, s string) []byte {
	if !utf8.ValidString(s) {
		b = append(b, `{"hex":`...)
		return append(appendHex(b, []byte(s)), '}')
	}
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r < 0x20 || r == 0x7f:
			const digits = "0123456789abcdef"
			b = append(b, '\\', 'u', '0', '0', digits[r>>4], digits[r&15])
		default:
			b = append(b, string(r)...)
		}
	}
	return append(b, '"')
}

func appendFloat(b []byte, x float64, bits int) []byte {
	switch {
	case math.IsNaN(x):
		return append(b, `"NaN"`...)
	case math.IsInf(x, 1):
		return append(b, `"+Inf"`...)
	case math.IsInf(x, -1):
		return append(b, `"-Inf"`...)
	}
	start := len(b)
	b = strconv.AppendFloat(b, x, 'g', -1, bits)
	for _, c := range b[start:] {
		if c == '.' || c == 'e' {
			return b
		}
	}
	return append(b, ".0"...)
}

func appendComplex(b []byte, c complex128, bits int) []byte {
	b = append(b, `{"real":`...)
	b = appendFloat(b, real(c), bits)
	b = append(b, `,"imag":`...)
	b = appendFloat(b, imag(c), bits)
	return append(b, '}')
}

func appendAddr(b []byte, addr uintptr) []byte {
	b = append(b, `"0x`...)
	b = strconv.AppendUint(b, uint64(addr), 16)
	return append(b, '"')
}

func appendKind(b []byte, kind string, t reflect.Type, addr uintptr) []byte {
	b = append(b, `{"$kind":"`+kind+`"`...)
	if t != nil {
		b = append(b, `,"type":`...)
		b = appendString(b, t.String())
	}
	b = append(b, `,"addr":`...)
	return appendAddr(b, addr)
}

func appendList(b []byte, v reflect.Value, depth int) []byte {
	b = append(b, '[')
	for i := 0; i < v.Len(); i++ {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendValue(b, v.Index(i), depth)
	}
	return append(b, ']')
}

func appendStruct(b []byte, v reflect.Value, depth int) []byte {
	b = append(b, '{')
	first := true
	for i := 0; i < v.NumField(); i++ {
		if v.Type().Field(i).Name == "_" {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = appendString(b, v.Type().Field(i).Name)
		b = append(b, ':')
		b = appendValue(b, v.Field(i), depth)
	}
	return append(b, '}')
}

func appendMap(b []byte, v reflect.Value, depth int) []byte {
	b = appendKind(b, "map", v.Type(), v.Pointer())
	b = append(b, `,"len":`...)
	b = strconv.AppendInt(b, int64(v.Len()), 10)
	var pairs []string
	for each := v.MapRange(); each.Next(); {
		p := append([]byte{'['}, appendValue(nil, copied(each.Key()), depth+1)...)
		p = appendValue(append(p, ','), copied(each.Value()), depth+1)
		pairs = append(pairs, string(append(p, ']')))
	}
	sort.Strings(pairs)
	if sparse[v.Pointer()] {
		b = append(b, `,"scattered":true`...)
	}
	b = append(b, `,"pairs":[`...)
	for i, p := range pairs {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, p...)
	}
	return append(b, `]}`...)
}

// appendIface needs the interface variable itself: both of its words are read where it lies.
func appendIface(b []byte, v reflect.Value, depth int) []byte {
	if v.IsNil() {
		return append(b, "null"...)
	}
	var data uintptr
	if v.CanAddr() {
		data = (*[2]uintptr)(unsafe.Pointer(v.UnsafeAddr()))[1]
	}
	b = appendKind(b, "iface", v.Elem().Type(), data)
	if text, ok := errorText(v); ok {
		b = append(b, `,"error":`...)
		b = appendString(b, text)
	}
	if texts := spoken[word{v.Elem().Type(), data}]; texts != nil {
		b = appendStrings(append(b, `,"texts":`...), texts)
	}
	b = append(b, `,"value":`...)
	b = appendValue(b, copied(v.Elem()), depth+1)
	return append(b, '}')
}

// copied is an addressable copy of a value, wherever it came from, so that the words in it can be read.
func copied(v reflect.Value) reflect.Value {
	if !v.IsValid() || v.CanAddr() {
		return v
	}
	if v.CanInterface() {
		return addressable(v)
	}
	return v
}

func appendValue(b []byte, v reflect.Value, depth int) []byte {
	if !v.IsValid() {
		return append(b, "null"...)
	}
	if depth > maxDepth {
		return append(b, `{"$kind":"deep"}`...)
	}
	if v.CanAddr() && !v.CanInterface() {
		v = reflect.NewAt(v.Type(), unsafe.Pointer(v.UnsafeAddr())).Elem() // what is in a field nobody may see is told too
	}
	if texts := known[v.Type()]; texts != nil && v.CanAddr() {
		return appendKnown(b, v, texts(exported(v)), depth)
	}
	return appendPlain(b, held(v), depth)
}

// held is what a sync/atomic.Value or Pointer[T] holds: an interface, a *T. Others are themselves.
func held(v reflect.Value) reflect.Value {
	t := v.Type()
	if t.PkgPath() != "sync/atomic" || t.Kind() != reflect.Struct || !v.CanAddr() {
		return v
	}
	if t.Name() == "Value" {
		return v.Field(0)
	}
	if strings.HasPrefix(t.Name(), "Pointer[") {
		return reflect.NewAt(t.Field(0).Type.Elem(), unsafe.Pointer(v.FieldByName("v").UnsafeAddr())).Elem()
	}
	return v
}

func appendPlain(b []byte, v reflect.Value, depth int) []byte {
	switch v.Kind() {
	case reflect.Bool:
		return strconv.AppendBool(b, v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.AppendInt(b, v.Int(), 10)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return strconv.AppendUint(b, v.Uint(), 10)
	case reflect.Float32:
		return appendFloat(b, v.Float(), 32)
	case reflect.Float64:
		return appendFloat(b, v.Float(), 64)
	case reflect.Complex64:
		return appendComplex(b, v.Complex(), 32)
	case reflect.Complex128:
		return appendComplex(b, v.Complex(), 64)
	case reflect.String:
		s := v.String()
		if addr := (*[2]uintptr)(unsafe.Pointer(&s))[0]; readable(addr, len(s)) < len(s) {
			return appendGone(b, addr, len(s), readable(addr, len(s)))
		}
		return appendString(b, s)
	case reflect.Array:
		return appendList(b, v, depth)
	case reflect.Struct:
		return appendStruct(b, v, depth)
	case reflect.Interface:
		return appendIface(b, v, depth)
	}
	// What is left has a nil.
	switch v.Kind() {
	case reflect.UnsafePointer:
		if v.Pointer() == 0 {
			return append(b, "null"...)
		}
		return appendAddr(b, v.Pointer())
	}
	if v.IsNil() {
		return append(b, "null"...)
	}
	switch v.Kind() {
	case reflect.Slice:
		if size := v.Len() * int(v.Type().Elem().Size()); readable(v.Pointer(), size) < size {
			return appendGone(b, v.Pointer(), v.Len(), 0)
		}
		if v.Type().Elem() == reflect.TypeOf(byte(0)) {
			b = append(b, `{"$kind":"bytes","hex":`...)
			return append(appendHex(b, v.Bytes()), '}')
		}
		switch v.Type().Elem().Kind() {
		case reflect.Slice, reflect.Interface:
			depth++ // which may hold itself
		}
		return appendList(b, v, depth)
	case reflect.Ptr:
		b = appendKind(b, "ptr", nil, v.Pointer())
		b = append(b, `,"to":`...)
		if size := int(v.Type().Elem().Size()); readable(v.Pointer(), size) < size {
			return append(appendGone(b, v.Pointer(), size, 0), '}')
		}
		b = appendValue(b, v.Elem(), depth+1)
		return append(b, '}')
	case reflect.Map:
		return appendMap(b, v, depth)
	case reflect.Chan:
		b = appendKind(b, "chan", v.Type(), v.Pointer())
		b = append(b, `,"len":`...)
		b = strconv.AppendInt(b, int64(v.Len()), 10)
		b = append(b, `,"cap":`...)
		b = strconv.AppendInt(b, int64(v.Cap()), 10)
		if c, ok := channels[v.Pointer()]; ok {
			b = append(b, `,"elems":`+c.elems+`,"closed":`+strconv.FormatBool(c.closed)+`,"senders":`+
				strconv.Itoa(c.senders)+`,"receivers":`+strconv.Itoa(c.receivers)...)
		}
		return append(b, '}')
	case reflect.Func:
		// A func value is a pointer to its closure, whose first word is the code's address.
		var word uintptr
		if v.CanAddr() {
			word = *(*uintptr)(unsafe.Pointer(v.UnsafeAddr()))
		}
		b = appendKind(b, "func", v.Type(), word)
		if word != 0 {
			b = append(b, `,"code":`...)
			b = appendAddr(b, v.Pointer())
		}
		if f := runtime.FuncForPC(v.Pointer()); f != nil {
			file, line := f.FileLine(v.Pointer())
			b = append(appendString(append(b, `,"name":`...), f.Name()), `,"file":`...)
			b = append(appendString(b, file), `,"line":`+strconv.Itoa(line)...)
		}
		if c, ok := captured[word]; ok && word != 0 {
			b = append(b, `,"captured":`+string(c)...)
		}
		return append(b, '}')
	}
	panic("truth: a kind that nobody prints: " + v.Kind().String())
}
