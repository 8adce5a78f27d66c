# SPDX-License-Identifier: BSD-2-Clause
"""Types of the standard library, and values of them. Those that sonde says in a way of its own are registered in PRELUDE."""
import collections

Std = collections.namedtuple("Std", "text since comparable values")


def std(text, *values, since=15, comparable=False):
    return Std(text, since, comparable, values)


STD = [
    std("time.Time", "time.Time{}", "time.Unix(1700000000, 5).UTC()", "time.Date(2026, 2, 28, 23, 59, 58, 123456789, time.UTC)",
        'time.Date(1600, 2, 29, 1, 2, 3, 0, time.FixedZone("CEST", 7200))', "time.Now().UTC()",
        'time.Date(9999, 12, 31, 23, 0, 0, 1, time.FixedZone("", -19800))', "time.Now().In(time.FixedZone(\"X\", 3600))",
        "time.Date(-5, 6, 7, 8, 9, 10, 0, time.UTC)", comparable=True),
    std("time.Duration", "time.Duration(0)", "90*time.Second", "time.Duration(-1)", "time.Duration(-1 << 63)", comparable=True),
    std("time.Month", "time.March", "time.Month(13)", comparable=True),
    std("net.IP", "net.IP(nil)", "net.IPv4(1, 2, 3, 4)", "net.IP{10, 0, 0, 1}", 'net.ParseIP("2001:db8::1")', "net.IP{1, 2}"),
    std("net.IPNet", "net.IPNet{IP: net.IP{10, 1, 0, 0}, Mask: net.CIDRMask(16, 32)}", "net.IPNet{}"),
    std("net.TCPAddr", "net.TCPAddr{IP: net.IPv4(9, 8, 7, 6), Port: 80}", 'net.TCPAddr{Zone: "eth0"}'),
    std("net.HardwareAddr", "net.HardwareAddr{0, 1, 2, 0xaa, 0xbb, 0xff}", "net.HardwareAddr(nil)"),
    std("url.URL", "url.URL{}", 'url.URL{Scheme: "https", Host: "h:8443", Path: "/p q", RawQuery: "x=1"}',
        'url.URL{Scheme: "http", User: url.UserPassword("u", "w"), Host: "h", Fragment: "f"}', 'url.URL{Path: "/only"}'),
    std("url.Values", 'url.Values{"a": {"1", "2"}, "": nil}', "url.Values(nil)"),
    std("big.Int", "*big.NewInt(0)", "*big.NewInt(-77)", "*new(big.Int).Lsh(big.NewInt(-5), 130)", "big.Int{}",
        "*new(big.Int).SetUint64(1<<64 - 1)"),
    std("big.Rat", "*big.NewRat(3, -4)", "big.Rat{}"),
    std("reflect.Value", "reflect.Value{}", "reflect.ValueOf(7)", 'reflect.ValueOf(&[]string{"x"}).Elem()',
        'reflect.ValueOf(struct{ A, B int16 }{1, 2})', "reflect.ValueOf(map[int8]bool{1: true})"),
    std("bytes.Buffer", "bytes.Buffer{}", '*bytes.NewBufferString("in the buffer")', "*bytes.NewBuffer([]byte{0, 255})"),
    std("strings.Builder", "strings.Builder{}", 'built("built\\ntext")'),
    std("strings.Reader", '*strings.NewReader("to read")'),
    std("json.RawMessage", 'json.RawMessage(`{"a":1}`)', "json.RawMessage(nil)", "json.RawMessage{0xff}"),
    std("json.Number", 'json.Number("1e5")', comparable=True),
    std("sync.Mutex", "sync.Mutex{}", "locked()"),
    std("sync.RWMutex", "sync.RWMutex{}", "reading()"),
    std("sync.Once", "sync.Once{}", "done()"),
    std("sync.WaitGroup", "sync.WaitGroup{}", "waiting()"),
    std("atomic.Value", "atomic.Value{}", 'stored(5)', 'stored("text")', "stored([]int{1})"),
    std("atomic.Int64", "atomic.Int64{}", "func() atomic.Int64 { var v atomic.Int64; v.Store(-1 << 60); return v }()", since=19),
    std("atomic.Uint32", "func() atomic.Uint32 { var v atomic.Uint32; v.Store(1<<32 - 1); return v }()", since=19),
    std("atomic.Bool", "func() atomic.Bool { var v atomic.Bool; v.Store(true); return v }()", since=19),
    std("atomic.Pointer[string]", "atomic.Pointer[string]{}",
        'func() atomic.Pointer[string] { var v atomic.Pointer[string]; s := "p"; v.Store(&s); return v }()', since=19),
    std("netip.Addr", "netip.Addr{}", 'netip.MustParseAddr("1.2.3.4")', 'netip.MustParseAddr("fe80::1%eth0")', since=18,
        comparable=True),
    std("netip.AddrPort", 'netip.MustParseAddrPort("[::1]:53")', "netip.AddrPort{}", since=18, comparable=True),
    std("netip.Prefix", 'netip.MustParsePrefix("10.0.0.0/8")', "netip.Prefix{}", since=18, comparable=True),
    std("syscall.Errno", "syscall.Errno(0)", "syscall.ENOENT", "syscall.Errno(999)", comparable=True),
    std("syscall.Signal", "syscall.SIGTERM", "syscall.Signal(99)", comparable=True),
    std("os.FileMode", "os.FileMode(0755) | os.ModeDir", comparable=True),
    std("list.List", "list.List{}", "listed()"),
    std("reflect.Kind", "reflect.Struct", comparable=True),
    std("context.Context", "context.Background()", "ctxValue", "ctxCancel", "ctxDone", "nil", comparable=True),
]
# what is an error by itself
ERRORS = (
    'errors.New("boom")', "errMade", 'fmt.Errorf("wrapped: %w", errors.New("in"))', 'fmt.Errorf("a %d: %w", 7, os.ErrNotExist)', "io.EOF",
    '&os.PathError{Op: "open", Path: "/x", Err: syscall.ENOENT}', "syscall.EAGAIN", "syscall.Errno(0)", 'fmt.Errorf("plain %d", 3)',
    '&net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}',
    '&url.Error{Op: "Get", URL: "http://h", Err: io.ErrUnexpectedEOF}', '(*os.PathError)(nil)',
    '&strconv.NumError{Func: "ParseInt", Num: "x", Err: strconv.ErrSyntax}', 'strErr("s")', 'intErr(-3)', '&structErr{7, "st", nil}',
    '&structErr{8, "outer", errors.New("inner")}', 'valueErr{A: [2]int{1, 2}}', '(*structErr)(nil)', 'hidden{errors.New("e")}',
    '&hidden{&structErr{1, "x", nil}}', 'shouting{"quiet"}', '&sneaky{"as it is"}', 'nilErr(nil)', 'sliceErr{"a", "b"}',
)
PRELUDE = """
var kept interface{}

//go:noinline
func keep(v interface{}) { kept = v }

var junk = int64(os.Getpid()) << 32

var errMade = errors.New("made")

type strErr string
type intErr int8
type structErr struct {
	Code int
	Text string
	Err  error
}
type valueErr struct{ A [2]int }
type hidden struct{ error }
type shouting struct{ s string }
type sneaky struct{ s string }
type nilErr map[string]int
type sliceErr []string

func (e strErr) Error() string     { return "str:" + string(e) }
func (e intErr) Error() string     { return "int:" + strconv.Itoa(int(e)) }
func (e *structErr) Error() string { return e.Text + "#" + strconv.Itoa(e.Code) }
func (e *structErr) Unwrap() error { return e.Err }
func (e valueErr) Error() string   { return strconv.Itoa(e.A[0] + e.A[1]) }
func (e shouting) Error() string   { return strings.ToUpper(e.s) }
func (e *sneaky) Error() string    { return e.s }
func (e nilErr) Error() string     { return strconv.Itoa(len(e)) + " in it" }
func (e sliceErr) Error() string   { return strings.Join(e, "+") }

func built(s string) strings.Builder {
	b := new(strings.Builder)
	keep(b) // it has its own address, and must not be on the stack
	b.WriteString(s)
	return *b
}
func locked() (m sync.Mutex)             { m.Lock(); return }
func reading() (m sync.RWMutex)          { m.RLock(); m.RLock(); return }
func done() (o sync.Once)                { o.Do(func() {}); return }
func waiting() (w sync.WaitGroup)        { w.Add(3); return }
func stored(v interface{}) (a atomic.Value) {
	a.Store(v)
	return
}
func listed() list.List {
	l := list.New()
	l.PushBack("one")
	l.PushBack(2)
	return *l
}

type ctxKey string

var ctxValue = context.WithValue(context.Background(), ctxKey("user"), "bob")
var ctxCancel, cancel1 = context.WithCancel(ctxValue)
var ctxDone, cancel2 = context.WithDeadline(ctxValue, time.Date(2099, 1, 2, 3, 4, 5, 0, time.UTC))

func local1() interface{} {
	type local struct{ X int32 }
	return local{-5}
}
func local2() interface{} {
	type local struct {
		Y string
		Z *bool
	}
	return &local{"of the second", new(bool)}
}
func local3() interface{} {
	type local map[string]float32
	return local{"k": 0.1}
}

var sliceOfMade = reflect.SliceOf(reflect.TypeOf(struct{ Q uint16 }{}))

func made(n int) interface{} {
	switch n {
	case 0:
		v := reflect.New(reflect.StructOf([]reflect.StructField{{Name: "A", Type: reflect.TypeOf(0)},
			{Name: "B", Type: reflect.TypeOf("")}})).Elem()
		v.Field(0).SetInt(3)
		v.Field(1).SetString("made")
		return v.Interface()
	case 1:
		m := reflect.MakeMap(reflect.MapOf(reflect.TypeOf(int16(0)), reflect.TypeOf([3]bool{})))
		m.SetMapIndex(reflect.ValueOf(int16(-2)), reflect.ValueOf([3]bool{true}))
		return m.Interface()
	case 2:
		s := reflect.MakeSlice(sliceOfMade, 2, 3)
		s.Index(1).Field(0).SetUint(9)
		return s.Interface()
	}
	return reflect.New(reflect.ArrayOf(3, reflect.TypeOf(int8(0)))).Interface()
}

func stringOf(v interface{}) []string { return []string{fmt.Sprint(v)} }

func know() {
	cancel2()
	Known(time.Time{}, func(v interface{}) []string {
		t := v.(time.Time)
		name := t.Location().String()
		utc := t.UTC().Format("2006-01-02T15:04:05.999999999Z07:00")
		there := t.Format(time.RFC3339Nano)
		return []string{there, there + " " + name, utc, utc + " " + name, utc + " (" + name + ")", t.String(),
			t.Round(0).String()}
	})
	Known(reflect.Value{}, func(interface{}) []string { return []string{} })
	Known(net.IP{}, stringOf)
	Known(big.Int{}, func(v interface{}) []string { n := v.(big.Int); return []string{(&n).String()} })
	Known(url.URL{}, func(v interface{}) []string { u := v.(url.URL); return []string{(&u).String()} })
	Known(net.TCPAddr{}, func(v interface{}) []string { a := v.(net.TCPAddr); return []string{(&a).String()} })
	Known(net.IPMask{}, stringOf)
	Known(net.HardwareAddr{}, stringOf)
	Known(bytes.Buffer{}, func(v interface{}) []string { b := v.(bytes.Buffer); return []string{(&b).String()} })
	Known(strings.Builder{}, func(v interface{}) []string {
		b := v.(strings.Builder)
		return []string{string(reflect.ValueOf(b).FieldByName("buf").Bytes())}
	})
	none, old, user := context.Background(), "*context.emptyCtx", `.WithValue(main.ctxKey("user"), "bob")`
	// Of what is deeper than the limit the type stands.
	told := func(ctx *context.Context, tail string, ends ...string) {
		var texts []string
		for _, end := range ends {
			for _, parent := range []string{"context.Background", old, "context.Background" + user, old + user, "*context.valueCtx"} {
				texts = append(texts, parent+tail+end)
			}
		}
		Text(ctx, texts...)
	}
	told(&none, "", "")
	told(&ctxValue, user, "")
	told(&ctxCancel, ".WithCancel", "")
	told(&ctxDone, ".WithDeadline(2099-01-02T03:04:05Z)", "<context canceled>", "<*errors.errorString>")
}
"""
KNOW18 = """
func know18() {
	Known(netip.Addr{}, stringOf)
	Known(netip.AddrPort{}, stringOf)
	Known(netip.Prefix{}, stringOf)
}
"""
IMPORTS = {
    "bytes": "bytes", "context": "context", "json": "encoding/json", "errors": "errors", "fmt": "fmt", "io": "io", "big": "math/big",
    "net": "net", "netip": "net/netip", "url": "net/url", "os": "os", "reflect": "reflect", "strings": "strings", "sync": "sync",
    "atomic": "sync/atomic", "syscall": "syscall", "time": "time", "list": "container/list", "strconv": "strconv", "math": "math",
    "unsafe": "unsafe", "debug": "runtime/debug",
}
