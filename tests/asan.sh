#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The unit and data tests once more, built with AddressSanitizer and UndefinedBehaviorSanitizer.
# (gcc warns of code that it itself puts in for them: warnings are no errors here.)
set -eu
cd "$(dirname "$0")/.."
tools/build.sh build-asan -Db_sanitize=address,undefined -Db_lundef=false -Dwerror=false
export ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
exec python3 tests/meson_count.py build-asan --no-suite bpf
