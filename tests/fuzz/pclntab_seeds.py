#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Writes corpus/pclntab: the smallest Go programs that there can be, one for each format of the function table.

Three functions (runtime.asmcgocall, main.leaf, main.main), main.leaf and main.mid inlined into main.main; executable
headers, build information, function table, module data, all in one segment.
"""
import os
import struct

BASE, ENTRY, FUNC = 0x400000, 0x80, 64
OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "corpus", "pclntab")
NAMES = ["runtime.asmcgocall", "main.leaf", "main.main", "main.mid", "main.Max[...]"]


def uvarint(v):
    out = b""
    while v >= 0x80:
        out += bytes([v & 0x7F | 0x80])
        v >>= 7
    return out + bytes([v])


def pcvalues(rows):
    out, last = b"", -1
    for value, size in rows:
        delta = value - last
        out += uvarint(delta << 1 if delta >= 0 else ~(delta << 1)) + uvarint(size)
        last = value
    return out + b"\0"


class Strings:
    def __init__(self):
        self.data, self.at = b"", {}

    def add(self, s):
        if s not in self.at:
            self.at[s] = len(self.data)
            self.data += s.encode() + b"\0"
        return self.at[s]


def pclntab(magic, addr, text, gofunc, treeaddr):
    old, pointers = magic == 0xFB, magic in (0xFB, 0xFA)
    names, files, pctab = Strings(), Strings(), b"\0"
    for n in NAMES:
        names.add(n)
    files.add("/src/main.go")
    files.add("/src/asm.s")

    def table(rows):
        nonlocal pctab
        pctab += pcvalues(rows)
        return len(pctab) - len(pcvalues(rows))

    sp = [table([(0, FUNC)]), table([(0, 4), (8, FUNC - 4)]), table([(0, 8), (24, FUNC - 9), (0, 1)])]
    # Up to 1.15 the number of files comes first in their table.
    file = [table([(x + old, FUNC)]) for x in (1, 0, 0)]
    line = [table([(7, FUNC)]), table([(10, FUNC)]), table([(20, 8), (21, 8), (11, 8), (14, 8), (22, FUNC - 32)])]
    tree = table([(-1, 16), (0, 8), (1, 8), (-1, FUNC - 32)])
    funcs = []
    for i in range(3):
        f = struct.pack("<Q" if pointers else "<I", text + FUNC * i if pointers else FUNC * i)
        f += struct.pack("<iiIIIII", names.at[NAMES[i]], 16, 0, sp[i], file[i], line[i], 3 if i == 2 else 0)
        f += b"" if old else struct.pack("<I", 0)
        f += struct.pack("<i", (7, 10, 20)[i]) if magic == 0xF1 else b""
        flag = 4 if i == 0 and magic in (0xF0, 0xF1) else 0
        f += bytes([0, flag, 0, (5 if old else 4) if i == 2 else 0])
        if i == 2:
            f += struct.pack("<III", 0, 0, tree)
        funcs.append(f)

    size = 16 if pointers else 8

    def records(start):
        """functab and _funcs, at that offset of the table; what functab's offsets are relative to."""
        base = 0 if old else start
        at = start + size * 3 + (8 if pointers else 4) + (4 if old else 0)
        tab, body = b"", b""
        for i, f in enumerate(funcs):
            while (at + len(body)) % 8:
                body += b"\0"
            off = at + len(body) - base
            tab += struct.pack("<QQ" if pointers else "<II", text + FUNC * i if pointers else FUNC * i, off)
            body += f
            if i == 2:
                while pointers and (at + len(body)) % 8:
                    body += b"\0"
                word = struct.pack("<Q" if pointers else "<I", 0 if pointers else 0xFFFFFFFF)
                body += word * (4 if old else 3) + struct.pack("<Q" if pointers else "<I",
                                                               treeaddr if pointers else treeaddr - gofunc)
        tab += struct.pack("<Q" if pointers else "<I", text + FUNC * 3 if pointers else FUNC * 3)
        return tab, body, at

    head = struct.pack("<IBBBBQ", 0xFFFFFF00 | magic, 0, 0, 1, 8, 3)
    if not old:
        header_size = 64 if magic == 0xFA else 72
        cutab = struct.pack("<II", 0, files.at["/src/asm.s"])
        parts, offsets = b"", []
        for part in (names.data, cutab, files.data, pctab):
            offsets.append(header_size + len(parts))
            parts += part + b"\0" * (-len(part) % 8)
        offsets.append(header_size + len(parts))
        tab, body, _ = records(offsets[-1])
        head += struct.pack("<Q", 2) + (b"" if magic == 0xFA else struct.pack("<Q", text if magic == 0xF0 else 0))
        return head + struct.pack("<5Q", *offsets) + parts + tab + body
    # One blob: names, files and pc tables wherever they are; offsets are from its start.
    tab, body, _ = records(16)
    blob_at = 16 + len(tab) + 4 + len(body)
    fixed = []
    for f in (names.data, files.data, pctab):
        fixed.append(blob_at)
        blob_at += len(f)
    shift_n, shift_f, shift_p = fixed
    for i, f in enumerate(funcs):
        w = list(struct.unpack_from("<QiiIIIII", f))
        w[1] += shift_n
        w[4:7] = [x + shift_p for x in w[4:7]]
        f = struct.pack("<QiiIIIII", *w) + f[36:]
        if i == 2:
            f = f[:48] + struct.pack("<I", tree + shift_p)
        funcs[i] = f
    tab, body, _ = records(16)
    filetab = blob_at
    blob = names.data + files.data + pctab
    blob += struct.pack("<III", 3, shift_f, shift_f + files.at["/src/asm.s"])
    return head + tab + struct.pack("<I", filetab) + body + blob


