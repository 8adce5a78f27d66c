#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Compares what sonde reads of Go binaries with what others read of them, over toolchains and build modes.

go_tables.py [--dump PROGRAM] [--keep DIR] [VERSION ...]

Builds tests/go_tables/src with each toolchain (default: tests/toolchains/versions, fetched by tests/toolchains/go.sh) in
each mode, and compares tests/go_tables/dump.c (PROGRAM, or built here) with Go's own debug/elf and debug/dwarf
(tests/go_tables/truth) and with readelf's reading of .debug_frame: names and bounds of functions, lines, wrappers, ABI0
functions, stack pointer movements, inlined calls and their code, offsets in g and m, where g is in thread-local storage.
Prints a line a check that failed or was skipped, then `N passed, N failed, N skipped`. Exit code 0, 1, or 77 when all
was skipped.
"""
import argparse
import bisect
import collections
import os
import re
import shutil
import struct
import sys

from go_dump import HERE, build_dump, go_build, over_toolchains, result, run, skip

SRC = os.path.join(HERE, "go_tables", "src")
MODES = {
    "default": (0, []),
    "pie": (0, ["-buildmode=pie"]),
    "stripped": (0, ["-ldflags=-s -w"]),
    "cgo": (1, []),
    "cgo-pie": (1, ["-buildmode=pie"]),
    "cgo-pie-stripped": (1, ["-buildmode=pie", "-ldflags=-s -w"]),
}
STRIPPED_OF = {"stripped": "default", "cgo-pie-stripped": "cgo-pie"}


class Dump:
    """What sonde says."""

    def __init__(self, program, binary):
        done = run(program, binary, "")
        self.error = done.stderr.strip() if done.returncode else ""
        self.facts, self.funcs, self.lines, self.sp, self.inlined, self.odd = {}, {}, [], {}, [], []
        for line in done.stdout.splitlines():
            tabs = line.split("\t")
            if tabs[0] == "func":
                self.funcs[int(tabs[1], 16)] = (int(tabs[2], 16), *tabs[3:6], int(tabs[6]), int(tabs[7]), tabs[8])
            elif tabs[0] == "inlined":
                self.inlined.append((int(tabs[1], 16), tabs[4], tabs[5], int(tabs[6]), tabs[7], int(tabs[3]),
                                     int(tabs[2])))
            elif line.startswith("line "):
                _, lo, hi, number, name = line.split(" ", 4)
                self.lines.append((int(lo, 16), int(hi, 16), int(number), name))
            elif line.startswith("sp "):
                _, pc, delta = line.split()
                self.sp[int(pc, 16)] = int(delta)
            elif line.startswith(("bad ", "lost ")):
                self.odd.append(line)
            else:
                key, _, value = line.partition(" ")
                self.facts[key] = value
        self.layout = dict(w.split("=") for w in self.facts.get("layout", "").split())

    def named(self, name):
        return [(entry, f) for entry, f in self.funcs.items() if f[1] == name]


class Truth:
    """What Go's own packages say."""

    def __init__(self, program, binary):
        done = run(program, binary)
        self.error = done.stderr.strip() if done.returncode else ""
        self.syms, self.rows, self.inlined = collections.defaultdict(list), collections.defaultdict(set), []
        self.layout, self.wrappers, self.units, self.tlsg, self.tls = {}, set(), set(), None, None
        for line in done.stdout.splitlines():
            tabs = line.split("\t")
            if tabs[0] == "sym":
                self.syms[int(tabs[1], 16)].append((tabs[3], int(tabs[2], 16)))
            elif tabs[0] == "row":
                self.rows[int(tabs[1], 16)].add((int(tabs[2]), tabs[3]))
            elif tabs[0] == "inlined":
                self.inlined.append((int(tabs[1], 16), tabs[2], tabs[3], int(tabs[4]), tabs[5], tabs[6]))
            elif tabs[0] == "unit":
                self.units.add(tabs[1])
            elif line.startswith("layout "):
                name, value = line.split()[1].split("=")
                self.layout[name] = value
            elif line.startswith("wrapper "):
                self.wrappers.add(int(line.split()[1], 16))
            elif line.startswith("tlsg "):
                self.tlsg = int(line.split()[1])
            elif line.startswith("pt_tls "):
                self.tls = [int(w) for w in line.split()[1:]]
        self.row_addresses = sorted(self.rows)

    def row_at(self, pc):
        i = bisect.bisect_right(self.row_addresses, pc) - 1
        return self.rows[self.row_addresses[i]] if i >= 0 else set()


