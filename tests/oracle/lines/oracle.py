# SPDX-License-Identifier: BSD-2-Clause
"""Runs a generated program under `sonde log` and compares each value and count with what its twin tells."""
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
sys.path[:0] = [HERE, os.path.join(HERE, "..")]

import lane  # noqa: E402
from lane import Broken, build, live  # noqa: E402

CACHE = os.path.join(os.path.dirname(build.CACHE), "lines")

Wrong = collections.namedtuple("Wrong", "line hit name got want event told kind")
Told = collections.namedtuple("Told", "at line values")  # at: when, as a number
Count = collections.namedtuple("Count", "line got want")


def compiled(source, go, version, mode, cache=CACHE):
    """The path of the program made of this source, which needs Go 1.go."""
    return lane.compiled(cache, {"main.go": source, "go.mod": "module lines\n\ngo 1.%d\n" % go}, version, mode)


def tidy():
    lane.tidy(CACHE, 300)  # of 1.5 MB each


def tale_of(program, version, only=None, cache=CACHE):
    """What the twin prints; that does not depend on the compiler."""
    source = program.twin(only)
    key = hashlib.sha256(("%s %d" % (source, program.go)).encode()).hexdigest()[:16]
    path = os.path.join(cache, "truth-" + key)
    if not os.path.exists(path):
        with tempfile.TemporaryDirectory(prefix="sonde-twin-") as once:
            twin = compiled(source, program.go, version, "default", once)
            p = subprocess.run([twin], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               timeout=60)
        if p.returncode:
            raise Broken(p.stderr[:400])
        os.makedirs(cache, exist_ok=True)
        with open(path + ".new", "w") as f:
            f.write(p.stdout)
        os.rename(path + ".new", path)
    os.utime(path)
    with open(path) as f:
        return f.readlines()


def truth(program, version, only=None, cache=CACHE):
    """What the twin tells of lines, in its order."""
    lines = [line.split(" ", 1) for line in tale_of(program, version, only, cache) if line[0].isdigit()]
    return [Told(i, int(number), json.loads(values)) for i, (number, values) in enumerate(lines)]


def logged(path, lines):
    """{line: [events]} of a run with a probe on each of these lines, those that can have none, and {line: why its hits may
    not be as many as its passages}."""
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
            if not left:
                return {}, without, {}
    events, summary = live.parse_events(out)
    live.check_summary(summary)
    hits = collections.defaultdict(list)
    for e in sorted(events, key=lambda e: e["ts"]):  # those of several goroutines may come in another order
        hits[e["line"]].append(e)
    doubts = {int(p["probe"].rsplit(":", 1)[-1]): p["count_unsure"] for p in summary["probes"] if "count_unsure" in p}
    return hits, without, doubts


