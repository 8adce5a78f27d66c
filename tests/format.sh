#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Checks that the C files are formatted as .clang-format says, with Debian 12's clang-format (another version's answers
# differ): format.sh [--fix] [FILE...]. Files listed in tests/format_not_yet are left out; one that is listed and right by
# now is named, so that the list shrinks. All of it counts as one test.
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
	echo "0 passed, 0 failed, 1 skipped"
	exit 0
fi
right=0
wrong=0
later=0
for f; do
	listed=
	grep -qxF "$f" tests/format_not_yet 2>/dev/null && listed=1
	if $format --dry-run -Werror "$f" >/dev/null 2>&1; then
		right=$((right + 1))
		[ -z "$listed" ] || echo "$f is right now: take it out of tests/format_not_yet"
	elif [ -n "$listed" ]; then
		later=$((later + 1))
	elif [ -n "$fix" ]; then
		$format -i "$f" && right=$((right + 1))
	else
		wrong=$((wrong + 1))
		echo "FAIL $f: not as .clang-format says (tests/format.sh --fix $f)"
	fi
done
echo "format: $right files are formatted, $wrong are not, $later are left out (tests/format_not_yet)"
if [ $wrong = 0 ]; then
	echo "1 passed, 0 failed, 0 skipped"
else
	echo "0 passed, 1 failed, 0 skipped"
	exit 1
fi