def frame_rows(binary):
    """pc → CFA − rsp, at each row of .debug_frame and .zdebug_frame; None where the CFA is not by rsp."""
    rows = {}
    if not shutil.which("readelf"):
        return rows
    for line in run("readelf", "--debug-dump=frames-interp", "-W", binary).stdout.splitlines():
        m = re.match(r"([0-9a-f]{16}) (\w+)\+(\d+)", line)
        if m:
            rows[int(m[1], 16)] = int(m[3]) if m[2] == "rsp" else None
    return rows


def check_functions(what, dump, truth):
    odd = []
    for entry, (end, name, full, *_) in dump.funcs.items():
        syms = truth.syms.get(entry)
        # Symbols write a middle dot of assembly as a dot.
        if not syms or not any(s in (full, full + ".abi0", full.replace("·", ".")) for s, _ in syms):
            odd.append((hex(entry), full, syms))
        elif any(e > end for s, e in syms if s.startswith(full)):
            odd.append((hex(entry), hex(end), syms))
    result(not odd and not dump.odd, f"{what} functions", f"{odd[:3]} {dump.odd[:3]}")
    first, last = min(dump.funcs), max(dump.funcs)
    missing = [s for a, s in truth.syms.items() if first <= a <= last and a not in dump.funcs]
    result(not missing, f"{what} no symbol without a function", missing[:3])


def check_lines(what, dump, truth):
    odd, n = [], 0
    mains = [(entry, f[0]) for entry, f in dump.funcs.items() if f[1].startswith("main.")]
    for lo, _, number, name in dump.lines:
        if name == "<autogenerated>" or not any(entry <= lo < end for entry, end in mains):
            continue
        n += 1
        if (number, name) not in truth.row_at(lo):
            odd.append((hex(lo), number, name, truth.row_at(lo)))
    result(n > 40 and not odd, f"{what} lines of package main", f"{n} {odd[:3]}")
    odd, n = [], 0
    for entry, (_, name, _, file, number, *_) in dump.funcs.items():
        if file in ("<autogenerated>", "?"):  # "?": marks like go:textfipsstart, which are no functions
            continue
        n += 1
        if (number, file) not in truth.row_at(entry):
            odd.append((hex(entry), name, number, file, truth.row_at(entry)))
    result(n > 1000 and not odd, f"{what} lines of entries", f"{n} {odd[:3]}")


def check_start_lines(what, dump):
    source = open(os.path.join(SRC, "main.go")).read().split("\n")
    for name in ("main.main", "main.big", "main.recurse"):
        want = next(i for i, text in enumerate(source, 1) if text.startswith(f"func {name[5:]}("))
        got = [f[5] for _, f in dump.named(name)]
        result(got == [want], f"{what} start line of {name}", f"{got}, source has {want}")


def check_flags(what, dump, truth, minor):
    if truth.wrappers:
        got = {entry for entry, f in dump.funcs.items() if f[6][0] == "1"}
        # DWARF has no trampoline mark for wrappers that it does not describe at all.
        odd = [dump.funcs[e][1] for e in truth.wrappers if e in dump.funcs and e not in got]
        result(not odd, f"{what} wrappers", odd[:5])
    wrappers = [f[1] for f in dump.funcs.values() if f[6][0] == "1"]
    result("main.(*T).Val" in wrappers and "main.(*T).Ptr" not in wrappers, f"{what} wrapper of main",
           [n for n in wrappers if n.startswith("main.")])
    odd = [f[1] for f in dump.funcs.values() if f[3].startswith("<autogenerated>") and f[6][0] != "1"
           and not f[1].startswith(("type.", "type:", "runtime.memeq", "main.init"))
           and not f[1].endswith(".init")]
    result(not odd, f"{what} autogenerated functions are wrappers", odd[:5])
    if minor >= 17:
        abi0 = {a for a, s in truth.syms.items() if any(n.endswith(".abi0") for n, _ in s)}
        odd = [dump.funcs[a][1] for a in abi0 if a in dump.funcs and dump.funcs[a][6][1] != "1"]
        result(len(abi0) > 50 and not odd, f"{what} ABI0 functions", f"{len(abi0)} {odd[:5]}")
    odd = [f[1] for f in dump.funcs.values() if f[6][1] == "1" and f[1].startswith("main.")
           and not re.search("_cgo|_Cfunc_", f[1])]
    result(not odd, f"{what} no ABI0 function in package main", odd)
    internal = {f[1] for f in dump.funcs.values() if f[6][2] == "1"}
    want = {"runtime.morestack", "runtime.mcall", "runtime.systemstack", "runtime.goexit", "runtime.asmcgocall",
            "runtime.sigtramp", "runtime.clone"}
    result(want <= internal and len(internal) < 50 and "main.main" not in internal, f"{what} internal functions",
           f"{want - internal}, {len(internal)}")


