// SPDX-License-Identifier: BSD-2-Clause

// The truth about types of the standard library that have a text of their own: times, addresses, numbers, contexts, buffers.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"reflect"
	"strings"
	"syscall"
	"time"

	. "example.com/targets/truth"
)

type stamped struct {
	At   time.Time
	For  time.Duration
	From net.IP
	Name string
}

type request struct {
	URL    *url.URL
	Header http.Header
	Body   json.RawMessage
	Ctx    context.Context
}

type key string

type keyNumber int

//go:noinline
func times(t time.Time) time.Time { return t }

//go:noinline
func timesBehind(t *time.Time, ts []time.Time) ([]time.Time, *time.Time) { return ts, t }

//go:noinline
func durations(d time.Duration, ds []time.Duration, p *time.Duration) (*time.Duration, []time.Duration) {
	return p, ds
}

//go:noinline
func months(m time.Month, w time.Weekday) (time.Weekday, time.Month) { return w, m }

//go:noinline
func locations(l *time.Location) *time.Location { return l }

//go:noinline
func stamps(s stamped, p *stamped) *stamped { return p }

//go:noinline
func ips(ip net.IP) net.IP { return ip }

//go:noinline
func ipNets(n *net.IPNet, m net.IPMask) (net.IPMask, *net.IPNet) { return m, n }

//go:noinline
func addrs(a net.Addr, t *net.TCPAddr, u *net.UDPAddr) (*net.UDPAddr, net.Addr) { return u, a }

//go:noinline
func macs(m net.HardwareAddr) net.HardwareAddr { return m }

//go:noinline
func urls(u *url.URL) *url.URL { return u }

//go:noinline
func urlValues(u url.URL, v url.Values) (url.Values, url.URL) { return v, u }

//go:noinline
func bigInts(n *big.Int) *big.Int { return n }

//go:noinline
func bigValues(n big.Int, r *big.Rat, f *big.Float) (*big.Float, *big.Rat) { return f, r }

//go:noinline
func contexts(ctx context.Context) context.Context { return ctx }

//go:noinline
func contextFirst(ctx context.Context, n int, s string) (int, error) { return n, ctx.Err() }

//go:noinline
func cancels(c context.CancelFunc) context.CancelFunc { return c }

//go:noinline
func reflected(v reflect.Value) reflect.Value { return v }

//go:noinline
func reflectedTypes(t reflect.Type, k reflect.Kind) (reflect.Kind, string) { return k, t.String() }

//go:noinline
func buffers(b *bytes.Buffer) *bytes.Buffer { return b }

//go:noinline
func bufferValues(b bytes.Buffer, n int) int { return b.Len() + n }

//go:noinline
func builders(b *strings.Builder) *strings.Builder { return b }

//go:noinline
func readers(r *strings.Reader, b *bytes.Reader) (*bytes.Reader, *strings.Reader) { return b, r }

//go:noinline
func raws(r json.RawMessage, n json.Number) (json.Number, json.RawMessage) { return n, r }

//go:noinline
func files(f *os.File, m os.FileMode) (os.FileMode, bool) { return m, f == nil }

//go:noinline
func signals(s os.Signal, n syscall.Signal) (syscall.Signal, os.Signal) { return n, s }

//go:noinline
func headers(h http.Header) http.Header { return h }

//go:noinline
func requests(r request) request { return r }

//go:noinline
func requestsBehind(r *request) (*url.URL, http.Header) { return r.URL, r.Header }

//go:noinline
func errors(e *net.OpError, u *url.Error, d *net.DNSError) (*url.Error, error) { return u, e }

//go:noinline
func (s *stamped) since(d time.Duration) time.Time { return s.At.Add(d) }

func stringOf(v interface{}) []string { return []string{fmt.Sprint(v)} }

func main() {
	Start()
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
	Known(net.UDPAddr{}, func(v interface{}) []string { a := v.(net.UDPAddr); return []string{(&a).String()} })
	Known(net.IPMask{}, stringOf)
	Known(net.HardwareAddr{}, stringOf)
	Known(bytes.Buffer{}, func(v interface{}) []string { b := v.(bytes.Buffer); return []string{(&b).String()} })
	Known(strings.Builder{}, func(v interface{}) []string {
		b := v.(strings.Builder)
		return []string{string(reflect.ValueOf(b).FieldByName("buf").Bytes())}
	})
	known()
	clocks()
	network()
	numbers()
	chains()
	rest()
	since()
	Done()
}

