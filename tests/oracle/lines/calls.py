#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Compares what `sonde trace` shows of the calls in random Go programs with what their twins tell.

    calls.py [--all-go | --go VERSION,...] [--update-known]    the lane: a fixed set of programs
    calls.py --seed N[-M] [--go VERSION,...] [--mode default,...]     each wrong value and count of these programs
             [--features A,B | --without A,B] [--functions N] [--code] [--reduce N] [--dir DIR]

All functions of a program are traced: bodies, inlined copies, generic ones, methods, closures. The twin tells the parameters
when a call begins and the results when it returns. How often a function is called is compared too: a body that is never
inlined is to be hit as often as it is called; of others the compiler may leave nothing of a call, and sonde says of some
copies that they cannot be probed, so that only more hits than calls are wrong. known_calls.tsv has how many wrong values
and counts each Go version is known for; it can only shrink. The last line is `N passed, N failed, N skipped`.
"""
import argparse
import collections
import json
import os
import re
import sys

import gen
import lines
import oracle
import lane
from oracle import Broken, build, compiled, differs, live, tale_of, untold

import host

KNOWN = os.path.join(lines.HERE, "known_calls.tsv")
MODES = {"default": "default", "nosource": "default", "noopt": "noopt"}  # → how it is built
SEEDS = (1, 4)
FUNCTIONS = 12

Call = collections.namedtuple("Call", "line name at args results")  # line: of the function, at: of the call
Event = collections.namedtuple("Event", "name at args results inlined unsure event")  # at: None, unless inlined
Wrong = collections.namedtuple("Wrong", "what name got want event")


class Tally:
    def __init__(self):
        self.calls = self.hits = self.copies = self.right = self.unavailable = self.marked = self.missed = 0
        self.wrong, self.counts, self.reasons = [], [], collections.Counter()

    def add(self, other):
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)

    def __str__(self):
        total = self.right + self.unavailable + self.marked + len(self.wrong)
        return "%d calls, %d seen, %d of them in inlined copies, %d values, %d %% unavailable, %d marked, %d wrong, %d counts wrong" % (
            self.calls, self.hits, self.copies, total, 100 * self.unavailable // max(total, 1), self.marked, len(self.wrong),
            len(self.counts))


def truth(program, version, cache):
    """The calls in their order."""
    found = []
    for line in tale_of(program, version, None, cache):
        word, _, rest = line.partition(" ")
        if word == "call":
            name, line, at, values = rest.split(" ", 3)
            found.append([int(line), name, int(at), json.loads(values), None])
        elif word == "return":
            number, values = rest.split(" ", 1)
            found[int(number)][4] = json.loads(values)
    return [Call(*c) for c in found]


def traced(path, source):
    """The events of a run with all functions of main probed, by the time when they began."""
    # a source that is newer than the program is not looked at
    when = 0 if source else os.stat(path).st_mtime + 3600
    os.utime(os.path.join(os.path.dirname(path), "main.go"), (when, when))
    status, out, err = live.sonde("trace", "--format", "json", "--show-secrets", "--rate", "10000000", "main.*", "--", path)
    live.check(status == live.OK, lambda: "%d: %s" % (status, err[-1500:]))
    events, summary = live.parse_events(out)
    live.check_summary(summary)
    return sorted(events, key=lambda e: e["ts"])


def last_name(func):
    return re.sub(r"\[.*?\]", "", func).rsplit(".", 1)[-1]


def is_compilers(func):
    return re.search(r"-range\d+$|gowrap\d+$|deferwrap\d+$|dwrap", func)


def end_of(line, source):
    """The line of the brace that closes what begins on this line."""
    tabs = re.match(r"\t*", source[line - 1]).group()
    return next(n for n in range(line + 1, len(source) + 1) if source[n - 1].startswith(tabs + "}"))


def sorted_out(events, calls, source):
    """{line of a function: [Event]}; inlined copies of closures, which have no line, under None."""
    by_name = {c.name: line for line, c in calls.items() if c.name != "func"}
    closures = [line for line, c in calls.items() if c.name == "func"]
    ends = {n: end_of(n, source) for n in closures}
    found = collections.defaultdict(list)
    for e in events:
        name, at, inlined = last_name(e["func"]), e["site"].get("line"), e["site"].get("inlined", False)
        if name in by_name:
            line = by_name[name]
        elif is_compilers(e["func"]) or not re.match(r"func\d+|\d+$", name):
            continue
        elif inlined:
            line = None
        elif at in calls and calls[at].name == "func":
            line = at
        elif at is None or re.match(r"\s*(defer|go) [^{]*$", source[at - 1]):
            continue  # what the compiler wraps such a call in
        else:  # up to Go 1.19 it is the line of a leaf's first instruction
            line = max((n for n in closures if n < at <= ends[n]), default=None)
            if line is None:
                continue
        found[line].append(Event(name, at if inlined else None, e.get("args", {}), e.get("results"), inlined,
                                 e.get("unsure", ()), e))
    return found


def judge(t, what, want, got, unsure=()):
    """Compares values by name; returns the wrong ones."""
    wrong = []
    if "unavailable" in got and "unavailable" not in want:  # all of them
        t.reasons[got["unavailable"]] += len(want)
        t.unavailable += len(want)
        return []
    for name, value in got.items():
        if name not in want and what == "argument":  # captured, by reference or by value
            name = "&" + name.lstrip("&")
        if name not in want:
            if not (isinstance(value, dict) and "unavailable" in value):
                wrong.append((what, name, value, None))
            continue
        if untold(want[name]):
            continue
        answer = differs(want[name], value, t.reasons)
        if name in unsure:
            t.marked += 1
        elif answer:
            wrong.append((what, name, value, want[name]))
        elif answer is None:
            t.unavailable += 1
        else:
            t.right += 1
    for name in want:
        if name not in got and name[0] != "&" and not untold(want[name]):
            t.reasons["not in the debug information"] += 1
            t.unavailable += 1
    return wrong


def compared(t, call, want, got):
    """The wrong values of one event, held against one call."""
    wrong = judge(t, "argument", want.args, got.args, got.unsure)
    if not got.inlined and got.results is not None:
        results = {name: value for name, value in zip(call.names, want.results or [])}
        wrong += judge(t, "result", results, got.results)
    return wrong


def pair(t, call, want, got):
    for w, g in zip(want, got):
        t.wrong += [Wrong(*x, g) for x in compared(t, call, w, g)]


def fit(t, call, want, got):
    """Nobody knows which is which: wrong is what fits none."""
    for g in got:
        tried = []
        for w in want:
            one = Tally()
            tried.append((compared(one, call(w) if callable(call) else call, w, g), one))
        best, one = min(tried, key=lambda x: len(x[0])) if tried else ([], None)
        if one:
            t.add(one)
        t.wrong += [Wrong(*x, g) for x in best]


def result_names(call):
    """As sonde names them."""
    return [re.sub(r"«\d+»", "r%d" % i, k.split(" ")[0]) if " " in k else "r%d" % i for i, k in enumerate(call.results)]


def compare(tale, events, calls, source, inlines):
    """inlines: whether the compiler has inlined calls at all."""
    t = Tally()
    for c in calls.values():
        c.names = result_names(c)
    got_by, want_by = sorted_out(events, calls, source), collections.defaultdict(list)
    for c in tale:
        want_by[c.line].append(c)
    t.calls = len(tale)
    for line, call in calls.items():
        want, got = want_by[line], got_by[line]
        t.hits += len(got)
        t.copies += sum(g.inlined for g in got)
        if len(got) > len(want) or (len(got) < len(want) and (call.noinline or not inlines)):
            t.counts.append((line, call.name, None, len(got), len(want)))
        copies = {(g.at, g.event["site"]["addr"]) for g in got if g.inlined}
        mixed = [at for at, n in collections.Counter(at for at, _ in copies).items() if n > 1]
        if len(got) == len(want) and not mixed:
            pair(t, call, want, got)
            continue
        for at in sorted({g.at for g in got if g.inlined}):
            here, there = [g for g in got if g.at == at], [w for w in want if w.at == at]
            if len(here) > len(there):
                t.counts.append((line, call.name, at, len(here), len(there)))
            # of two copies on a line either may come first
            (pair if len(here) == len(there) and at not in mixed else fit)(t, call, there, here)
        fit(t, call, want, [g for g in got if not g.inlined])
    closures = [c for c in tale if c.name == "func"]
    for g in got_by[None]:
        t.hits += 1
        t.copies += 1
        fit(t, lambda w: calls[w.line], [c for c in closures if {x.lstrip("&") for x in c.args} >= {x.lstrip("&") for x in g.args}], [g])
    t.missed = t.calls - t.hits
    return t


def examined(program, version, mode, cache=oracle.CACHE):
    """The tally of one program with one Go version in one mode, and the program's path."""
    path = compiled(program.plain(), program.go, version, MODES[mode], cache)
    return compare(truth(program, version, cache), traced(path, mode != "nosource"), program.calls(),
                   program.plain().split("\n"), mode != "noopt"), path


