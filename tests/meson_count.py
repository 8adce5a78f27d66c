#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""meson test, with its result as `N passed, N failed, N skipped`; a failing test's output is shown. Its timeouts are for
what hangs: a machine with other work gets four times as long."""
import re
import subprocess
import sys

out = subprocess.run(["meson", "test", "-C", sys.argv[1], "--no-rebuild", "--print-errorlogs",
                      "--timeout-multiplier", "4"] + sys.argv[2:],
                     stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
print(out.stdout, end="")


def count(word):
    m = re.search(rf"^{word}:\s+(\d+)", out.stdout, re.M)
    return int(m.group(1)) if m else 0


failed = count("Fail") + count("Timeout") + count("Unexpected Pass")
passed = count("Ok") + count("Expected Fail")
print(f"{passed} passed, {failed} failed, {count('Skipped')} skipped")
sys.exit(1 if failed or out.returncode or not passed else 0)
