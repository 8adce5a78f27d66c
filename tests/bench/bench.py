#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What a hit, a start and the memory of sonde cost, as ratios to a null program and beside bpftrace and perf.

A figure of a hit comes from two twin functions of one process, called in alternating blocks of 1,000: one is traced,
the other carries a program that does nothing at the same instruction. The figure is the median of the blocks' ratios,
since single runs differ by a factor of 2 on shared machines; the spread is from its first to its third quartile.
Timings are no asserts: the exit code is 0 unless nothing could be measured.

    bench.py --work DIR [--go GO]... [--sonde FILE] [--rounds N] [FIGURE...]

DIR holds `null` (null.c), `busy` (busy_server) and `target-N` for each --go; run.sh makes them."""
import argparse
import os
import platform
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import busy
from parts import Binary, Bpftrace, Null, Perf, Shape, Skip, Sonde, Target, first_event

HERE = os.path.dirname(os.path.abspath(__file__))
CACHE = os.path.join(os.environ.get("SONDE_CACHE") or os.path.expanduser("~/.cache/sonde"), "bin")
CALLS = 1000
MANY = 1_000_000
SMALL, MIDDLE, LARGE = "small", "gopls", "helm"
START_LIMIT = {SMALL: 0.06, MIDDLE: 0.12, LARGE: 0.15}
PEAK_LIMIT = {SMALL: 15, MIDDLE: 40, LARGE: 40}

# What a line of sonde must show for its figure to count: the values as the target has them (target/main.go).
SHOWN = {
    "ints": [r"intsProbed\(a=-?\d+, b=7\)"],
    "string": ["exactly thirty-two bytes of text"],
    "record": ["a name of a person", "a city by the sea", "mail@example.org"],
    "floats": [r"floatsProbed\(x=0\.25, y=1\.5\)"],
    "chain": ["101", "102", "103", "104"],
}


# Conditions that are false, the strings by their last byte: shape, condition, figure, limit.
CONDITIONS = (
    ("ints", "a < 0", "false: an integer", 1.05),
    ("named", 'h.name == "exactly thirty-two bytes of texT"', "false: a string of 32 bytes by pointer", 1.35),
    ("named", 'h.in.name == "exactly thirty-two bytes of texT"', "false: the same, a pointer further", None),
    ("named", 'h.in.name == "of another length"', "false: there, of another length", 1.35),
)


class Table:
    """Rows as they are measured, and what they add up to."""
    WIDTHS = (44, 11, 11, 20, 9)

    def __init__(self):
        self.within = self.over = self.skipped = self.shown = 0

    def print(self, *cells):
        print(" ".join(c.ljust(w) for c, w in zip(cells, self.WIDTHS)) + " " + cells[-1], flush=True)

    def head(self, title):
        print(f"\n{title}")
        self.print("figure", "median", "limit", "spread", "verdict", "")

    def row(self, name, median, limit, spread, ok, note=""):
        """ok None: a figure without a limit."""
        self.within += ok is True
        self.over += ok is False
        self.shown += ok is None
        self.print(name, median, limit, spread, {True: "ok", False: "over", None: "-"}[ok], note)

    def skip(self, name, why):
        self.skipped += 1
        self.print(name, "-", "-", "-", "skipped", why)


def spread(values, form):
    q = statistics.quantiles(values, n=4)
    return f"{form.format(q[0])} to {form.format(q[2])}"


class Bench:
    def __init__(self, opts, binary, table):
        self.opts, self.binary, self.table = opts, binary, table
        self.helper = os.path.join(opts.work, "null")

    def shape(self, name):
        return Shape(self.binary, name)

    def null(self, target, *sites):
        return Null(self.helper, target, self.binary, sites)

    # ---- the cost of a hit ----

    def paired(self, name, attach_probed, attach_twin, pairs, check=None):
        """Blocks' (ns of the probed function's call, ns of its twin's), over some rounds of attaching anew: where the
        allocator puts things differs from one to the next."""
        shape, blocks, note = self.shape(name), [], ""
        for _ in range(self.opts.rounds):
            with Target(self.binary) as target, attach_twin(target, shape), attach_probed(target, shape) as tool:
                blocks += target.pairs(name, pairs, CALLS)
                if check:
                    note = check(tool, pairs) or note
        return blocks, note

    def ratio_row(self, title, blocks, limit, note="", names=("", "null")):
        ratios = [a / b for a, b in blocks]
        median = statistics.median(ratios)
        each = [statistics.median(column) for column in zip(*blocks)]
        lost = note.startswith("LOST") or note.startswith("WRONG")
        self.table.row(title, f"{median:.2f} x", f"<= {limit:.2f} x" if limit else "-", spread(ratios, "{:.2f}"),
                       None if limit is None else median <= limit and not lost,
                       f"{each[0]:.0f} ns{names[0]}, {names[1]} {each[1]:.0f} ns, difference "
                       f"{statistics.median(a - b for a, b in blocks):+.0f} ns" + (f"; {note}" if note else ""))

    def account(self, name, calls):
        """A check that sonde showed the values and that no hit of these blocks is missing."""
        def check(tool, pairs):
            expected = calls or (pairs + 1) * CALLS  # a pair of blocks to warm up
            hits, delivered, _, limited, lost = tool.finish()
            first = next(iter(tool.lines()), "")
            missing = [s for s in SHOWN[name] if not re.search(s, first)]
            if missing:
                raise Skip(f"sonde does not show {missing[0]} yet: {first.strip() or 'nothing'}")
            if limited or lost:
                return f"LOST {lost + limited} of {hits}"
            return "" if delivered == hits == expected else f"WRONG: {hits} hits, {delivered} delivered of {expected}"
        return check

    def self_check(self):
        blocks, _ = self.paired("ints", lambda t, s: self.null(t, s.probed_site),
                                lambda t, s: self.null(t, s.twin_site), 300)
        ratios = [a / b for a, b in blocks]
        median = statistics.median(ratios)
        self.table.row("self-check: null against null", f"{median:.2f} x", "1 +- 0.05", spread(ratios, "{:.2f}"),
                       0.95 <= median <= 1.05, f"null {statistics.median(b for _, b in blocks):.0f} ns")

    def entry(self, name, title, limit):
        probe = f"main.{name}Probed:entry"
        blocks, note = self.paired(
            name, lambda t, s: Sonde(self.opts.sonde, t, probe, [s.probed_site]),
            lambda t, s: self.null(t, s.twin_site), 300, self.account(name, None))
        self.ratio_row(title, blocks, limit, note)

    def refused_calls(self):
        """A condition that is false at every entry, and what its returns cost then."""
        def check(tool, pairs):
            account = tool.finish()
            want = (pairs + 1) * CALLS
            return "" if account == (want, 0, want, 0, 0) else f"WRONG: {account} of {want}"
        blocks, note = self.paired(
            "ints", lambda t, s: Sonde(self.opts.sonde, t, "main.intsProbed if a < 0",
                                       [s.probed_site, *s.probed_returns]),
            lambda t, s: self.null(t, s.twin_site, *s.twin_returns), 120, check)
        self.ratio_row("false: an integer, entry + return", blocks, None, note)

    def refused(self, name, condition, title, limit):
        """A condition that is false at every hit."""
        def check(tool, pairs):
            account = tool.finish()
            want = (pairs + 1) * CALLS
            return "" if account == (want, 0, want, 0, 0) else f"WRONG: {account} of {want}"
        blocks, note = self.paired(
            name, lambda t, s: Sonde(self.opts.sonde, t, f"main.{name}Probed:entry if {condition}", [s.probed_site]),
            lambda t, s: self.null(t, s.twin_site), 300, check)
        self.ratio_row(title, blocks, limit, note)

    def marked(self, side):
        """Of the same program with bpftrace's symbol at the entry site of the probed function or of the twin."""
        site = getattr(self.shape("ints"), side + "_site")
        binary = self.binary.with_symbol_at(Bpftrace.symbol, site, f"{self.binary.path}-{side}")
        return Bench(self.opts, binary, self.table)

    def reader_stopped(self):
        """What the BPF program costs alone: sonde is stopped, and fewer hits come than its ring holds."""
        blocks, shape = [], self.shape("ints")
        for _ in range(self.opts.rounds):
            with Target(self.binary) as target, self.null(target, shape.twin_site), \
                    Sonde(self.opts.sonde, target, "main.intsProbed:entry", [shape.probed_site]) as sonde:
                for _ in range(3):
                    time.sleep(0.1)
                    os.kill(sonde.pid, signal.SIGSTOP)
                    blocks += target.pairs("ints", 40, CALLS)
                    os.kill(sonde.pid, signal.SIGCONT)
                note = self.account("ints", 3 * 41 * CALLS)(sonde, 0)
        self.ratio_row("entry, 2 ints, sonde's reader stopped", blocks, None, note)

    def against_bpftrace(self):
        marked = self.marked("twin")
        blocks, note = marked.paired(
            "ints", lambda t, s: Sonde(self.opts.sonde, t, "main.intsProbed:entry", [s.probed_site]),
            lambda t, s: Bpftrace(t, marked.binary, s.twin_site), 300, self.account("ints", None))
        self.ratio_row("entry, 2 ints: sonde to bpftrace -B full", blocks, 1.0, note, (", sonde", "bpftrace"))

    def beside(self, title, bench, attach):
        """Another tool, against null. One that loses hits looks cheap: what it delivered stands beside."""
        delivered = []
        blocks, _ = bench.paired("ints", attach, lambda t, s: bench.null(t, s.twin_site), 300,
                                 lambda tool, pairs: delivered.append(tool.delivered() / ((pairs + 1) * CALLS)))
        self.ratio_row(title, blocks, None, f"delivered at least {100 * min(delivered):.1f} %")

    def bpftrace(self):
        marked = self.marked("probed")
        self.beside("bpftrace -B full, 2 ints, offset by hand", marked,
                    lambda t, s: Bpftrace(t, marked.binary, s.probed_site))

    def perf(self):
        self.beside("perf record, 2 ints, offset by hand", self, lambda t, s: Perf(t, self.binary, s.probed_site))

    def entry_and_return(self):
        title, limit = "entry + return, minus null on both", 800
        blocks, note = self.paired(
            "ints", lambda t, s: Sonde(self.opts.sonde, t, "main.intsProbed", [s.probed_site, *s.probed_returns]),
            lambda t, s: self.null(t, s.twin_site, *s.twin_returns), 120, self.account("ints", None))
        added = [a - b for a, b in blocks]
        median = statistics.median(added)
        self.table.row(title, f"{median:.0f} ns", f"<= {limit} ns", spread(added, "{:.0f}"),
                       median <= limit and not note,
                       f"{statistics.median(a for a, _ in blocks):.0f} ns, null "
                       f"{statistics.median(b for _, b in blocks):.0f} ns" + (f"; {note}" if note else ""))

    # ---- a million calls ----

    def million(self):
        shape = self.shape("ints")
        name = f"{MANY:,} calls back to back"
        with Target(self.binary) as target, \
                Sonde(self.opts.sonde, target, "main.intsProbed:entry", [shape.probed_site]) as sonde:
            ns = int(target.ask(f"calls ints {MANY} 0")[0])
            time.sleep(0.1)
            peak, ring = sonde.peak_kb()
            hits, delivered, _, limited, lost = sonde.finish()
            line = re.compile(r"intsProbed\(a=(\d+), b=7\)")
            lines, seen = 0, bytearray(MANY)
            for text in sonde.lines():
                m = line.search(text)
                lines += bool(m)
                if m and int(m.group(1)) < MANY:
                    seen[int(m.group(1))] += 1
        exact = lines == MANY and all(n == 1 for n in seen)
        self.table.row(name, f"{lines:,}", f"{MANY:,}", "-", exact and not lost and delivered == hits == MANY,
                       f"{hits:,} hits, {delivered:,} delivered, {lost + limited:,} lost"
                       f"{'' if exact else ', arguments NOT each once'}; {ns / MANY:.0f} ns a call")
        self.table.row("peak memory during them, beside the ring", f"{peak / 1024:.1f} MB",
                       f"<= {PEAK_LIMIT[SMALL]} MB", "-", peak <= PEAK_LIMIT[SMALL] * 1024,
                       f"ring {ring / 1024:.1f} MB resident")

    # ---- start ----

    def starts(self, kind, size, pid, probe):
        """Repeated starts on a running process; the peak with a small ring: beside a large one it could hide below
        what the ring is when it is mapped."""
        times = [first_event(self.opts.sonde, pid, probe)[:2] for _ in range(11)]
        events, tracing = [t[1] for t in times], statistics.median(t[0] for t in times)
        median = statistics.median(events)
        self.table.row(f"start to first event, {kind} ({size / 1e6:.0f} MB)", f"{median:.3f} s",
                       f"<= {START_LIMIT[kind]:.2f} s", spread(events, "{:.3f}"), median <= START_LIMIT[kind],
                       f"best {min(events):.3f} s; 'tracing' after {tracing:.3f} s")
        memory = [first_event(self.opts.sonde, pid, probe, ["--ring-size", "64K"])[2] for _ in range(3)]
        peak = max(m[0] for m in memory)
        self.table.row(f"peak memory of a start, {kind}", f"{peak / 1024:.1f} MB", f"<= {PEAK_LIMIT[kind]} MB", "-",
                       peak <= PEAK_LIMIT[kind] * 1024, f"beside a ring of {memory[0][1]} kB")

    def start_small(self):
        with Target(self.binary) as target:
            target.ask("loop ints 200 0")
            self.starts(SMALL, os.path.getsize(self.binary.path), target.pid, "main.intsProbed:entry")

    def start_large(self, kind):
        path = os.path.join(CACHE, kind)
        if not os.path.exists(path):
            raise Skip(self.opts.missing.get(kind) or f"no {path}")
        with LargeProgram(kind, path) as program:
            self.starts(kind, os.path.getsize(path), program.pid, "os.(*File).Read:entry")


