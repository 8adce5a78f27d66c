#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Compares what `sonde log` shows at the lines of random Go programs with what their twins tell.

    lines.py [--all-go | --go VERSION,...] [--update-known]    the lane: a fixed set of programs
    lines.py --seed N[-M] [--go VERSION,...] [--mode default,noopt]      each wrong value and count of these programs
             [--features A,B | --without A,B] [--functions N] [--counts] [--code] [--reduce N] [--dir DIR]
    lines.py --features list                                             what programs can be made of

A value is right, or sonde says why it is not there (counted), or it is wrong: not what the variable holds before the line
is executed, or a variable that is not visible there. How often a line is hit is compared too; it may differ where sonde says
that it is not sure. known.tsv has how many wrong values and counts each Go version is known for; it can only shrink. The
last line is `N passed, N failed, N skipped`.
"""
import argparse
import collections
import copy
import json
import os
import re
import subprocess
import sys

import gen
import oracle
import lane
import reduce
from oracle import Broken, Tally, build, examined, live

import host

HERE = os.path.dirname(os.path.abspath(__file__))
KNOWN = os.path.join(HERE, "known.tsv")
MODES = ("default", "noopt")
SEEDS = (1, 2, 3, 4)


def features_for(version, only=None, without=(), wider=True):
    """wider: with those that the lane's programs do not have yet."""
    minor = build.go(version).minor
    known = {**gen.FEATURES, **(gen.WIDER if wider else {})}
    return sorted(f for f, since in known.items() if since <= minor and (only is None or f in only) and f not in without)


# what a person reads

def function_of(event):
    return event.get("func", "?").replace("main.", "", 1)


def place(path, address, version):
    """The instructions around an address, with their lines."""
    g = build.go(version)
    p = subprocess.run([g.go, "tool", "objdump", "-s", r"^main\.", path], env=g.env, stdout=subprocess.PIPE, text=True)
    lines = [" ".join(x.split()) for x in p.stdout.splitlines()]
    at = next((i for i, x in enumerate(lines) if " 0x%x " % address in " %s " % x), None)
    if at is None:
        return ""
    return "\n".join("      %s %s" % ("=>" if i == at else "  ", lines[i])
                     for i in range(max(at - 8, 0), min(at + 6, len(lines))))


def show(t, program, path, version, counts, code, most=100):
    source = program.plain().split("\n")
    seen = collections.Counter()
    for w in t.wrong:
        seen[w.line, w.name] += 1
        if seen[w.line, w.name] > 2 or len(seen) > most:
            continue
        said = "not visible" if w.want is None else json.dumps(w.want)
        print("  WRONG %s:%d `%s` hit %d: %s = %s (%s), truth %s; all %s" % (
            function_of(w.event), w.line, source[w.line - 1].strip(), w.hit, w.name, json.dumps(w.got), w.kind, said,
            json.dumps(w.told.values)))
        if code and seen[w.line, w.name] == 1:
            print(place(path, int(w.event["site"]["addr"], 16), version))
    if counts:
        for c in t.counts:
            print("  COUNT %d `%s`: %d hits, not %d" % (c.line, source[c.line - 1].strip(), c.got, c.want))


def show_reduced(program, version, mode, wrongs):
    """Small programs for each line with a wrong value: [(line, variable)], None as the variable: the count."""
    for line, name in wrongs:
        r = reduce.reduced(copy.deepcopy(program), version, mode, line, name)
        if r is None:
            print("  line %d, %s: not seen again" % (line, name))
            continue
        try:
            t, path = examined(r.program, version, mode)  # of all lines, to tell what the wrong value is
            at = next(n for n, head in r.program.heads().items() if head is r.head)
            t.wrong, t.counts = [w for w in t.wrong if w.line == at], [c for c in t.counts if c.line == at]
        except Broken:
            t, path = examined(r.program, version, mode, r.head)
        print("  --- line %d, %s: %d lines left after %d tries" % (line, name, r.program.plain().count("\n"), r.tries))
        print("      " + reduce.listing(r.program).replace("\n", "\n      "))
        show(t, r.program, path, version, True, True)


