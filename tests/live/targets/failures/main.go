// SPDX-License-Identifier: BSD-2-Clause

// Errors of the standard library, most of them from operations that failed: what their own Error methods say.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"

	. "example.com/targets/truth"
)

//go:noinline
func fail(n int, e error) error { return e }

type failure struct {
	shown bool // not shown: it depends on what is not read, or not alike in all versions
	err   error
}

func dial(network, addr string, cancel bool) error {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	if cancel {
		stop()
	}
	var d net.Dialer
	c, err := d.DialContext(ctx, network, addr)
	if err == nil {
		c.Close()
	}
	return err
}

// Errors of a listener: whose deadline is over, and that is closed.
func accepts() (error, error) {
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		panic(err)
	}
	l.SetDeadline(time.Now().Add(-time.Second))
	_, late := l.Accept()
	l.Close()
	_, closed := l.Accept()
	return late, closed
}

func failures() []failure {
	var all []failure
	add := func(shown bool, errs ...error) {
		for _, err := range errs {
			all = append(all, failure{shown, err})
		}
	}
	var v interface{}
	add(true, json.Unmarshal([]byte(`{"a":1,}`), &v), json.Unmarshal([]byte(`[1`), &v))
	_, err := json.Marshal(math.NaN())
	add(true, err)
	_, err = base64.StdEncoding.DecodeString("ab*d")
	add(true, err)
	_, err = base32.StdEncoding.DecodeString("a0000000")
	add(true, err)
	_, err = hex.DecodeString("0g")
	add(true, err, hex.InvalidByteError('\''), hex.ErrLength)
	add(false, hex.InvalidByteError(0xe4))
	add(true, xml.Unmarshal([]byte("<a>\n</b>"), &v), &xml.SyntaxError{Msg: "m", Line: -3})
	_, err = url.Parse("http://h/%zz")
	add(true, err)
	_, err = url.Parse("http://a b/")
	add(true, err, errors.Unwrap(err))
	_, err = url.Parse("http://h/\x7f")
	add(false, err)
	_, err = time.Parse(time.RFC3339, "2020-13-01T00:00:00Z")
	add(true, err)
	_, err = time.Parse(time.Kitchen, "noon")
	add(true, err)
	_, err = time.Parse(time.Kitchen, `no"on`)
	add(false, err)
	_, err = strconv.Atoi("x")
	add(true, err)

	_, _, err = net.ParseCIDR("10.0.0.1/33")
	add(true, err)
	_, err = net.ResolveTCPAddr("tcp", "nowhere")
	add(true, err, dial("ether", "x:1", false), dial("tcp", "127.0.0.1:1", false), dial("tcp", "127.0.0.1:1", true), dial("unix", "/nowhere", false))
	late, closed := accepts()
	add(true, late, closed, errors.Unwrap(late), os.ErrDeadlineExceeded)
	add(true, &net.DNSError{Err: "no such host", Name: "h.example", IsNotFound: true}, &net.DNSError{Err: "e", Name: "h", Server: "1.1.1.1:53"})
	add(true, &net.OpError{Op: "read", Net: "tcp", Source: &net.TCPAddr{IP: net.IPv6loopback, Port: 1, Zone: "lo"},
		Addr: &net.UDPAddr{Port: 2}, Err: io.EOF})
	add(true, &net.OpError{Op: "write", Err: os.NewSyscallError("write", syscall.EPIPE)}, net.InvalidAddrError("why"), &net.DNSConfigError{Err: io.EOF})

	_, err = os.Open("/no/such")
	add(true, err, os.Link("/no/such", "/no/other"), os.NewSyscallError("call", syscall.EINVAL))
	add(true, exec.Command("sh", "-c", "exit 7").Run(), exec.Command("/no/such").Run(), exec.Command("no-such-command").Run())
	add(false, exec.Command("sh", "-c", "kill -9 $$").Run())

	add(true, tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}, x509.UnknownAuthorityError{})
	add(true, textproto.ProtocolError("short"), http.ErrNotSupported, http.ErrHandlerTimeout, context.DeadlineExceeded, context.Canceled)
	add(true, fmt.Errorf("more: %w", &url.Error{Op: "Get", URL: "http://h", Err: &net.DNSError{Err: "no", Name: "h"}}))
	add(false, &textproto.Error{Code: 7, Msg: "bad"}, &url.Error{Op: "Get", URL: "http://ä", Err: io.EOF})
	return append(all, later()...)
}

func main() {
	all := failures()
	Start()
	for i, f := range all {
		text, _ := json.Marshal(f.err.Error())
		Line(fmt.Sprintf("failure %d %t %s", i, f.shown, text))
		fail(i, f.err)
	}
	Done()
}