class LargeProgram:
    """A program that reads its standard input for ever: it is fed a piece each 0.3 ms, and each is a call of
    os.(*File).Read."""
    FEED = {MIDDLE: b"X: y\r\n", LARGE: b"#\n"}

    def __init__(self, kind, path):
        self.home = tempfile.mkdtemp(prefix="sonde-bench-")
        self.piece = self.FEED[kind]
        args = [path, "serve"]
        if kind == LARGE:
            chart = os.path.join(self.home, "chart")
            os.mkdir(chart)
            with open(os.path.join(chart, "Chart.yaml"), "w", encoding="utf-8") as f:
                f.write("apiVersion: v2\nname: chart\nversion: 0.1.0\n")
            args = [path, "template", chart, "-f", "-"]
        self.popen = subprocess.Popen(args, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                      stderr=subprocess.DEVNULL, cwd=self.home, env={**os.environ, "HOME": self.home})
        self.pid = self.popen.pid
        self.enough = threading.Event()
        self.feeder = threading.Thread(target=self.feed, daemon=True)
        self.feeder.start()
        time.sleep(0.5)
        if self.popen.poll() is not None:
            self.__exit__()
            raise Skip(f"{kind} ended at once ({self.popen.returncode})")

    def feed(self):
        try:
            while not self.enough.wait(0.0003):
                os.write(self.popen.stdin.fileno(), self.piece)
        except OSError:
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.enough.set()
        if self.popen.poll() is None:
            self.popen.terminate()
            try:
                self.popen.wait(5)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()
        self.feeder.join()
        self.popen.stdin.close()
        shutil.rmtree(self.home, ignore_errors=True)


