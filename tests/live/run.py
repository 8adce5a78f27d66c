#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs the live tests: sonde against programs that tell the truth about themselves.

    run.py [--all-go | --go VERSION,...] [--modes MODE,...] [--only PATTERN] [--quick] [--list] [--update-reasons]

One line a case, then "N passed, N failed, N skipped". Exit code 1 if a case failed, or if SONDE_LIVE_REQUIRED is set
and tracing was not possible here. Without --all-go: the machine's own Go.
"""
import argparse
import fnmatch
import os
import sys
import time
import traceback

import build
import host
import live
import test_accounts
import test_c
import test_conds
import test_constants
import test_deep
import test_exact
import test_exprs
import test_failures
import test_floats
import test_harmless
import test_harness
import test_inlined
import test_ladder
import test_log
import test_man
import test_lines
import test_privileges
import test_schema
import test_secrets
import test_source
import test_stacks
import test_taming
import test_targets
import test_tree
import test_values
import test_wrong_exprs
import test_wrong_use
from reasons import Reasons

MODULES = (
    test_harness,
    test_values,
    test_deep,
    test_schema,
    test_secrets,
    test_source,
    test_inlined,
    test_stacks,
    test_tree,
    test_floats,
    test_exprs,
    test_c,
    test_conds,
    test_constants,
    test_failures,
    test_lines,
    test_exact,
    test_harmless,
    test_accounts,
    test_ladder,
    test_log,
    test_man,
    test_taming,
    test_targets,
    test_privileges,
    test_wrong_exprs,
    test_wrong_use,
)


def selected(name, patterns):
    return not patterns or any(p in name or fnmatch.fnmatch(name, p) for p in patterns)


def run(cases):
    """Runs them all, a line for each; returns how many passed, failed and were skipped."""
    passed = failed = skipped = 0
    for case in cases:
        start = time.monotonic()
        try:
            text, unlucky = live.tried(case.run)
            word, text = "ok  ", "; ".join([text] * bool(text) + unlucky)
            passed += 1
        except live.Skip as e:
            word, text = "skip", str(e)
            skipped += 1
        except live.Failure as e:
            word, text = "FAIL", str(e)
            failed += 1
        except Exception:  # a broken case is a failed one, and the others still run
            word, text = "FAIL", traceback.format_exc().strip()
            failed += 1
        text = text.replace("\n", "\n     ")
        print("%s %s (%.1f s)%s" % (word, case.name, time.monotonic() - start, ": " + text if text else ""), flush=True)
    return passed, failed, skipped


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all-go", action="store_true", help="every version in tests/toolchains/versions")
    parser.add_argument("--go", default="", help="these versions only, with commas")
    parser.add_argument("--modes", default="", help="these build modes only, with commas: " + " ".join(build.MODES))
    parser.add_argument("--only", action="append", default=[], help="cases whose name has or matches this; repeatable")
    parser.add_argument("--quick", action="store_true", help="fewer build modes: what make test has time for")
    parser.add_argument("--list", action="store_true", help="print the names of the cases and stop")
    parser.add_argument("--update-reasons", action="store_true", help="write what was found into reasons.tsv")
    args = parser.parse_args()

    versions = args.go.split(",") if args.go else build.versions() if args.all_go else ["own"]
    modes = args.modes.split(",") if args.modes else None
    for mode in modes or ():
        if mode not in build.MODES:
            parser.error("no build mode %s; there are %s" % (mode, " ".join(build.MODES)))
    reasons = Reasons(args.update_reasons)
    ctx = live.Context(versions, args.quick, reasons)
    cases = [c for m in MODULES for c in m.cases(ctx) if selected(c.name, args.only)]
    if modes:
        cases = [c for c in cases if c.name.split()[-1] in modes]
    if args.list:
        print("\n".join(c.name for c in cases))
        return 0

    with host.tracefs():
        passed, failed, skipped = run(cases)
    reasons.save()
    if os.environ.get("SONDE_LIVE_REQUIRED") and not passed:
        print("FAIL nothing could be tested here, and $SONDE_LIVE_REQUIRED is set")
        failed += 1
    print("%d passed, %d failed, %d skipped" % (passed, failed, skipped))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