def check_frames(what, dump, binary):
    frames = frame_rows(binary)
    if not frames:
        skip(f"{what} frames", "readelf shows no frames")
        return
    pcs = sorted(dump.sp)
    odd, n = [], 0
    for pc, cfa in frames.items():
        i = bisect.bisect_right(pcs, pc) - 1
        fn = next((f for e, f in dump.funcs.items() if e <= pc < f[0]), None) if i >= 0 else None
        if cfa is None or not fn or not fn[1].startswith("main."):
            continue
        n += 1
        if dump.sp[pcs[i]] + 8 != cfa:
            odd.append((fn[1], hex(pc), cfa, dump.sp[pcs[i]]))
    result(n > 20 and not odd, f"{what} stack pointer", f"{n} {odd[:3]}")


def collapsed(name):
    """Type arguments as pclntab has them in 1.18–1.20."""
    out, depth = "", 0
    for c in name:
        depth += c == "["
        if not depth:
            out += c
        if c == "]":
            depth -= 1
            out += "" if depth else "[...]"
    return out


def check_inlined(what, dump, truth, minor):
    # 1.15–1.17 place the marks of inlined calls differently in DWARF: there the code is not compared. DWARF does not
    # describe what was inlined into wrappers in some versions.
    ranges = minor >= 18
    want = collections.Counter((o, collapsed(n), f, l, r if ranges else "", collapsed(p))
                               for o, n, f, l, r, p in truth.inlined)
    callees = {(x[0], x[6]): x[1] for x in dump.inlined}
    got = collections.Counter((x[0], collapsed(x[1]), x[2], x[3], x[4] if ranges else "",
                               collapsed(callees.get((x[0], x[5]), "-"))) for x in dump.inlined)
    missing, extra = want - got, got - want
    extra = [x for x in extra if dump.funcs[x[0]][6][0] != "1"]
    result(sum(want.values()) > 2000 and not missing and not extra, f"{what} inlined calls",
           f"{sum(want.values())}, missing {list(missing)[:3]}, extra {extra[:3]}")
    mains = {e: f[1] for e, f in dump.funcs.items() if f[1].startswith("main.")}
    callees = {x[1] for x in dump.inlined if mains.get(x[0]) == "main.(*T).Ptr"}
    result("main.leaf" in callees, f"{what} callees inlined into main.(*T).Ptr", callees)


def check_layout(what, dump, truth):
    want = dict(truth.layout)
    want.setdefault("parentGoid", "0")
    got = {k: v for k, v in dump.layout.items() if k in want}
    result(got == want and len(want) >= 9 and dump.facts.get("known") == "1", f"{what} layout of g and m",
           f"{got}, DWARF has {want}")


def check_tls(what, dump, truth):
    want = -8
    if truth.tls and truth.tlsg is not None:
        vaddr, memsz, align = truth.tls
        want = truth.tlsg - memsz - ((-vaddr - memsz) & (align - 1))
    result(dump.facts.get("tls") == f"1 {want}", f"{what} g in thread-local storage",
           f"{dump.facts.get('tls')}, symbols give {want}")


def check_generics(what, dump, minor):
    if minor < 18:
        return
    full = {f[2] for f in dump.funcs.values()}
    suffix = "_0" if minor < 20 else ""
    for name in (f"main.Max[go.shape.int{suffix}]", f"main.(*L[go.shape.string{suffix}]).Put"):
        found = name in full or name.replace("]", "_0]") in full
        result(found, f"{what} {name}", [n for n in full if n.startswith("main.") and "[" in n])


def check_stripped(what, dump, other):
    def rest(d):
        return [(f[0] - e, f[1], *f[3:]) for e, f in sorted(d.funcs.items())]

    result(rest(dump) == rest(other), f"{what} functions as in the unstripped",
           f"{len(dump.funcs)} and {len(other.funcs)}")
    result([x[1:4] for x in dump.inlined] == [x[1:4] for x in other.inlined] and len(dump.inlined) > 2000,
           f"{what} inlined calls as in the unstripped", f"{len(dump.inlined)} and {len(other.inlined)}")
    for key in ("layout", "tls", "regabi", "known"):
        result(dump.facts.get(key) == other.facts.get(key), f"{what} {key} as in the unstripped",
               f"{dump.facts.get(key)} and {other.facts.get(key)}")
    result(dump.facts.get("types") != "0", f"{what} types", dump.facts.get("types"))