def program(magic, version):
    text = BASE + ENTRY
    code = bytes.fromhex("64488b0425f8ffffff") + b"\x90" * (FUNC - 9) + b"\x90" * (2 * FUNC)
    old_nodes = magic in (0xFB, 0xFA, 0xF0)
    out = bytearray(b"\0" * ENTRY) + code
    treeaddr = BASE + len(out)
    names = Strings()
    for n in NAMES:
        names.add(n)

    def place(data):
        nonlocal out
        out += b"\0" * (-len(out) % 32)
        at = len(out)
        out += data
        return BASE + at

    nodes_at = len(out)
    out += b"\0" * 40
    info = b"\xff Go buildinf:" + bytes([8])
    if magic in (0xF0, 0xF1):
        info += b"\2" + b"\0" * 16 + uvarint(len(version)) + version.encode() + b"\0"
        infoaddr = place(info)
    else:
        string = place(version.encode())
        header = place(struct.pack("<QQ", string, len(version)))
        infoaddr = place(info + b"\0" + struct.pack("<QQ", header, 0))
    tabaddr = BASE + (len(out) + 31) // 32 * 32
    tab = pclntab(magic, tabaddr, text, treeaddr, treeaddr)
    place(tab)
    nameoff = dict(names.at)
    if magic == 0xFB:
        shift = tab.index(b"runtime.asmcgocall\0")
        nameoff = {k: v + shift for k, v in nameoff.items()}
    for i, (parent, name, pc) in enumerate(((-1, "main.leaf", 8), (0, "main.mid", 16))):
        if old_nodes:
            node = struct.pack("<hBBiiii", parent, 0, 0, 0, 21, nameoff[name], pc)
        else:
            node = struct.pack("<B3xiii", 0, nameoff[name], pc, 9)
        out[nodes_at + len(node) * i:nodes_at + len(node) * (i + 1)] = node
    words = [0] * 60
    words[0] = tabaddr
    minpc = {0xFB: 80}.get(magic, 160) // 8
    words[minpc:minpc + 4] = [text, text + 3 * FUNC, text, text + 3 * FUNC]
    words[{0xFB: 200, 0xF1: 296}.get(magic, 280) // 8] = treeaddr
    if magic in (0xF0, 0xF1):
        words[{0xF0: 304, 0xF1: 320}[magic] // 8] = treeaddr
    moduleaddr = place(struct.pack("<60Q", *words))
    sections = [("", 0, 0, 0, 0), (".text", 1, 6, text, len(code)), (".gopclntab", 1, 2, tabaddr, len(tab)),
                (".go.buildinfo", 1, 3, infoaddr, 64), (".noptrdata", 1, 3, moduleaddr, 480)]
    shstr = Strings()
    for s in sections:
        shstr.add(s[0])
    shstr.add(".shstrtab")
    straddr = place(shstr.data)
    sections.append((".shstrtab", 3, 0, straddr, len(shstr.data)))
    shoff = place(b"") - BASE
    for name, kind, flags, addr, size in sections:
        out += struct.pack("<IIQQQQIIQQ", shstr.at[name], kind, flags, 0 if kind == 3 else addr,
                           addr - BASE if kind else 0, size, 0, 0, 1, 0)
    out[0:64] = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\2\1\1", 2, 62, 1, text, 64, shoff, 0, 64, 56, 1, 64,
                            len(sections), len(sections) - 1)
    out[64:120] = struct.pack("<IIQQQQQQ", 1, 7, 0, BASE, BASE, len(out), len(out), 0x1000)
    return bytes(out)


os.makedirs(OUT, exist_ok=True)
for magic, version in ((0xFB, "go1.15.15"), (0xFA, "go1.16.15"), (0xF0, "go1.19.13"), (0xF1, "go1.26.8")):
    with open(os.path.join(OUT, version), "wb") as f:
        f.write(program(magic, version))