# what a person reads

def show(t, program, path, version, code):
    source = program.plain().split("\n")
    seen = collections.Counter()
    for w in t.wrong:
        e = w.event
        key = e.event["func"], e.at, w.what, w.name
        seen[key] += 1
        if seen[key] > 2:
            continue
        where = "inlined at %d `%s`" % (e.at, source[e.at - 1].strip()) if e.inlined else "line %s" % e.event["site"].get("line")
        print("  WRONG %s %s: %s %s = %s, truth %s; all %s" % (
            e.event["func"], where, w.what, w.name, json.dumps(w.got), json.dumps(w.want),
            json.dumps(e.args if w.what == "argument" else e.results)))
        if code and seen[key] == 1:
            print(lines.place(path, int(e.event["site"]["addr"], 16), version))
    for line, name, at, got, want in t.counts:
        print("  COUNT %s, line %d%s: %d hits, not %d" % (name, line, "" if at is None else " inlined at %d" % at, got, want))


def program_of(seed, version, functions=FUNCTIONS, only=None, without=()):
    features = lines.features_for(version, only, without, False) + [f for f in gen.CALLS_ONLY if f not in without]
    return gen.program(seed, features, functions)


def by_hand(args, versions):
    first, _, last = args.seed.partition("-")
    bad = 0
    for version in versions:
        for mode in args.mode.split(","):
            total = Tally()
            for seed in range(int(first), int(last or first) + 1):
                program = program_of(seed, version, args.functions, args.features and args.features.split(","),
                                     args.without.split(","))
                if args.dir:
                    os.makedirs(args.dir, exist_ok=True)
                    for name, text in (("main.go", program.plain()), ("twin.go.txt", program.twin())):
                        with open(os.path.join(args.dir, name), "w") as f:
                            f.write(text)
                try:
                    t, path = examined(program, version, mode)
                except (Broken, live.Failure) as e:
                    print("seed %d: %s" % (seed, e))
                    bad += 1
                    continue
                print("%s %s seed %d: %s  %s" % (build.label(version), mode, seed, t, path))
                show(t, program, path, version, args.code)
                total.add(t)
                bad += len(t.wrong) + len(t.counts)
            print("%s %s: %s\n   %s" % (build.label(version), mode, total,
                                       ", ".join("%d %s" % (n, r) for r, n in total.reasons.most_common(8))))
    return 1 if bad else 0


