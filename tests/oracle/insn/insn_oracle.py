#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Compares sonde's instruction boundaries with objdump's in every function of the binaries given.

usage: insn_oracle.py ORACLE BINARY...      (ORACLE: the built insn_oracle program)
Prints counts and each kind of difference once with an example. Exit 1 when lengths differ where objdump itself decodes
an instruction; places that objdump calls (bad), or splits off as lone prefixes, are listed, not failed.
"""
import bisect
import collections
import re
import subprocess
import sys

PREFIXES = {'data16', 'addr32', 'rex.W', 'rex', 'rex.B', 'rex.X', 'rex.R', 'rex.WB', 'rex.WR', 'rex.WX', 'rex.WRB',
            'rex.XB', 'rex.RX', 'rex.RB', 'rex.WRX', 'rex.WXB', 'rex.RXB', 'rex.WRXB', 'cs', 'ds', 'es', 'ss', 'fs',
            'gs', 'lock', 'rep', 'repz', 'repnz', 'notrack', 'bnd', 'xacquire', 'xrelease', 'fwait'}


def objdump(binary):
    """address -> text of each instruction that objdump sees"""
    out = {}
    p = subprocess.Popen(['objdump', '-d', '-w', '--no-show-raw-insn', binary], stdout=subprocess.PIPE, text=True)
    line_re = re.compile(r'^\s*([0-9a-f]+):\t(.*)')
    for line in p.stdout:
        m = line_re.match(line)
        if m:
            out[int(m.group(1), 16)] = m.group(2).strip()
    if p.wait():
        sys.exit(f'objdump {binary}: exit {p.returncode}')
    return out


def sonde(oracle, binary):
    """list of (entry, end, [addresses])"""
    funcs = []
    out = subprocess.run([oracle, 'dump', binary], stdout=subprocess.PIPE, text=True, check=True).stdout
    for line in out.splitlines():
        if line.startswith('F '):
            _, a, b = line.split()
            funcs.append((int(a, 16), int(b, 16), []))
        else:
            funcs[-1][2].append(int(line, 16))
    return funcs


def compare(oracle, binary):
    theirs = objdump(binary)
    order = sorted(theirs)
    n = same = 0
    kinds = collections.Counter()
    example = {}
    failed = 0
    for entry, end, addrs in sonde(oracle, binary):
        if entry not in theirs:
            kinds['function where objdump decodes across its start'] += 1
            example.setdefault('function where objdump decodes across its start', f'{entry:#x}')
            continue
        ours = set(addrs)
        lo, hi = bisect.bisect_left(order, entry), bisect.bisect_left(order, end)
        n += 1
        wrong = False
        for i in range(lo, hi):
            a = order[i]
            if a in ours:
                continue
            prev = theirs[order[i - 1]] if i > lo else ''
            text = theirs[a]
            if '(bad)' in text or '(bad)' in prev or '.byte' in text or '.byte' in prev:
                kind = 'objdump says (bad)'
            elif prev.split() and all(w in PREFIXES for w in prev.split()):
                kind = 'objdump splits prefixes off'
            elif ours and a > max(ours):
                kind = 'behind the place where sonde stops decoding'
            else:
                kind = 'LENGTH DIFFERS'
                wrong = True
            kinds[kind] += 1
            example.setdefault(kind, f'{a:#x} {text!r} after {prev!r}')
        extra = [a for a in addrs if a not in theirs]
        if extra:
            kind = 'sonde sees more boundaries than objdump'
            kinds[kind] += len(extra)
            example.setdefault(kind, f'{extra[0]:#x}')
            wrong |= not any('(bad)' in theirs[x] for x in order[lo:hi])
        failed += wrong
        same += not wrong
    total = sum(len(f[2]) for f in sonde(oracle, binary))
    print(f'{binary}: {n} functions, {total} instructions: {same} functions with the same boundaries, {failed} without')
    for kind, count in kinds.items():
        print(f'  {count} × {kind}: e.g. {example[kind]}')
    return failed


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    failed = 0
    for binary in sys.argv[2:]:
        failed += compare(sys.argv[1], binary)
    sys.exit(1 if failed else 0)


main()
