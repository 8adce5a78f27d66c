#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Compares struct layouts as sonde reads them with what gdb says: size, and name, offset, bits and size of each field.

usage: types_gdb.py DWARFDUMP BINARY...    DWARFDUMP: tests/tools/dwarfdump, built; BINARY: programs with DWARF
Exit status: 0 all agree, 1 some do not (each is printed), 77 no gdb, or no type that both know.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

MAX_TYPES = 300

# Runs inside gdb: one line a struct, so that the order of types does not matter.
IN_GDB = r"""
import gdb, re, os
gdb.execute("set language c")
names = os.environ["SONDE_TYPES"].split("\n")
for name in names:
    try:
        t = gdb.lookup_type(name).strip_typedefs()
    except gdb.error:
        try:
            t = gdb.lookup_type("struct " + name).strip_typedefs()
        except gdb.error:
            continue
    if t.code != gdb.TYPE_CODE_STRUCT:
        continue
    out = []
    for f in t.fields():
        if not hasattr(f, "bitpos"):
            continue
        # A Go func is a pointer; gdb takes its DIE for the code itself.
        size = 8 if f.type.strip_typedefs().code == gdb.TYPE_CODE_FUNC else f.type.sizeof
        out.append("%s@%d:%d" % (f.name or "", f.bitpos, f.bitsize or size * 8))
    print("TYPE\t%s\t%d\t%s" % (name, t.sizeof, " ".join(out)))
"""

# A name that several files define (C: a struct of each file's own) says nothing: gdb and sonde may take different ones.
LIST_IN_GDB = r"""
import gdb, re
files, file = {}, ""
for line in gdb.execute("info types -q .", to_string=True).splitlines():
    if line.startswith("File "):
        file = line
    m = re.match(r"(?:\d+:)?\s+(?:typedef )?(?:struct )?(?:\{\.\.\.\} )?([\w./]+)(?: \{|;| )", line)
    if m:
        files.setdefault(m.group(1), set()).add(file)
print("\n".join(("NAME\t" if len(files[n]) == 1 else "MANY\t") + n for n in sorted(files)))
"""


def in_gdb(script, binary, **env):
    with tempfile.NamedTemporaryFile("w", suffix=".py") as f:
        f.write(script)
        f.flush()
        r = subprocess.run(["gdb", "-q", "-batch", "-nx", "-iex", "set auto-load off", "-x", f.name, binary],
                           capture_output=True, text=True, env=dict(os.environ, **env))
    return r.stdout.splitlines()


def of_sonde(dump, binary, name):
    r = subprocess.run([dump, binary, "-t", name], capture_output=True, text=True)
    lines = r.stdout.splitlines()
    if r.returncode or " struct size " not in lines[0]:
        return None
    size = int(re.search(r" size (\d+)", lines[0]).group(1))
    fields = []
    for line in lines[1:]:
        m = re.match(r"\s+\+(\d+)\s+(?:embedded )?(\S*?)(?: bits (\d+)\.\.(\d+))?: .* size (\d+) align", line)
        if m and m.group(3):
            at = int(m.group(1)) * 8 + int(m.group(3))
            fields.append(f"{m.group(2)}@{at}:{int(m.group(4)) - int(m.group(3))}")
        elif m:
            fields.append(f"{m.group(2)}@{int(m.group(1)) * 8}:{int(m.group(5)) * 8}")
    return size, " ".join(fields)


def main():
    if len(sys.argv) < 3:
        print(__doc__, file=sys.stderr)
        return 2
    if not shutil.which("gdb"):
        print("types_gdb: skipped: no gdb")
        return 77
    equal = different = ambiguous = 0
    for binary in sys.argv[2:]:
        listed = in_gdb(LIST_IN_GDB, binary)
        names = [l[5:] for l in listed if l.startswith("NAME\t")]
        ambiguous += sum(l.startswith("MANY\t") for l in listed)
        names = names[::max(1, len(names) // MAX_TYPES)]
        for line in in_gdb(IN_GDB, binary, SONDE_TYPES="\n".join(names)):
            if not line.startswith("TYPE\t"):
                continue
            _, name, size, fields = line.split("\t")
            ours = of_sonde(sys.argv[1], binary, name)
            if ours is None:
                continue
            if ours == (int(size), fields):
                equal += 1
            else:
                different += 1
                print(f"{binary}: {name}\n  gdb   {size} {fields}\n  sonde {ours[0]} {ours[1]}")
    print(f"types_gdb: {equal} structs equal, {different} different, {ambiguous} names of several files left out")
    return 1 if different else 0 if equal else 77


if __name__ == "__main__":
    sys.exit(main())