# the lane

def one(version, mode, limits):
    """One case of the lane: all its programs with one Go version in one mode."""
    live.need_live()
    t, each = Tally(), []
    for seed in SEEDS:
        try:
            program = program_of(seed, version)
            (found, path), unlucky = live.tried(lambda: examined(program, version, mode))
        except Broken as e:
            raise live.Failure("seed %d: %s" % (seed, e))
        t.add(found)
        each.append((found, program, path))
        for text in unlucky:
            print("     seed %d: %s" % (seed, text))
    live.check(t.right > 400 and (mode == "noopt" or t.copies > 50), lambda: "only %s" % t)
    found = [len(t.wrong), len(t.counts)]
    if found[0] > limits[0] or found[1] > limits[1]:
        for tally, program, path in each:
            show(tally, program, path, version, True)
    return t, found


def cases(versions, modes, update):
    table = lines.known(KNOWN)

    def case(version, mode):
        key = "1.%d" % build.go(version).minor, mode
        t, found = one(version, mode, table.get(key, [0, 0]))
        see = "calls.py --seed %d-%d --go %s --mode %s --code" % (SEEDS[0], SEEDS[-1], version, mode)
        return lane.judged(table, key, t, found, see, update)

    for version in versions:
        for mode in modes:
            yield "calls %s %s" % (build.label(version), mode), lambda: case(version, mode)
    if update:
        lines.save_known(table, KNOWN)
    oracle.tidy()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    lane.add_arguments(parser, MODES)
    parser.add_argument("--update-known", action="store_true", help="write what was found into known_calls.tsv, where less")
    parser.add_argument("--seed", help="one program or several, N or N-M, and what is wrong with each")
    parser.add_argument("--features", help="make them of these only, with commas")
    parser.add_argument("--without", default="", help="make them without these")
    parser.add_argument("--functions", type=int, default=FUNCTIONS, help="how many functions a program has")
    parser.add_argument("--code", action="store_true", help="show the instructions at each wrong value")
    parser.add_argument("--dir", help="write the program and its twin there")
    args = parser.parse_args()
    versions = lane.versions(args)
    with host.tracefs():
        if args.seed:
            return by_hand(args, versions)
        return lane.run(cases(versions, args.mode.split(","), args.update_known))


if __name__ == "__main__":
    sys.exit(main())