def by_hand(args, versions):
    first, _, last = args.seed.partition("-")
    bad = 0
    for version in versions:
        for mode in args.mode.split(","):
            sum_ = Tally()
            features = features_for(version, args.features and args.features.split(","), args.without.split(","))
            for seed in range(int(first), int(last or first) + 1):
                program = gen.program(seed, features, args.functions)
                if args.dir:
                    os.makedirs(args.dir, exist_ok=True)
                    for name, text in (("main.go", program.plain()), ("twin.go.txt", program.twin())):
                        with open(os.path.join(args.dir, name), "w") as f:
                            f.write(text)
                try:
                    t, path = examined(program, version, mode)
                except Broken as e:
                    print("seed %d: %s" % (seed, e))
                    bad += 1
                    continue
                print("%s %s seed %d: %s  %s" % (build.label(version), mode, seed, t, path))
                show(t, program, path, version, args.counts, args.code)
                if args.reduce:
                    wrongs = sorted({(w.line, w.name) for w in t.wrong}) + (
                        [(c.line, None) for c in t.counts] if args.counts else [])
                    show_reduced(program, version, mode, wrongs[:args.reduce])
                sum_.add(t)
                bad += len(t.wrong)
            if last:
                print("%s %s: %s" % (build.label(version), mode, sum_))
                print("   " + ", ".join("%d %s" % (n, r) for r, n in sum_.reasons.most_common(8)))
                print("   wrong: " + ", ".join("%d %s" % (n, k) for k, n in collections.Counter(
                    re.sub(" of .*", " of another", w.kind) for w in sum_.wrong).most_common()))
    return 1 if bad else 0


# the lane

def known(path=KNOWN):
    """{(1.N, mode): [wrong values, wrong counts]}"""
    with open(path) as f:
        rows = [line.split() for line in f if line.strip() and line[0] != "#"]
    return {(r[0], r[1]): [int(r[2]), int(r[3])] for r in rows}


def save_known(table, path=KNOWN):
    with open(path) as f:
        head = [line for line in f if line[0] == "#"]
    with open(path, "w") as f:
        f.writelines(head)
        for (version, mode), (wrong, counts) in sorted(table.items(), key=lambda x: (int(x[0][0].split(".")[1]), x[0][1])):
            f.write("%s\t%s\t%d\t%d\n" % (version, mode, wrong, counts))


def one(version, mode, seeds, limits):
    """One case of the lane: all its programs with one Go version in one mode."""
    live.need_live()
    features = features_for(version, wider=False)
    t, each = Tally(), []
    for seed in seeds:
        try:
            program = gen.program(seed, features)
            (found, path), unlucky = live.tried(lambda: examined(program, version, mode))
            t.add(found)
            each.append((found, program, path))
            for text in unlucky:
                print("     seed %d: %s" % (seed, text))
        except Broken as e:
            raise live.Failure("seed %d: %s" % (seed, e))
    live.check(t.right > 1000, lambda: "only %s" % t)
    found = [len(t.wrong), len(t.counts)]
    if found[0] > limits[0] or found[1] > limits[1]:
        for tally, program, path in each:
            show(tally, program, path, version, True, False, 6)
    return t, found


def cases(versions, seeds, modes, update):
    table = known()

    def case(version, mode):
        key = "1.%d" % build.go(version).minor, mode
        t, found = one(version, mode, seeds, table.get(key, [0, 0]))
        see = "lines.py --seed %d-%d --go %s --mode %s --counts" % (seeds[0], seeds[-1], version, mode)
        return lane.judged(table, key, t, found, see, update)

    for version in versions:
        for mode in modes:
            yield "lines %s %s" % (build.label(version), mode), lambda: case(version, mode)
    if update:
        save_known(table)
    oracle.tidy()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    lane.add_arguments(parser, MODES)
    parser.add_argument("--update-known", action="store_true", help="write what was found into known.tsv, where less")
    parser.add_argument("--seed", help="one program or several, N or N-M, and what is wrong with each")
    parser.add_argument("--features", help="make them of these only, with commas; list: which there are")
    parser.add_argument("--without", default="", help="make them without these")
    parser.add_argument("--functions", type=int, default=25, help="how many functions a program has")
    parser.add_argument("--counts", action="store_true", help="name the lines with wrong counts as well")
    parser.add_argument("--code", action="store_true", help="show the instructions at each wrong value")
    parser.add_argument("--reduce", type=int, default=0, help="reduce that many of a program's wrong values")
    parser.add_argument("--dir", help="write the program and its twin there")
    args = parser.parse_args()
    if args.features == "list":
        print("\n".join("%s\t%s" % (f, "Go 1.%d" % since if since > 15 else "") for f, since in {**gen.FEATURES, **gen.WIDER}.items()))
        return 0
    versions = lane.versions(args)
    with host.tracefs():
        if args.seed:
            return by_hand(args, versions)
        return lane.run(cases(versions, SEEDS, args.mode.split(","), args.update_known))


if __name__ == "__main__":
    sys.exit(main())
