#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Refuses BPF objects in which a function has 64 bytes of BPF stack or more, rounded up to 16.

Since Linux 6.13 the stacks of such functions lie in memory that the tasks of a CPU share, and uprobe
programs can be preempted there (a76ab5731e32: check_max_stack_depth_subprog() decides it for each
function by itself, BPF_PRIV_STACK_MIN_SIZE; round_up_stack_depth()). A chain of calls has half of
what every kernel grants, 512 bytes. Reads the object's instructions: how far below r10 each function
reaches (directly, or through a copy of r10), and whom it calls (calls, and callbacks that are loaded
as addresses).

  stack_check.py OBJECT...
"""

import struct
import sys

LIMIT, CHAIN_LIMIT = 64, 256
SHT_PROGBITS, SHT_SYMTAB, SHT_REL, SHF_EXECINSTR = 1, 2, 9, 4
STT_FUNC, STT_SECTION = 2, 3


class Object:
    """The functions of one ELF object for the BPF target: {(section, offset): name}, their code, their calls."""

    def __init__(self, path):
        with open(path, "rb") as f:
            self.raw = f.read()
        if self.raw[:4] != b"\x7fELF" or struct.unpack_from("<H", self.raw, 18)[0] != 247:
            raise SystemExit(f"{path}: not a BPF object")
        shoff, = struct.unpack_from("<Q", self.raw, 40)
        shentsize, shnum, _ = struct.unpack_from("<HHH", self.raw, 58)
        self.sections = [struct.unpack_from("<IIQQQQIIQQ", self.raw, shoff + i * shentsize)
                         for i in range(shnum)]
        self.symbols, self.functions, self.relocs = [], {}, {}
        for sec in self.sections:
            if sec[1] == SHT_SYMTAB:
                self.read_symbols(sec)
        for sec in self.sections:
            if sec[1] == SHT_REL:
                for at in range(sec[4], sec[4] + sec[5], 16):
                    off, info = struct.unpack_from("<QQ", self.raw, at)
                    self.relocs[(sec[7], off)] = info >> 32

    def read_symbols(self, sec):
        strings = self.sections[sec[6]][4]
        for at in range(sec[4], sec[4] + sec[5], 24):
            name, info, _, shndx, value, size = struct.unpack_from("<IBBHQQ", self.raw, at)
            text = self.raw[strings + name:self.raw.index(b"\0", strings + name)].decode()
            self.symbols.append((text, info & 15, shndx, value))
            if info & 15 == STT_FUNC:
                self.functions[(shndx, value)] = (text, size)

    def target(self, shndx, off, addend):
        """The function that the relocation at an instruction means, None when it is no function."""
        index = self.relocs.get((shndx, off))
        if index is None:
            return None
        _, kind, where, value = self.symbols[index]
        key = (where, addend) if kind == STT_SECTION else (where, value)
        return key if key in self.functions else None

    def scan(self, key):
        """Bytes of stack of one function, and the functions that it calls."""
        shndx, start = key
        name, size = self.functions[key]
        base = self.sections[shndx][4]
        depth, callees, copies = 0, set(), {10: 0}
        off = start
        while off < start + size:
            code, regs, disp, imm = struct.unpack_from("<BBhi", self.raw, base + off)
            dst, src, cls = regs & 15, regs >> 4, code & 7
            if cls in (1, 2, 3):                        # LDX, ST, STX
                reg = src if cls == 1 else dst
                if reg in copies:
                    depth = max(depth, -(copies[reg] + disp))
                if cls == 1:
                    copies.pop(dst, None)
            elif code == 0x18:                          # a 64-bit constant, two slots
                callee = self.target(shndx, off, imm)
                if callee:
                    callees.add(callee)
                copies.pop(dst, None)
                off += 8
            elif code == 0xbf:                          # dst = src
                if src in copies:
                    copies[dst] = copies[src]
                elif dst != 10:
                    copies.pop(dst, None)
            elif code == 0x07 and dst in copies:        # dst += imm
                copies[dst] += imm
                depth = max(depth, -copies[dst])
            elif code == 0x85:
                if src == 1:
                    callee = (self.target(shndx, off, (imm + 1) * 8) or
                              (shndx, off + (imm + 1) * 8))
                    if callee not in self.functions:
                        raise SystemExit(f"{name}+{off - start:#x}: a call to no function")
                    callees.add(callee)
                for reg in range(6):
                    copies.pop(reg, None)
            elif cls in (4, 7) and dst != 10 and code not in (0x07,):
                copies.pop(dst, None)
            off += 8
        return depth, callees

    def chain(self, key, seen=()):
        """The deepest chain from a function: bytes, names."""
        if key in seen:
            raise SystemExit(f"{self.functions[key][0]}: recursion")
        depth, callees = self.scan(key)
        best = max((self.chain(c, seen + (key,)) for c in callees), default=(0, []))
        return depth + best[0], [f"{self.functions[key][0]} {depth}"] + best[1]


def main(paths):
    if not paths:
        raise SystemExit(__doc__)
    failed = 0
    for path in paths:
        obj = Object(path)
        if not obj.functions:
            raise SystemExit(f"{path}: no functions")
        for key, (name, _) in sorted(obj.functions.items()):
            depth, names = obj.chain(key)
            if (obj.scan(key)[0] + 15) // 16 * 16 >= LIMIT or depth >= CHAIN_LIMIT:
                failed += 1
                print(f"{path}: {depth} bytes of stack: {' > '.join(names)}", file=sys.stderr)
            elif name in ("fast", "general"):
                print(f"{path}: {depth} bytes: {' > '.join(names)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