def hit_figures(bench):
    return [
        ("self-check", "self-check: null against null", bench.self_check),
        ("ints", "entry, 2 ints, text to a file", lambda: bench.entry("ints", "entry, 2 ints, text to a file", 1.3)),
        ("ints", "entry, 2 ints, sonde's reader stopped", bench.reader_stopped),
        ("bpftrace", "entry, 2 ints: sonde to bpftrace -B full", bench.against_bpftrace),
        ("bpftrace", "bpftrace -B full, 2 ints, offset by hand", bench.bpftrace),
        ("perf", "perf record, 2 ints, offset by hand", bench.perf),
        ("string", "entry, string of 32 bytes", lambda: bench.entry("string", "entry, string of 32 bytes", 1.6)),
        ("record", "entry, struct of 3 strings by pointer",
         lambda: bench.entry("record", "entry, struct of 3 strings by pointer", 2.0)),
        ("floats", "entry, 2 floats by a signal",
         lambda: bench.entry("floats", "entry, 2 floats by a signal", None)),
        ("chain", "entry, chain of 4 pointers",
         lambda: bench.entry("chain", "entry, chain of 4 pointers", 2.0)),
        *[("condition", title, lambda n=n, c=c, title=title, limit=limit: bench.refused(n, c, title, limit))
          for n, c, title, limit in CONDITIONS],
        ("condition", "false: an integer, entry + return", bench.refused_calls),
        ("return", "entry + return, minus null on both", bench.entry_and_return),
        ("million", f"{MANY:,} calls back to back", bench.million),
    ]


