#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Checks that the C files are formatted as .clang-format says, with Debian 12's clang-format (another version's answers
# differ): format.sh [--fix] [FILE...]. Files listed in tests/format_not_yet are left out and counted as skipped; one
# that is listed and right by now is named, so that the list shrinks. The last line is `N passed, N failed, N skipped`.
set -u
cd "$(dirname "$0")/.."
fix=
if [ "${1:-}" = --fix ]; then
	fix=1
	shift
fi
[ $# -gt 0 ] || set -- $(git ls-files '*.c' '*.h')

format=
for f in clang-format-14 clang-format; do
	if command -v $f >/dev/null 2>&1 && $f --version | grep -q 'version 14\.'; then
		format=$f
		break
	fi
done
if [ -z "$format" ]; then
	echo "format: no clang-format 14 (package clang-format-14)"
	echo "0 passed, 0 failed, $# skipped"
	exit 0
fi
passed=0
failed=0
skipped=0
for f; do
	listed=
	grep -qxF "$f" tests/format_not_yet 2>/dev/null && listed=1
	if $format --dry-run -Werror "$f" >/dev/null 2>&1; then
		passed=$((passed + 1))
		[ -z "$listed" ] || echo "$f is right now: take it out of tests/format_not_yet"
	elif [ -n "$listed" ]; then
		skipped=$((skipped + 1))
	elif [ -n "$fix" ]; then
		$format -i "$f" && passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAIL $f: not as .clang-format says (tests/format.sh --fix $f)"
	fi
done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