class Tally:
    def __init__(self):
        self.lines = self.without = self.hits = self.right = self.unavailable = self.doubted = 0
        self.wrong, self.counts = [], []  # counts: those that sonde does not doubt itself
        self.reasons = collections.Counter()

    def add(self, other):
        for name in ("lines", "without", "hits", "right", "unavailable", "reasons", "doubted"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.wrong += other.wrong
        self.counts += other.counts

    def __str__(self):
        total = self.right + self.unavailable + len(self.wrong)
        return "%d lines (%d more without code), %d hits, %d values, %d %% unavailable, %d wrong, %d counts wrong, %d doubted" % (
            self.lines, self.without, self.hits, total, 100 * self.unavailable // max(total, 1), len(self.wrong),
            len(self.counts), self.doubted)


def differs(want, got, reasons):
    """Whether a value is wrong: True or False, None if it is not there."""
    if isinstance(got, dict) and "unavailable" in got:
        reasons[re.sub(r"0x[0-9a-f]+|\d+", "N", str(got["unavailable"]))] += 1
        return None
    if isinstance(got, dict) and set(got) == {"type", "value"}:  # an interface; the twin tells what is in it
        got = got["value"]
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


def untold(want):
    """A channel, a function: the twin does not say what is in it."""
    return isinstance(want, dict) and "$any" in want


def is_word(got):
    """A map or pointer of which only the type and the address are shown."""
    return isinstance(got, dict) and {"type", "addr"} <= set(got)


def judge(t, line, want, got, own):
    """Compares the values at one hit; returns the wrong ones."""
    wrong = []
    for name, value in got["values"].items():
        if not re.match(r"[A-Za-z_]", name) or name in own or untold(want.get(name)):
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
        if name not in got["values"] and name not in own and not untold(want[name]):
            t.reasons["not in the debug information"] += 1
            t.unavailable += 1
    return wrong


def of_outer(events):
    """Of the hits of a line that begins a closure: those in the function that makes it. The closure's own entry may have
    code on that line too."""
    names = [re.sub(r"\[.*\]", "", e["func"]) for e in events]
    outer = min(map(len, names), default=0)
    return [e for e, name in zip(events, names) if len(name) == outer]


def compare(tale, hits, asked, without, doubts):
    """The tally of one run."""
    t = Tally()
    told = collections.defaultdict(list)
    for x in tale:
        told[x.line].append(x)
    t.without = len(without)
    for line, head in asked.items():
        own = {v.name for v in head.own}
        if line in without or (line not in told and line not in hits):
            continue
        want, got = told.get(line, []), hits.get(line, [])
        if "func(" in head.text:
            got = [] if "closure's entry" in doubts.get(line, "") else of_outer(got)
        t.lines += 1
        t.hits += len(got)
        t.doubted += line in doubts
        if len(want) == len(got):
            tally = Tally()
            wrong = [Wrong(line, i, *x, g, w, None) for i, (w, g) in enumerate(zip(want, got))
                     for x in judge(tally, line, w.values, g, own)]
            if not wrong or line not in doubts:  # where sonde doubts the count, as many may be other ones
                t.add(tally)
                t.wrong += wrong
                continue
        if line not in doubts:
            t.counts.append(Count(line, len(got), len(want)))
        # nobody knows which is which: wrong is what fits none
        for i, g in enumerate(got):
            wrongs = [(judge(Tally(), line, w.values, g, own), w) for w in want]
            if wrongs and all(x for x, _ in wrongs):
                best, w = min(wrongs, key=lambda x: len(x[0]))
                if "more" in doubts.get(line, ""):  # it may be hit where control does not come to it
                    best = [x for x in best if not any(same(v.values, *x[:2]) for v in tale)]
                t.wrong += [Wrong(line, i, *x, g, w, None) for x in best]
    return t


def same(values, name, got):
    return name in values and not untold(values[name]) and differs(values[name], got, collections.Counter()) is False


def kind(w, tale, far=300):
    """What a wrong value is, as far as the truth of the lines before and after it tells."""
    if w.want is None:
        return "not visible"

    at = w.told.at
    if any(same(x.values, w.name, w.got) for x in tale[max(at - far, 0):at]):
        return "an old value"
    if any(same(x.values, w.name, w.got) for x in tale[at + 1:at + far]):
        return "a later value"
    others = [name for name in w.told.values if name != w.name and same(w.told.values, name, w.got)]
    return "the value of " + others[0] if others else "no value it had"


def examined(program, version, mode, only=None, cache=CACHE):
    """The tally of one program with one Go version in one mode, and the program's path. only: the head of the only line
    to look at."""
    asked = {n: head for n, head in program.heads().items() if only in (None, head)}
    tale = truth(program, version, only, cache)
    path = compiled(program.plain(), program.go, version, mode, cache)
    hits, without, doubts = logged(path, asked)
    t = compare(tale, hits, asked, without, doubts)
    t.wrong = [w._replace(kind=kind(w, tale)) for w in t.wrong]
    return t, path