def start_figures(bench):
    figures = [("start", f"start to first event, {SMALL}", bench.start_small)]
    for kind in (MIDDLE, LARGE):
        figures.append(("start", f"start to first event, {kind}", lambda kind=kind: bench.start_large(kind)))
    return figures


def busy_figure(opts, table):
    """Logpoints on a busy HTTP server whose conditions are false at every request."""
    for title, probe in (("false condition on an integer", 'main.handle "{path}" if size > 1000'),
                         ("false condition on a string", 'main.handle "{size}" if path == "/users/43"')):
        pairs, wrong = busy.measure(opts.sonde, os.path.join(opts.work, "busy"), probe)
        median, rate, ratios = busy.summary(pairs)
        if rate < busy.LEAST:
            table.skip(title, f"only {rate:.0f} requests a second without sonde")
            continue
        table.row(f"HTTP throughput, {title}", f"{median:.2f} x", f">= {busy.LIMIT:.2f} x", spread(ratios, "{:.2f}"),
                  median >= busy.LIMIT and not wrong, wrong or f"{rate:.0f} requests a second without sonde")


def own_copy(sonde, work):
    """The program as it is now: a build that runs meanwhile must not change it between two figures."""
    try:
        return shutil.copy(sonde, os.path.join(work, "sonde"))
    except OSError:
        return sonde  # missing: each figure says so


