#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The bpf lane: run.sh [BUILD] runs the tests of Meson's suite bpf as root (by sudo when need be; what needs root then
# says so), with tracefs mounted for them. A test that ends with `N passed, N failed, N skipped` counts as so many, any
# other as one. The last line is the sum.
set -u
cd "$(dirname "$0")/../.."
build=${1:-build}
as_root=
if [ "$(id -u)" != 0 ]; then
	if command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
		as_root="sudo -n"
		echo "sonde: using sudo to load and attach the capture programs"
	else
		echo "sonde: not root, and no sudo without a password: what needs root is skipped"
	fi
fi
mounted=
if [ -n "$as_root" ] || [ "$(id -u)" = 0 ]; then
	tracing=/sys/kernel/tracing
	if [ -d $tracing ] && ! $as_root test -e $tracing/uprobe_events &&
		! $as_root test -e /sys/kernel/debug/tracing/uprobe_events; then
		$as_root mount -t tracefs sonde-tests $tracing 2>/dev/null && mounted=$tracing
	fi
fi
out=$(mktemp)
tests=$(mktemp)
clean_up() {
	rm -f "$out" "$tests"
	[ -z "$mounted" ] || $as_root umount "$mounted"
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM

# a line a test: seconds, name, command; words that a shell can read
meson introspect --tests "$build" | python3 -c '
import json, shlex, sys
for t in json.load(sys.stdin):
    if any(s.split(":")[-1] == "bpf" for s in t["suite"]):
        print(t["timeout"], shlex.quote(t["name"]), " ".join(map(shlex.quote, t["cmd"])))' >"$tests"

passed=0
failed=0
skipped=0
while read -r seconds name command; do
	(cd "$build" && eval "exec timeout -k 10 $seconds $as_root $command") >"$out" 2>&1 </dev/null
	code=$?
	sed 's/^\([0-9]* passed, .*\)/  \1/' "$out"
	count=$(tail -n 1 "$out" | sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed, \([0-9]*\) skipped$/\1 \2 \3/p')
	if [ -z "$count" ]; then
		case $code in
		0) count="1 0 0" ;;
		77) count="0 0 1" ;;
		*)
			count="0 1 0"
			echo "FAIL: bpf $name: exit code $code without a count"
			;;
		esac
	elif [ $code != 0 ] && [ $code != 77 ] && [ "${count#* 0 }" != "$count" ]; then
		count="0 1 0" # says that all went well, and yet ended badly
		echo "FAIL: bpf $name: exit code $code"
	fi
	# shellcheck disable=SC2086
	set -- $count
	passed=$((passed + $1))
	failed=$((failed + $2))
	skipped=$((skipped + $3))
	echo "bpf $name: exit code $code, $1 passed, $2 failed, $3 skipped"
done <"$tests"
[ -s "$tests" ] || failed=1
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
