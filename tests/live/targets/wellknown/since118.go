// SPDX-License-Identifier: BSD-2-Clause

//go:build go1.18
// +build go1.18

package main

import (
	"net/netip"

	. "example.com/targets/truth"
)

type endpoint struct {
	At   netip.AddrPort
	In   netip.Prefix
	Name string
}

//go:noinline
func netAddrs(a netip.Addr) netip.Addr { return a }

//go:noinline
func netAddrList(a []netip.Addr, p *netip.Addr) (*netip.Addr, []netip.Addr) { return p, a }

//go:noinline
func addrPorts(a netip.AddrPort, p netip.Prefix) (netip.Prefix, netip.AddrPort) { return p, a }

//go:noinline
func endpoints(e *endpoint) *endpoint { return e }

func known() {
	Known(netip.Addr{}, stringOf)
	Known(netip.AddrPort{}, stringOf)
	Known(netip.Prefix{}, stringOf)
}

func since() {
	for _, s := range []string{"1.2.3.4", "::1", "fe80::1%eth0", "::ffff:10.0.0.1", "2001:db8::8:800:200c:417a", "255.0.0.1", "::"} {
		a := netip.MustParseAddr(s)
		Do("main.netAddrs", netAddrs, "a", a)
		Do("main.netAddrList", netAddrList, "a,p", []netip.Addr{a, {}}, &a)
		Do("main.addrPorts", addrPorts, "a,p", netip.AddrPortFrom(a, 8080), netip.PrefixFrom(a.WithZone(""), 12))
	}
	Do("main.netAddrs", netAddrs, "a", netip.Addr{})
	Do("main.addrPorts", addrPorts, "a,p", netip.AddrPort{}, netip.Prefix{})
	e := &endpoint{netip.MustParseAddrPort("[::1]:53"), netip.MustParsePrefix("10.0.0.0/8"), "e"}
	Do("main.endpoints", endpoints, "e", e)
}