def measure(table, heading, figures, only):
    figures = [f for f in figures if not only or f[0] in only]
    if figures:
        table.head(heading)
    for _, title, figure in figures:
        try:
            figure()
        except Skip as e:
            table.skip(title, str(e))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", required=True)
    parser.add_argument("--go", action="append", default=[])
    parser.add_argument("--sonde", default=os.path.join(HERE, "..", "..", "build", "sonde"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--missing", action="append", default=[], help="KIND=WHY a large program is not there")
    parser.add_argument("figures", nargs="*")
    opts = parser.parse_args()
    opts.sonde = own_copy(os.path.abspath(opts.sonde), opts.work)
    opts.missing = dict(m.split("=", 1) for m in opts.missing)
    table = Table()
    load = os.getloadavg()[0]
    print(f"Linux {platform.release()}, {os.cpu_count()} CPUs, load {load:.1f}")
    if load > os.cpu_count() / 2:
        print("others use this machine: what sonde does on another CPU than the target, and starts, will look dearer")
    for i, go in enumerate(opts.go):
        bench = Bench(opts, Binary(os.path.join(opts.work, f"target-{i}")), table)
        measure(table, f"A hit, {go}: blocks of {CALLS:,} calls on twin functions, {opts.rounds} rounds",
                hit_figures(bench), opts.figures)
        if i == 0:
            measure(table, "A start: from the fork of sonde to its first line of data, 11 times, the target calling",
                    start_figures(bench), opts.figures)
            measure(table, f"A busy server: {busy.PAIRS} pairs of windows of {busy.WINDOW} s, {busy.CONNECTIONS} connections",
                    [("busy", "HTTP throughput", lambda: busy_figure(opts, table))], opts.figures)
    print(f"\n{table.shown} shown without a limit")
    print(f"{table.within} within, {table.over} over, {table.skipped} skipped")
    return 0 if table.within + table.over + table.shown else 1


sys.exit(main())
