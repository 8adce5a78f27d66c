#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Refuses an include against the arrows between rooms (docs/ARCHITECTURE.md). Exit 1 and a line for each one."""
import pathlib
import re
import sys

ARROWS = {
    "base": [], "types": ["base"], "insn": ["base"], "expr": ["base"], "check": ["expr", "types"], "elf": ["base"], "target": ["elf"],
    "dwarf": ["elf", "types"], "lang": ["dwarf"], "abi": ["types"], "site": ["insn", "lang"],
    "plan": ["abi", "site", "check", "wire"], "run": ["base", "wire"], "join": ["types", "wire"],
    "decode": ["lang", "wire"], "eval": ["check", "decode"], "out": ["decode"], "wire": [],
    "lib": ["run", "join", "out", "plan", "target", "eval", "public"], "cli": ["public"], "public": [],
    "bpf": ["wire"],
}


def room_of(path):
    if path.endswith("bpf/wire.h") or path.endswith(".skel.h"):
        return "wire"
    if "sonde/sonde.h" in path:
        return "public"
    return path.split("/")[0]


def reachable(room):
    seen, todo = set(), [room]
    while todo:
        r = todo.pop()
        if r not in seen:
            seen.add(r)
            todo += ARROWS[r]
    return seen


def main():
    top = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    wrong = checked = 0
    for room in ARROWS:
        allowed = reachable(room)
        for f in sorted((top / room).rglob("*.[ch]")) if (top / room).is_dir() else []:
            for n, line in enumerate(f.read_text().splitlines(), 1):
                m = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
                if not m or "/" not in m.group(1):
                    continue
                checked += 1
                target = room_of(m.group(1))
                if target not in ARROWS or target not in allowed:
                    print(f"{f.relative_to(top)}:{n}: {room} must not include {m.group(1)}")
                    wrong += 1
    print(f"{checked} includes between rooms, {wrong} against the arrows")
    return 1 if wrong or not checked else 0


sys.exit(main())