func clocks() {
	zone := time.FixedZone("CEST", 2*3600)
	west := time.FixedZone("", -5*3600-1800)
	day := time.Date(2026, 2, 28, 23, 59, 58, 123456789, time.UTC)
	var stamps4 []time.Time
	for _, t := range []time.Time{{}, time.Unix(0, 0).UTC(), day, day.In(zone), day.In(west), time.Unix(1<<33, 5).UTC(),
		time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(1600, 2, 29, 1, 2, 3, 0, time.UTC),
		time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC), time.Date(2000, 1, 1, 0, 0, 0, 1000, zone),
		time.Now().UTC(), time.Now().In(zone), time.Now().Round(0).UTC(), time.Date(-5, 6, 7, 8, 9, 10, 0, time.UTC),
		time.Date(2026, 11, 22, 5, 0, 0, 120000000, time.UTC)} {
		t := t
		Do("main.times", times, "t", t)
		stamps4 = append(stamps4, t)
		Do("main.timesBehind", timesBehind, "t,ts", &t, stamps4[len(stamps4)-1:])
	}
	Do("main.timesBehind", timesBehind, "t,ts", nil, nil)
	d := 90 * time.Second
	for _, x := range []time.Duration{0, 1, 999, time.Microsecond, 1500 * time.Millisecond, d, -time.Hour, 1<<63 - 1, -1 << 63} {
		Do("main.durations", durations, "d,ds,p", x, []time.Duration{x, -x / 2}, &d)
	}
	Do("main.months", months, "m,w", time.February, time.Sunday)
	Do("main.months", months, "m,w", time.Month(13), time.Weekday(9))
	Do("main.locations", locations, "l", zone)
	Do("main.locations", locations, "l", nil)
	Do("main.locations", locations, "l", time.UTC)
	s := stamped{day, d, net.IPv4(1, 2, 3, 4), "s"}
	Do("main.stamps", stamps, "s,p", s, &s)
	Do("main.stamps", stamps, "s,p", stamped{}, nil)
	Do("main.(*stamped).since", (*stamped).since, "s,d", &s, time.Minute)
}

func network() {
	for _, s := range []string{"127.0.0.1", "::1", "2001:db8::ff00:42:8329", "::", "::ffff:1.2.3.4", "1:0:0:2::3", "fe80::1",
		"255.255.255.255", "0.0.0.0", "1:2:3:4:5:6:7:8", "1:0:2:0:3:0:4:0"} {
		ip := net.ParseIP(s)
		Do("main.ips", ips, "ip", ip)
		if four := ip.To4(); four != nil {
			Do("main.ips", ips, "ip", four)
		}
	}
	Do("main.ips", ips, "ip", nil)
	Do("main.ips", ips, "ip", net.IP{})
	Do("main.ips", ips, "ip", net.IP{1, 2, 3})
	_, n, _ := net.ParseCIDR("10.1.0.0/16")
	Do("main.ipNets", ipNets, "n,m", n, n.Mask)
	Do("main.ipNets", ipNets, "n,m", nil, nil)
	t, u := &net.TCPAddr{IP: net.IPv4(9, 8, 7, 6), Port: 80}, &net.UDPAddr{IP: net.ParseIP("::1"), Port: 53, Zone: "eth0"}
	Do("main.addrs", addrs, "a,t,u", t, t, u)
	Do("main.addrs", addrs, "a,t,u", nil, nil, nil)
	Do("main.macs", macs, "m", net.HardwareAddr{0, 1, 2, 0xaa, 0xbb, 0xff})
	for _, s := range []string{"http://example.com/a?b=c#d", "https://user:pass@host:8443/p%20q?x=1&y=2", "mailto:a@b.c", "/only/path",
		"", "//host", "?q=1", "http://[::1]:80/", "file:///etc/x"} {
		p, err := url.Parse(s)
		if err != nil {
			panic(err)
		}
		Do("main.urls", urls, "u", p)
		Do("main.urlValues", urlValues, "u,v", *p, p.Query())
	}
	Do("main.urls", urls, "u", nil)
	h := http.Header{"Accept": {"*/*"}, "X-Two": {"a", "b"}}
	Do("main.headers", headers, "h", h)
	p, _ := url.Parse("http://h/p")
	none := context.Background()
	Text(&none, "context.Background")
	r := request{p, h, json.RawMessage(`{"a":1}`), context.Background()}
	Do("main.requests", requests, "r", r)
	Do("main.requestsBehind", requestsBehind, "r", &r)
	e := &net.OpError{Op: "dial", Net: "tcp", Addr: t, Err: syscall.ECONNREFUSED}
	Do("main.errors", errors, "e,u,d", e, &url.Error{Op: "Get", URL: "http://h", Err: e}, &net.DNSError{Err: "no", Name: "h"})
}

