#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Compares what `sonde log` shows at the lines of random Go programs with what their twins tell.

    lines.py [--all-go | --go VERSION,...] [--update-known]    the lane: a fixed set of programs
    lines.py --seed N[-M] [--go VERSION,...] [--mode default,noopt]      each wrong value and count of these programs
             [--features A,B | --without A,B] [--functions N] [--counts] [--code] [--dir DIR]
    lines.py --features list                                             what programs can be made of

A value is right, or sonde says why it is not there (counted), or it is wrong: not what the variable holds before the line
is executed, or a variable that is not visible there. How often a line is hit is compared too. known.tsv has how many wrong
values and counts each Go version is known for; it can only shrink. The last line is `N passed, N failed, N skipped`.
"""
import argparse
import collections
import hashlib
import json
import math
import os
import re
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "..", "live")]

import build  # noqa: E402
import gen  # noqa: E402
import host  # noqa: E402
import live  # noqa: E402

KNOWN = os.path.join(HERE, "known.tsv")
CACHE = os.path.join(os.path.dirname(build.CACHE), "lines")
MODES = ("default", "noopt")
SEEDS = (1, 2, 3, 4)

Wrong = collections.namedtuple("Wrong", "line hit name got want event told")
Count = collections.namedtuple("Count", "line got want")


class Broken(Exception):
    """A program that does not compile or does not come to its end."""


def compiled(source, go, version, mode):
    """The path of the program made of this source, which needs Go 1.go."""
    g = build.go(version)
    key = hashlib.sha256(("%s %d" % (source, go)).encode()).hexdigest()[:16]
    top = os.path.join(CACHE, "%s-go%s-%s" % (key, g.version, mode))
    path = os.path.join(top, "prog")
    if not os.path.exists(path):
        os.makedirs(top, exist_ok=True)
        with open(os.path.join(top, "main.go"), "w") as f:
            f.write(source)
        with open(os.path.join(top, "go.mod"), "w") as f:
            f.write("module lines\n\ngo 1.%d\n" % go)
        cmd = [g.go, "build", "-o", path + ".new"] + build.MODES[mode]
        if g.minor >= 18:
            cmd.append("-buildvcs=false")
        p = subprocess.run(cmd, cwd=top, env=dict(g.env, CGO_ENABLED="0"), stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if p.returncode:
            raise Broken(p.stdout)
        os.rename(path + ".new", path)
    return path


def truth(program, version):
    """{line: [{name: value} at each time it is come to]} as the twin tells; that does not depend on the compiler."""
    source = program.twin()
    key = hashlib.sha256(("%s %d" % (source, program.go)).encode()).hexdigest()[:16]
    path = os.path.join(CACHE, "truth-" + key)
    if not os.path.exists(path):
        twin = compiled(source, program.go, version, "default")
        p = subprocess.run([twin], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                           timeout=60)
        if p.returncode:
            raise Broken(p.stderr[:400])
        with open(path + ".new", "w") as f:
            f.write(p.stdout)
        os.rename(path + ".new", path)
    told = collections.defaultdict(list)
    with open(path) as f:
        for line in f:
            number, values = line.split(" ", 1)
            told[int(number)].append(json.loads(values))
    return told


def logged(path, lines):
    """{line: [events]} of a run with a probe on each of these lines, and those that can have none."""
    left, without = sorted(lines), set()
    with tempfile.TemporaryDirectory(prefix="sonde-lines-") as tmp:
        while True:
            probes = os.path.join(tmp, "probes")
            with open(probes, "w") as f:
                f.writelines("main.go:%d\n" % n for n in left)
            status, out, err = live.sonde("log", "--format", "json", "--show-secrets", "--rate", "10000000",
                                          "-f", probes, "--", path)
            gone = {int(n) for n in re.findall(r"main\.go:(\d+) (?:has no code|cannot be probed)", err)}
            if status == live.OK:
                break
            live.check(gone & set(left), lambda: "%d: %s" % (status, err[-1500:]))
            without |= gone
            left = [n for n in left if n not in gone]
    events, summary = live.parse_events(out)
    live.check(summary["lost"] == 0, lambda: "lost: %r" % summary)
    hits = collections.defaultdict(list)
    for e in events:
        hits[e["line"]].append(e)
    return hits, without


class Tally:
    def __init__(self):
        self.lines = self.without = self.hits = self.right = self.unavailable = 0
        self.wrong, self.counts = [], []
        self.reasons = collections.Counter()

    def add(self, other):
        for name in ("lines", "without", "hits", "right", "unavailable", "reasons"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.wrong += other.wrong
        self.counts += other.counts

    def __str__(self):
        total = self.right + self.unavailable + len(self.wrong)
        return "%d lines (%d more without code), %d hits, %d values, %d %% unavailable, %d wrong, %d counts wrong" % (
            self.lines, self.without, self.hits, total, 100 * self.unavailable // max(total, 1), len(self.wrong),
            len(self.counts))


def differs(want, got, reasons):
    """Whether a value is wrong: True or False, None if it is not there."""
    if isinstance(want, dict) and "$any" in want:
        return None
    if isinstance(got, dict) and "unavailable" in got:
        reasons[re.sub(r"0x[0-9a-f]+|\d+", "N", str(got["unavailable"]))] += 1
        return None
    if isinstance(got, dict) and "cut" in got:
        got = got["value"]
        if not isinstance(got, (str, list)) or not isinstance(want, (str, list)):
            return True
        want = want[:len(got)]
    if isinstance(want, dict) and "$float" in want:
        number = float(want["$float"])
        try:
            return math.isnan(number) != math.isnan(float(got)) or (not math.isnan(number) and
                                                                   struct.pack("d", number) != struct.pack("d", float(got)))
        except (TypeError, ValueError):
            return True
    if isinstance(want, dict) and isinstance(got, dict) and set(want) == set(got):
        parts = [differs(want[k], got[k], reasons) for k in want]
    elif isinstance(want, list) and isinstance(got, list) and len(want) == len(got):
        parts = [differs(w, g, reasons) for w, g in zip(want, got)]
    elif isinstance(want, (dict, list)):
        return True if not is_word(got) else None
    else:
        return type(want) is not type(got) or want != got
    return True if True in parts else None if None in parts else False


def is_word(got):
    """A map or pointer of which only the type and the address are shown."""
    return isinstance(got, dict) and {"type", "addr"} <= set(got)


def judge(t, line, want, got, own):
    """Compares the values at one hit; returns the wrong ones."""
    wrong = []
    for name, value in got["values"].items():
        if not re.match(r"[A-Za-z_]", name) or name in own:
            continue
        if name not in want:
            unavailable = isinstance(value, dict) and "unavailable" in value
            if not unavailable:
                wrong.append((name, value, None))
            continue
        answer = differs(want[name], value, t.reasons)
        if answer:
            wrong.append((name, value, want[name]))
        elif answer is None:
            t.unavailable += 1
        else:
            t.right += 1
    for name in want:
        if name not in got["values"] and name not in own:
            t.reasons["not in the debug information"] += 1
            t.unavailable += 1
    return wrong


def compare(told, hits, asked, without):
    """The tally of one run."""
    t = Tally()
    t.without = len(without)
    for line, own in asked.items():
        if line in without or (line not in told and line not in hits):
            continue
        want, got = told.get(line, []), hits.get(line, [])
        t.lines += 1
        t.hits += len(got)
        if len(want) == len(got):
            for i, (w, g) in enumerate(zip(want, got)):
                t.wrong += [Wrong(line, i, *x, g, w) for x in judge(t, line, w, g, own)]
            continue
        t.counts.append(Count(line, len(got), len(want)))
        # nobody knows which is which: wrong is what fits none
        for i, g in enumerate(got):
            wrongs = [(judge(Tally(), line, w, g, own), w) for w in want]
            if wrongs and all(x for x, _ in wrongs):
                best, w = min(wrongs, key=lambda x: len(x[0]))
                t.wrong += [Wrong(line, i, *x, g, w) for x in best]
    return t


def features_for(version, only=None, without=()):
    minor = build.go(version).minor
    return sorted(f for f, since in gen.FEATURES.items() if since <= minor and (only is None or f in only)
                  and f not in without)


def examined(program, version, mode):
    """The tally of one program with one Go version in one mode."""
    told = truth(program, version)
    asked = program.asked()
    path = compiled(program.plain(), program.go, version, mode)
    hits, without = logged(path, asked)
    return compare(told, hits, asked, without), path


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


def show(t, program, path, version, counts, code):
    source = program.plain().split("\n")
    seen = collections.Counter()
    for w in t.wrong:
        seen[w.line, w.name] += 1
        if seen[w.line, w.name] > 2:
            continue
        said = "not visible" if w.want is None else json.dumps(w.want)
        print("  WRONG %s:%d `%s` hit %d: %s = %s, truth %s; all %s" % (
            function_of(w.event), w.line, source[w.line - 1].strip(), w.hit, w.name, json.dumps(w.got), said,
            json.dumps(w.told)))
        if code and seen[w.line, w.name] == 1:
            print(place(path, int(w.event["site"]["addr"], 16), version))
    if counts:
        for c in t.counts:
            print("  COUNT %d `%s`: %d hits, not %d" % (c.line, source[c.line - 1].strip(), c.got, c.want))


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
                sum_.add(t)
                bad += len(t.wrong)
            if last:
                print("%s %s: %s" % (build.label(version), mode, sum_))
                print("   " + ", ".join("%d %s" % (n, r) for r, n in sum_.reasons.most_common(8)))
    return 1 if bad else 0


# the lane

def known():
    """{(1.N, mode): [wrong values, wrong counts]}"""
    with open(KNOWN) as f:
        rows = [line.split() for line in f if line.strip() and line[0] != "#"]
    return {(r[0], r[1]): [int(r[2]), int(r[3])] for r in rows}


def save_known(table):
    with open(KNOWN) as f:
        head = [line for line in f if line[0] == "#"]
    with open(KNOWN, "w") as f:
        f.writelines(head)
        for (version, mode), (wrong, counts) in sorted(table.items(), key=lambda x: (int(x[0][0].split(".")[1]), x[0][1])):
            f.write("%s\t%s\t%d\t%d\n" % (version, mode, wrong, counts))


def one(version, mode, seeds, limits):
    """One case of the lane: all its programs with one Go version in one mode."""
    live.need_live()
    features = features_for(version)
    t = Tally()
    for seed in seeds:
        try:
            t.add(examined(gen.program(seed, features), version, mode)[0])
        except Broken as e:
            raise live.Failure("seed %d: %s" % (seed, e))
    live.check(t.right > 1000, lambda: "only %s" % t)
    found = [len(t.wrong), len(t.counts)]
    return t, found, [n for n, most in zip(found, limits) if n > most]


def lane(versions, seeds, modes, update):
    table = known()
    passed = failed = skipped = 0
    for version in versions:
        for mode in modes:
            name = "lines %s %s" % (build.label(version), mode)
            try:
                key = "1.%d" % build.go(version).minor, mode
                most = table.get(key, [0, 0])
                t, found, over = one(version, mode, seeds, most)
                text = "%s (known: %d, %d)" % (t, *most)
                if update and seeds == SEEDS:
                    table[key] = [min(a, b) for a, b in zip(found, most)] if key in table else found
                if over and not update:
                    failed += 1
                    print("FAIL %s: %s\n     see: lines.py --seed %d-%d --go %s --mode %s --counts" %
                          (name, text, seeds[0], seeds[-1], version, mode))
                else:
                    passed += 1
                    print("ok   %s: %s" % (name, text))
            except (live.Skip, build.Unavailable) as e:
                skipped += 1
                print("skip %s: %s" % (name, e))
            except live.Failure as e:
                failed += 1
                print("FAIL %s: %s" % (name, e))
            sys.stdout.flush()
    if update:
        save_known(table)
    print("%d passed, %d failed, %d skipped" % (passed, failed, skipped))
    return 1 if failed or not passed + skipped else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all-go", action="store_true", help="every version in tests/toolchains/versions")
    parser.add_argument("--go", default="", help="these versions only, with commas")
    parser.add_argument("--mode", default=",".join(MODES), help="build modes, with commas: " + " ".join(MODES))
    parser.add_argument("--update-known", action="store_true", help="write what was found into known.tsv, where less")
    parser.add_argument("--seed", help="one program or several, N or N-M, and what is wrong with each")
    parser.add_argument("--features", help="make them of these only, with commas; list: which there are")
    parser.add_argument("--without", default="", help="make them without these")
    parser.add_argument("--functions", type=int, default=25, help="how many functions a program has")
    parser.add_argument("--counts", action="store_true", help="name the lines with wrong counts as well")
    parser.add_argument("--code", action="store_true", help="show the instructions at each wrong value")
    parser.add_argument("--dir", help="write the program and its twin there")
    args = parser.parse_args()
    if args.features == "list":
        print("\n".join("%s\t%s" % (f, "Go 1.%d" % since if since > 15 else "") for f, since in gen.FEATURES.items()))
        return 0
    versions = args.go.split(",") if args.go else build.versions() if args.all_go else ["own"]
    with host.tracefs():
        if args.seed:
            return by_hand(args, versions)
        return lane(versions, SEEDS, args.mode.split(","), args.update_known)


if __name__ == "__main__":
    sys.exit(main())