def zeroed(binary):
    """As lld leaves PIE: the words that relocations make are zero in the file."""
    data = bytearray(open(binary, "rb").read())
    shoff, = struct.unpack_from("<Q", data, 40)
    phoff, = struct.unpack_from("<Q", data, 32)
    phnum, _, shnum = struct.unpack_from("<HHH", data, 56)
    loads = [struct.unpack_from("<IIQQQQ", data, phoff + 56 * i) for i in range(phnum)]
    n = 0
    for i in range(shnum):
        kind, flags = struct.unpack_from("<IQ", data, shoff + 64 * i + 4)
        offset, size = struct.unpack_from("<QQ", data, shoff + 64 * i + 24)
        if kind != 4 or not flags & 2:  # SHT_RELA, SHF_ALLOC
            continue
        for at in range(offset, offset + size, 24):
            addr, info, _ = struct.unpack_from("<QQq", data, at)
            for p_type, _, p_offset, p_vaddr, _, p_filesz in loads:
                if info == 8 and p_type == 1 and p_vaddr <= addr and addr + 8 <= p_vaddr + p_filesz:
                    struct.pack_into("<Q", data, p_offset + addr - p_vaddr, 0)
                    n += 1
    assert n > 1000
    return data


def without_sections(binary):
    data = bytearray(open(binary, "rb").read())
    struct.pack_into("<Q", data, 40, 0)
    struct.pack_into("<HHH", data, 58, 0, 0, 0)
    return data


def check_variant(what, program, binary, data, other):
    path = binary + ".variant"
    with open(path, "wb") as f:
        f.write(data)
    dump = Dump(program, path)
    os.unlink(path)
    if dump.error or not dump.funcs:
        result(False, f"{what} open", dump.error or "no functions")
    else:
        check_stripped(what, dump, other)


def check(version, mode, dump, truth, binary):
    what, minor = f"{version} {mode}", int(version.split(".")[1])
    result(dump.facts.get("version") == f"{version.replace('.', ' ')} go{version}", f"{what} version",
           dump.facts.get("version"))
    result(dump.facts.get("regabi") == str(int(minor >= 17)), f"{what} register ABI", dump.facts.get("regabi"))
    check_functions(what, dump, truth)
    check_lines(what, dump, truth)
    check_start_lines(what, dump)
    check_flags(what, dump, truth, minor)
    check_frames(what, dump, binary)
    check_inlined(what, dump, truth, minor)
    check_layout(what, dump, truth)
    check_tls(what, dump, truth)
    check_generics(what, dump, minor)
    result("example.com/tables/do.t" in truth.units and dump.named("example.com/tables/do%2et.Square"),
           f"{what} escaped package", truth.units)


def do_version(version, goroot, program, truth_program, work):
    dumps = {}
    for mode, (cgo, flags) in MODES.items():
        what = f"{version} {mode}"
        if cgo and not shutil.which("gcc"):
            skip(what, "no gcc for cgo")
            continue
        binary = os.path.join(work, f"{version}-{mode}")
        built = go_build(goroot, binary, SRC, cgo, flags)
        if built.returncode:
            result(False, f"{what} build", built.stderr.strip()[-300:])
            continue
        dump = dumps[mode] = Dump(program, binary)
        if dump.error or not dump.funcs:
            result(False, f"{what} open", dump.error or "no functions")
        elif mode in STRIPPED_OF:
            if STRIPPED_OF[mode] in dumps:
                check_stripped(what, dump, dumps[STRIPPED_OF[mode]])
        else:
            truth = Truth(truth_program, binary)
            if truth.error:
                result(False, f"{what} debug/dwarf", truth.error)
            else:
                check(version, mode, dump, truth, binary)
            check_variant(f"{what} without sections", program, binary, without_sections(binary), dump)
            if mode.endswith("pie"):
                check_variant(f"{what} zeroed", program, binary, zeroed(binary), dump)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--dump", help="the built tests/go_tables/dump.c")
    parser.add_argument("--keep", help="build here and keep the binaries")
    parser.add_argument("versions", nargs="*")
    args = parser.parse_args()

    def prepare(work):
        if not shutil.which("go"):
            skip("everything", "no go on PATH")
            return None
        truth_program = os.path.join(work, "truth")
        built = run("go", "build", "-o", truth_program, "truth.go", cwd=os.path.join(HERE, "go_tables", "truth"))
        if built.returncode:
            sys.exit(f"cannot build truth.go:\n{built.stderr}")
        return args.dump or build_dump("go_tables", work), truth_program

    return over_toolchains(args.versions, args.keep, prepare,
                           lambda version, goroot, programs, work: do_version(version, goroot, *programs, work))


sys.exit(main())
