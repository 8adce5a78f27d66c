#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Compares the types that sonde reads from a Go binary's runtime descriptors, and the layouts of maps and channels, with
what the program says of itself by reflect, by its map descriptors and by its DWARF.

go_types.py [--keep DIR] [--modes MODE,...] [VERSION ...]

Builds tests/go_types/src with each toolchain (default: tests/toolchains/versions) in each mode, runs it, and compares it
with tests/go_types/dump.c. Prints a line a difference or skip, then `N passed, N failed, N skipped`. Exit code 0, 1, or 77
when all was skipped.
"""
import argparse
import os
import re
import shutil
import sys

from go_dump import HERE, build_dump, go_build, over_toolchains, result, run, skip

SRC = os.path.join(HERE, "go_types", "src")
# name → (cgo, experiment, flags, minor versions that have it)
MODES = {
    "default": (0, "", [], range(15, 99)),
    "pie": (0, "", ["-buildmode=pie"], range(15, 99)),
    "stripped": (0, "", ["-ldflags=-s -w"], range(15, 99)),
    "cgo-pie": (1, "", ["-buildmode=pie"], range(15, 99)),
    "noswissmap": (0, "noswissmap", [], range(24, 26)),
    "mapsplitgroup": (0, "mapsplitgroup", [], range(27, 28)),
}
KINDS = [(re.compile(r"int\d*$"), "int"), (re.compile(r"uint(ptr|\d*)$"), "uint"), (re.compile(r"float\d+$"), "float"),
         (re.compile(r"complex\d+$"), "complex"), (re.compile(r"unsafe\.Pointer$"), "ptr")]


class Said:
    """What one of the two programs printed; bias: what to take off addresses."""

    def __init__(self, text, bias):
        self.types, self.maps, self.structs, self.bad = {}, {}, {}, 0

        def shift(word):
            value = int(word, 16)
            return value - bias if value else 0

        for line in text.splitlines():
            tabs = line.split("\t")
            if tabs[0] == "type":
                kind = next((word for pattern, word in KINDS if pattern.match(tabs[2])), tabs[2])
                fields = [f.rsplit(":", 3) for f in tabs[11].split()]
                fields = tuple((f[0], f[1], f[2], shift(f[3])) for f in fields)
                self.types[shift(tabs[1])] = (kind, *tabs[3:8], shift(tabs[8]), shift(tabs[9]), tabs[10], fields)
            elif tabs[0] == "map":
                self.maps[shift(tabs[1])] = dict(w.split("=") for w in tabs[2].split())
            elif tabs[0] == "struct":
                self.structs[tabs[1], tabs[2]] = tabs[3]
            elif tabs[0] == "bad":
                self.bad += 1


def main_address(text):
    return int(re.search(r"^main\t(\w+)$", text, re.M).group(1), 16)


def compare(what, truth, dump):
    missing = [t for a, t in truth.types.items() if a not in dump.types]
    result(len(truth.types) > 300 and not missing, f"{what} every type is found",
           f"{len(missing)} of {len(truth.types)}: {missing[:3]}")
    wrong = [(t, dump.types[a]) for a, t in truth.types.items() if a in dump.types and dump.types[a] != t]
    result(not wrong, f"{what} types", f"{len(wrong)} differ: reflect, sonde: {wrong[:2]}")
    result(not dump.bad, f"{what} types that are listed can be had", dump.bad)
    wrong = [(truth.types[a][2], m, dump.maps.get(a)) for a, m in truth.maps.items()
             if any(dump.maps.get(a, {}).get(k) != v for k, v in m.items())]
    result(len(truth.maps) > 15 and not wrong, f"{what} layouts of maps", f"{len(wrong)}: {wrong[:2]}")


def do_mode(version, goroot, mode, program, work):
    cgo, experiment, flags, _ = MODES[mode]
    what = f"{version} {mode}"
    if cgo and not shutil.which("gcc"):
        return skip(what, "no gcc for cgo")
    binary = os.path.join(work, f"{version}-{mode}")
    built = go_build(goroot, binary, SRC, cgo, flags, GOEXPERIMENT=experiment)
    if built.returncode:
        return result(False, f"{what} build", built.stderr.strip()[-300:])
    said, dumped = run(binary), run(program, binary)
    if said.returncode or dumped.returncode:
        return result(False, f"{what} run", (said.stderr + dumped.stderr).strip()[-300:])
    truth = Said(said.stdout, main_address(said.stdout) - main_address(dumped.stdout))
    dump = Said(dumped.stdout, 0)
    compare(what, truth, dump)
    if mode != "stripped":
        wrong = [(k, v, truth.structs.get(k)) for k, v in dump.structs.items() if truth.structs.get(k) != v]
        result(len(dump.structs) > 15 and not wrong, f"{what} structs of the runtime", f"sonde, DWARF: {wrong}")
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--keep", help="build here and keep the binaries")
    parser.add_argument("--modes", help="only these, by commas")
    parser.add_argument("versions", nargs="*")
    args = parser.parse_args()

    def do_version(version, goroot, program, work):
        for mode in args.modes.split(",") if args.modes else MODES:
            if int(version.split(".")[1]) in MODES[mode][3]:
                do_mode(version, goroot, mode, program, work)

    return over_toolchains(args.versions, args.keep, lambda work: build_dump("go_types", work), do_version)


sys.exit(main())
