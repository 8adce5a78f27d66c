#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Writes tests/fuzz/corpus/rtype: each kind of type descriptor, as versions encode them (internal/abi.Type)."""
import os
import struct

BASE = 0x401000
OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "corpus", "rtype")


class Types:
    def __init__(self, minor):
        self.minor, self.b = minor, bytearray(8)

    def name(self, text, flags=1):
        at, raw = len(self.b), text.encode()
        n = struct.pack(">H", len(raw)) if self.minor <= 16 else \
            bytes([len(raw)]) if len(raw) < 128 else bytes([len(raw) & 127 | 128, len(raw) >> 7])
        self.b += bytes([flags]) + n + raw
        return at

    def align(self):
        self.b += bytes(-len(self.b) % 8)
        return len(self.b)

    def type(self, kind, size, align, name, *words, named=False, direct=False):
        at_name = self.name("*" + name if named else name)
        at = self.align()
        tflag = (6 if named else 0) | (32 if direct and self.minor >= 26 else 0)
        kind |= 32 if direct and self.minor < 26 else 0
        self.b += struct.pack("<QQIBBBBQQii", size, 8 if direct else 0, 0x1234, tflag, align, align, kind, 0, 0, at_name, 0)
        self.b += struct.pack("<%dQ" % len(words), *words)
        return BASE + at


def seed(minor):
    t = Types(minor)
    n = t.type(2, 8, 8, "int", named=True)
    s = t.type(24, 16, 8, "string", named=True)
    lonely = t.type(4, 2, 2, "main.lonely", named=True)
    names = [t.name("A"), t.name("string", 8), t.name("x" * 140, 3)]
    fields = BASE + t.align()
    for name, typ, off, emb in zip(names, (n, s, n), (0, 8, 24), (0, 1, 0)):
        t.b += struct.pack("<QQQ", BASE + name, typ, off << 1 | emb if minor <= 18 else off)
    st = t.type(25, 32, 8, "main.T", 0, fields, 3, 3, named=True)
    p = t.type(22, 8, 8, "*main.T", st, direct=True)
    t.type(17, 6, 2, "[3]main.lonely", lonely, 0, 3)
    e = t.type(20, 16, 8, "interface {}", 0, 0, 0, 0)
    t.type(20, 16, 8, "error", 0, 0, 1, 1, named=True)
    t.type(21, 8, 8, "map[string]interface {}", s, e, 0, direct=True)
    t.type(18, 8, 8, "chan *main.T", p, 3, direct=True)
    t.type(23, 24, 8, "[]*main.T", p)
    t.type(19, 8, 8, "func(int) string", 1 | 1 << 16, n, s, direct=True)
    t.type(26, 8, 8, "unsafe.Pointer", named=True, direct=True)
    return bytes([minor - 15]) + bytes(t.b)


os.makedirs(OUT, exist_ok=True)
for version in (15, 18, 24, 27):
    with open(os.path.join(OUT, "go1.%d" % version), "wb") as f:
        f.write(seed(version))
