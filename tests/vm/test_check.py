#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Holds tests/vm/check.c to account, on this machine: right records pass, each kind of fault fails.

The right records are target.go's own. Needs a C compiler and Go; exit 77 without.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
import boot  # noqa: E402
import run  # noqa: E402

CALLS = 800


def change(records, i, **members):
    """The records with members of the i-th replaced; "a.b" is a member of a member."""
    new = json.loads(json.dumps(records))
    for path, value in members.items():
        *way, last = path.split("__")
        at = new[i]
        for w in way:
            at = at[w]
        at[last] = value
    return new


def cases(good):
    """(name, lines or records, further arguments, should pass, words of the output)."""
    other = good[17]
    summary = good[-1]
    less = {**summary, "hits": CALLS, "delivered": CALLS - 3, "lost": 3,
            "probes": [{**summary["probes"][0], "delivered": CALLS - 3, "lost": 3}]}
    entries = [{k: v for k, v in r.items() if k != "results"} | {"kind": "entry"}
               for r in good[:-1]] + [summary]
    text = "".join(json.dumps(r) + "\n" for r in good)
    yield "as they are", good, (), True, f"{CALLS} records, 0 wrong, 0 missing"
    yield "in another order", good[-2::-1] + good[-1:], (), True, "0 wrong"
    yield "blanks", text.replace(",", " , "), (), True, "0 wrong"
    yield "entries", entries, ("-kind", "entry"), True, "0 wrong"
    yield "entries for calls", entries, (), False, f"{CALLS} wrong"
    yield "one missing", good[1:], (), False, "0 wrong, 1 missing"
    yield "one twice", good[:1] + good, (), False, "1 wrong, 0 missing"
    yield "another's s", change(good, 3, args__s=other["args"]["s"]), (), False, "1 wrong, 1 missing"
    yield "another's x", change(good, 3, args__x=other["args"]["x"]), (), False, "1 wrong"
    yield "another's id", change(good, 3, args__id=other["args"]["id"]), (), False, "1 wrong"
    yield "another's n", change(good, 3, args__n=other["args"]["n"]), (), False, "1 wrong"
    yield "another's r0", change(good, 3, results__r0=other["results"]["r0"]), (), False, "1 wrong"
    yield "x as text", change(good, 3, args__x=str(good[3]["args"]["x"])), (), False, "1 wrong"
    yield "x rounded", text.replace(str(good[3]["args"]["x"]), "%.15e" % good[3]["args"]["x"]), (), \
        False, "1 wrong"
    yield "half a string", change(good, 3, args__s=good[3]["args"]["s"][:16]), (), False, "1 wrong"
    yield "unavailable", change(good, 3, args__s={"unavailable": "fault"}), (), False, "1 incomplete"
    fault = change(good, 3, args__s={"unavailable": "fault at 0xc000012345", "addr": "0xc000012345", "len": 32})
    yield "a fault", fault, (), False, "1 incomplete"
    yield "a fault, allowed", fault, ("-faults", "1"), True, "0 missing, 1 with a fault"
    yield "a fault and another's x", change(fault, 3, args__x=other["args"]["x"]), ("-faults", "1"), False, "1 wrong"
    yield "faults, not so many allowed", change(fault, 4, args__s=fault[3]["args"]["s"]), ("-faults", "1"), False, \
        "1 incomplete"
    yield "no fault", change(good, 3, args__s={"unavailable": "not captured"}), ("-faults", "1"), False, "1 incomplete"
    yield "another function", change(good, 3, func="main.chec"), (), False, "1 wrong"
    yield "no summary", good[:-1], (), False, "no summary"
    yield "false sum", good[:-1] + [{**summary, "hits": CALLS + 1}], (), False, "1 wrong"
    yield "false probe's sum", good[:-1] + [{**less, "probes": summary["probes"]}], (), False, "1 wrong"
    yield "cut off", text[:-30], (), False, "1 wrong"
    yield "two on a line", text.replace("\n", "", 1), (), False, "1 wrong, 2 missing"
    yield "no JSON", text.replace('"id":', '"id"', 1), (), False, "1 wrong"
    yield "lost and said so", good[3:-1] + [less], ("-allow-lost",), True, "0 wrong, 3 missing"
    yield "lost, not allowed", good[3:-1] + [less], (), False, "0 wrong, 3 missing"
    yield "lost more than said", good[4:-1] + [less], ("-allow-lost",), False, "0 wrong, 4 missing"
    halves = change(change(good, 3, kind="unwound", results={}), 4, kind="open", results={})
    yield "halves", halves, ("-allow-lost",), True, "2 half"
    yield "halves, not allowed", halves, (), False, "2 wrong"
    yield "a false half", change(halves, 3, args__n=5), ("-allow-lost",), False, "1 wrong"
    yield "nothing", "", (), False, f"0 records, 0 wrong, {CALLS} missing"


def main():
    for tool in ("gcc", "go"):
        if not shutil.which(tool):
            print(f"skip: {tool} is not installed")
            return 77
    passed = failed = 0
    with tempfile.TemporaryDirectory() as work:
        check = boot.compile_static(os.path.join(boot.HERE, "check.c"), os.path.join(work, "check"))
        target = run.build_target(work)
        said = subprocess.run([target, "-json", "-calls", str(CALLS)], capture_output=True,
                              text=True, check=True).stdout
        good = [json.loads(line) for line in said.splitlines()]
        for name, what, args, should, words in cases(good):
            path = os.path.join(work, "records")
            with open(path, "w") as f:
                f.write(what if isinstance(what, str)
                        else "".join(json.dumps(r) + "\n" for r in what))
            p = subprocess.run([check, "-calls", str(CALLS), *args, path], capture_output=True,
                               text=True, check=False)
            if p.returncode == (0 if should else 1) and words in p.stdout:
                passed += 1
            else:
                failed += 1
                print(f"FAIL {name}: exit code {p.returncode}, {words!r} expected in:\n{p.stdout}{p.stderr}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