func numbers() {
	ten := big.NewInt(10)
	huge := new(big.Int).Exp(ten, big.NewInt(70), nil)
	for _, n := range []*big.Int{nil, new(big.Int), big.NewInt(1), big.NewInt(-1), big.NewInt(1 << 62), big.NewInt(-1 << 63),
		new(big.Int).SetUint64(1<<64 - 1), new(big.Int).Lsh(big.NewInt(1), 64), huge, new(big.Int).Neg(huge),
		new(big.Int).Exp(ten, big.NewInt(19), nil), new(big.Int).Exp(ten, big.NewInt(38), nil)} {
		Do("main.bigInts", bigInts, "n", n)
	}
	Do("main.bigValues", bigValues, "n,r,f", *big.NewInt(-77), big.NewRat(3, -4), big.NewFloat(2.5))
	Do("main.raws", raws, "r,n", json.RawMessage(`[1,"two"]`), json.Number("1e5"))
	Do("main.raws", raws, "r,n", nil, json.Number(""))
	Do("main.raws", raws, "r,n", json.RawMessage{0xff}, json.Number("-0"))
}

// A chain of contexts goes by the calls that made it. Up to Go 1.20 nothing in it tells Background from TODO.
func chains() {
	const root = "context.Background"
	none, old := context.Background(), "*context.emptyCtx"
	todo := context.TODO()
	told := func(ctx *context.Context, tail string) { Text(ctx, root+tail, old+tail) }
	Text(&none, root, old)
	Do("main.contexts", contexts, "ctx", none)
	Text(&todo, "context.TODO", old)
	Do("main.contexts", contexts, "ctx", todo)
	Do("main.contexts", contexts, "ctx", nil)
	v := context.WithValue(none, key("user"), "bob")
	user := `.WithValue(main.key("user"), "bob")`
	told(&v, user)
	Do("main.contexts", contexts, "ctx", v)
	w := context.WithValue(v, keyNumber(3), 42)
	three := user + ".WithValue(main.keyNumber(3), 42)"
	told(&w, three)
	Do("main.contexts", contexts, "ctx", w)
	c, cancel := context.WithCancel(w)
	told(&c, three+".WithCancel")
	Do("main.contexts", contexts, "ctx", c)
	Do("main.contextFirst", contextFirst, "ctx,n,s", c, 5, "live")
	Do("main.cancels", cancels, "c", cancel)
	cancel()
	told(&c, three+".WithCancel<context canceled>")
	Do("main.contexts", contexts, "ctx", c)
	Do("main.contextFirst", contextFirst, "ctx,n,s", c, 6, "cancelled")
	d, stop := context.WithDeadline(v, time.Date(2099, 1, 2, 3, 4, 5, 0, time.UTC))
	defer stop()
	told(&d, user+".WithDeadline(2099-01-02T03:04:05Z)")
	Do("main.contextFirst", contextFirst, "ctx,n,s", d, 7, "deadline")
	x := context.WithValue(none, key("k"), nil)
	told(&x, `.WithValue(main.key("k"), nil)`)
	Do("main.contextFirst", contextFirst, "ctx,n,s", x, 8, "value")
	Do("main.contextFirst", contextFirst, "ctx,n,s", none, 9, "none")
}

func rest() {
	for _, v := range []interface{}{nil, 5, "text", 2.5, []int{1}, map[string]int{"a": 1}, &stamped{Name: "p"}, time.Second} {
		Do("main.reflected", reflected, "v", reflect.ValueOf(v))
	}
	Do("main.reflectedTypes", reflectedTypes, "t,k", reflect.TypeOf(stamped{}), reflect.Struct)
	b := bytes.NewBufferString("in the buffer")
	Do("main.buffers", buffers, "b", b)
	b.Next(7)
	Do("main.buffers", buffers, "b", b)
	Do("main.bufferValues", bufferValues, "b,n", *b, 3)
	b.Reset()
	Do("main.buffers", buffers, "b", b)
	Do("main.buffers", buffers, "b", new(bytes.Buffer))
	var s strings.Builder
	Do("main.builders", builders, "b", &s)
	s.WriteString("built ")
	s.WriteString("text")
	Do("main.builders", builders, "b", &s)
	Do("main.builders", builders, "b", nil)
	Do("main.readers", readers, "r,b", strings.NewReader("to read"), bytes.NewReader([]byte{1, 2}))
	Do("main.files", files, "f,m", nil, os.FileMode(0o755)|os.ModeDir)
	Do("main.signals", signals, "s,n", os.Interrupt, syscall.SIGTERM)
	Do("main.signals", signals, "s,n", nil, syscall.Signal(99))
}
