#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Compares what `sonde trace` shows of random Go programs' calls with what the programs tell.

    values.py [--all-go | --go VERSION,...] [--mode MODE,...]      the lane: a fixed set of programs
    values.py --seed N[-M] [--go VERSION,...] [--mode MODE,...]    each wrong value of these programs
              [--functions N] [--limits] [--text] [--most N] [--dir DIR]

Each value is right, or sonde says why it is not there (counted, and few may be), or it is beyond the limits or told by no
program (what closures captured, up to Go 1.22), or it is wrong, which none may be; and every call is shown, once. The last line is `N passed, N failed, N skipped`.
"""
import argparse
import concurrent.futures
import os
import random
import sys

import gen
import oracle
import lane
from oracle import Broken, Tally, build, compiled, examined, examined_text, live

import host

MODES = ("default", "noopt")
RARER = ("pie", "sw")  # with the first and the last of the versions
SEEDS = (7,)
OWN_SEEDS = (1, 2)  # with one version there is time for more
MOST = 0.02  # of the values may be unavailable
MOST_17 = 0.4  # optimized by 1.17: it leaves results out of its debug information


def limits(seed):
    """Random limits, as options."""
    r = random.Random(seed)
    return ("--depth", str(r.choice((0, 1, 2, 3, 7))), "--items", str(r.choice((1, 2, 5, 30))),
            "--string", str(r.choice((4, 7, 64, 300))))


def programs(version, seeds, functions=30):
    return [gen.Program(seed, build.go(version).minor, functions) for seed in seeds]


def show(t, seed, version, mode, path, most):
    print("%s %s seed %d: %s  %s" % (build.label(version), mode, seed, t, path))
    for w in t.wrong[:most]:
        print("  WRONG %s" % w[:600])


def by_hand(args, versions):
    first, _, last = args.seed.partition("-")
    bad = 0
    for version in versions:
        for mode in args.mode.split(","):
            total = Tally()
            for p in programs(version, range(int(first), int(last or first) + 1), args.functions):
                if args.dir:
                    os.makedirs(args.dir, exist_ok=True)
                    with open(os.path.join(args.dir, "main.go"), "w", encoding="utf-8") as f:
                        f.write(p.source())
                try:
                    if args.text:
                        print("seed %d: %d lines" % (p.seed, examined_text(p, version, mode)))
                        continue
                    t, path = examined(p, version, mode, limits(p.seed) if args.limits else ())
                except (Broken, live.Failure) as e:
                    print("seed %d: %s" % (p.seed, str(e)[:2000]))
                    bad += 1
                    continue
                show(t, p.seed, version, mode, path, args.most)
                total.add(t)
                bad += len(t.wrong)
            print("%s %s: %s" % (build.label(version), mode, total))
            print("   " + ", ".join("%d × %s" % x[::-1] for x in (total.reasons + total.asked).most_common(20)))
    return 1 if bad else 0


# the lane

def one(version, mode, seeds):
    """One case: all programs with one Go version in one mode, the first also with other limits and as text."""
    live.need_live()
    t, cut, lines = Tally(), Tally(), 0
    for i, p in enumerate(programs(version, seeds)):
        try:
            t.add(live.tried(lambda: examined(p, version, mode))[0][0])
            if not i and mode == "default":
                cut.add(live.tried(lambda: examined(p, version, mode, limits(p.seed + build.go(version).minor)))[0][0])
                lines = live.tried(lambda: examined_text(p, version, mode))[0]
        except Broken as e:
            raise live.Failure("seed %d: %s" % (p.seed, e))
    live.check(t.calls >= 90 * len(seeds), "only %s" % t)
    live.check(not t.wrong and not cut.wrong, lambda: "%s; with limits: %s\n     %s\n     see: values.py --seed %d-%d --go %s --mode %s" % (
        t, cut, "\n     ".join(w[:300] for w in (t.wrong + cut.wrong)[:5]), seeds[0], seeds[-1], version, mode))
    most = MOST_17 if build.go(version).minor == 17 and mode != "noopt" else MOST
    live.check(mode not in build.HAS_DWARF or sum(t.reasons.values()) <= most * t.values, lambda: "%s: %s" % (t, t.reasons.most_common(5)))
    return "%s%s" % (t, "; with limits: %s; %d lines of text" % (cut, lines) if lines else "")


def ready(version, mode, seeds):
    """Builds a case's programs; what goes wrong is said when it runs."""
    try:
        for p in programs(version, seeds):
            compiled(p.source(), version, mode)
    except (Broken, build.Unavailable, RuntimeError):
        pass


def cases(versions, modes):
    seeds = OWN_SEEDS if len(versions) == 1 else SEEDS
    which = [(v, m) for v in versions for m in modes]
    if modes == list(MODES):
        which += [(v, m) for v in (versions[0], versions[-1])[:len(versions)] for m in RARER]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        built = [pool.submit(ready, v, m, seeds) for v, m in which]
        for (version, mode), build_ in zip(which, built):
            build_.result()
            yield "values %s %s" % (build.label(version), mode), lambda: one(version, mode, seeds)
    oracle.tidy()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    lane.add_arguments(parser, MODES)
    parser.add_argument("--seed", help="one program or several, N or N-M, and what is wrong with each")
    parser.add_argument("--functions", type=int, default=30, help="how many functions a program has")
    parser.add_argument("--limits", action="store_true", help="with random --depth, --items and --string")
    parser.add_argument("--text", action="store_true", help="look at the text output instead")
    parser.add_argument("--most", type=int, default=10, help="how many wrong values to show of each")
    parser.add_argument("--dir", help="write the program there")
    args = parser.parse_args()
    versions = lane.versions(args)
    with host.tracefs():
        if args.seed:
            return by_hand(args, versions)
        return lane.run(cases(versions, args.mode.split(",")))


if __name__ == "__main__":
    sys.exit(main())
