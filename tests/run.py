#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs the test lanes one after the other, adds up what they count, and ends with `N passed, N failed, N skipped`; before
that a line for each check that was skipped or failed, since who reads only the end wants to know which.

quick: unit and data tests, bpf and live lanes on the machine's own Go.  rest: every Go version, other kernels, ASan and
UBSan builds, oracles, formatting.  all: both.  A lane that ends without a count has failed; one that only skips fails
in CI unless it says that the host lacks the rights or the kernel for it."""
import os
import pathlib
import re
import subprocess
import sys
import time

TOP = pathlib.Path(__file__).resolve().parent.parent
COUNT = re.compile(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?\s*$")
# What lanes say of a check that did not pass: FAIL NAME: WHY, skip: NAME, and Meson's 3/43 NAME  TIMEOUT  30.0s.
NOT_OK = re.compile(r"^(?P<word>FAIL|fail|SKIP|skip)\b:?\s*(?P<text>.*)")
MESON = re.compile(r"^\s*\d+/\d+ (?P<text>.*?)\s+(?P<word>FAIL|TIMEOUT|ERROR|UNEXPECTEDPASS|SKIP)\b")
TOLD, WIDTH = 25, 240  # names of a lane, characters of a line

BUILD = os.environ.get("BUILD", "build")
QUICK = [
    ("unit", ["python3", "tests/meson_count.py", BUILD, "--no-suite", "bpf"]),
    ("bpf", ["sh", "tests/bpf/run.sh", BUILD]),
    ("live", ["python3", "tests/live/run.py", "--quick"]),
    ("lines", ["python3", "tests/oracle/lines/lines.py"]),
    ("values", ["python3", "tests/oracle/values/values.py"]),
    ("calls", ["python3", "tests/oracle/lines/calls.py"]),
]
# these Go versions instead of all: see .ci/run
LIVE_GO = ["--go", os.environ["SONDE_GO_VERSIONS"]] if os.environ.get("SONDE_GO_VERSIONS") else ["--all-go"]
REST = [
    ("format", ["sh", "tests/format.sh"]),
    ("asan", ["sh", "tests/asan.sh"]),
    ("oracle", ["sh", "tests/oracle/run.sh"]),
    ("go tables", ["python3", "tests/go_tables.py"]),
    ("go types", ["python3", "tests/go_types.py"]),
    ("live, every Go", ["python3", "tests/live/run.py"] + LIVE_GO),
    ("lines, every Go", ["python3", "tests/oracle/lines/lines.py"] + LIVE_GO),
    ("values, every Go", ["python3", "tests/oracle/values/values.py"] + LIVE_GO),
    ("calls, every Go", ["python3", "tests/oracle/lines/calls.py"] + LIVE_GO),
    ("vm", ["python3", "tests/vm/run.py"]),
]


def run_lane(name, command):
    """Passes the lane's output on; returns (passed, failed, skipped) and the lines about what failed and was skipped."""
    print(f"==== {name}: {' '.join(command)}", flush=True)
    counts, skips, fails = None, [], []
    started = time.monotonic()
    proc = subprocess.Popen(command, cwd=TOP, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, errors="replace")
    for line in proc.stdout:
        m = COUNT.match(line)
        if m:
            counts = [int(x or 0) for x in m.groups()]
        said = NOT_OK.match(line) or MESON.match(line)
        if said:
            (skips if said["word"].lower() == "skip" else fails).append(said["text"].strip())
        print(("  " if m else "") + line, end="", flush=True)
    code = proc.wait()
    if counts is None:
        fails.append(f"no count (exit code {code})")
        counts = [0, 1, 0]
    elif code and not counts[1]:
        fails.append(f"exit code {code}")
        counts[1] = 1
    if os.environ.get("CI") and counts[2] and not counts[0] and not counts[1]:
        skips.append("everything was skipped")
        if name in ("unit", "live", "bpf"):
            fails.append("everything was skipped")
            counts[1] = 1
    print(f"==== {name}: {counts[0]} ok, {counts[1]} wrong, {counts[2]} left out,"
          f" {time.monotonic() - started:.0f} s", flush=True)
    return counts, told("SKIPPED", name, skips, counts[2]) + told("FAILED", name, fails, counts[1])


def told(what, lane, texts, count):
    """A line for each of the first ones; that some go without is said."""
    lines = [f"{what}: {lane}: {text}"[:WIDTH] for text in texts[:TOLD]]
    rest = max(len(texts), count) - len(lines)
    return lines + ([f"{what}: {lane}: {rest} more, see above"] if rest > 0 else [])


def main():
    mode = sys.argv[1] if len(sys.argv) > 1 else "quick"
    lanes = {"quick": QUICK, "rest": REST, "all": QUICK + REST, "asan": [x for x in REST if x[0] == "asan"]}.get(mode)
    if lanes is None:
        print(f"{mode}: none of quick, rest, all, asan", file=sys.stderr)
        return 2
    total = [0, 0, 0]
    lines = []
    for name, command in lanes:
        counts, not_ok = run_lane(name, command)
        total = [a + b for a, b in zip(total, counts)]
        lines += not_ok
    for line in sorted(lines, key=lambda line: line.startswith("FAILED: ")):  # what matters last
        print(line)
    print("{} passed, {} failed, {} skipped".format(*total))
    return 1 if total[1] or not total[0] else 0


sys.exit(main())
