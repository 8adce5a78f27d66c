#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The oracle lane: run.sh [BUILD] compares what sonde says with what others say of the same. The calling convention with
# Go's reflect package, what Go source declares and assigns with go/ast, struct layouts with gdb, instruction lengths
# with objdump and Capstone; on sonde itself and on programs of the machine's own Go. The last line is `N passed,
# N failed, N skipped`.
set -u
cd "$(dirname "$0")/../.."
build=${1:-build}
passed=0
failed=0
skipped=0

ok() {
	passed=$((passed + 1))
	echo "ok   $*"
}
bad() {
	failed=$((failed + 1))
	echo "FAIL $*"
}
skip() {
	skipped=$((skipped + 1))
	echo "skip $*"
}
# one comparison: its name, then the command; exit code 77 is a skip
compare() {
	what=$1
	shift
	"$@" 2>&1
	case $? in
	0) ok "$what" ;;
	77) skip "$what" ;;
	*) bad "$what" ;;
	esac
}
have() { command -v "$1" >/dev/null 2>&1; }

ninja -C "$build" --quiet tests/oracle/dwarfdump tests/oracle/insn_oracle tests/oracle/checkdump tests/oracle/gosourcedump tests/test_abi cli/sonde || {
	echo "0 passed, 1 failed, 0 skipped"
	exit 1
}
programs=$build/cli/sonde
if have go; then
	compare "abi: Go's reflect" python3 tests/oracle/abi_oracle.py "$build/tests/test_abi"
	compare "expressions: go/types" sh tests/oracle/check_oracle.sh "$build/tests/oracle/checkdump"
	compare "Go source: go/ast and go/types" sh tests/oracle/gosource_oracle.sh "$build/tests/oracle/gosourcedump"
	for mode in default noopt; do
		for theme in structs generics; do
			if path=$(python3 tests/live/build.py $theme own $mode); then
				programs="$programs $path"
			else
				bad "build $theme $mode"
			fi
		done
	done
else
	skip "abi: Go's reflect: no go"
	skip "expressions: go/types: no go"
	skip "Go source: go/ast and go/types: no go"
	skip "Go programs: no go"
fi
for program in $programs; do
	name=$(basename "$program")
	if have gdb; then
		compare "types: gdb, $name" python3 tests/oracle/types_gdb.py "$build/tests/oracle/dwarfdump" "$program"
	else
		skip "types: gdb, $name: no gdb (package gdb)"
	fi
	if have objdump; then
		compare "instructions: objdump, $name" \
			python3 tests/oracle/insn/insn_oracle.py "$build/tests/oracle/insn_oracle" "$program"
	else
		skip "instructions: objdump, $name: no objdump (package binutils)"
	fi
	compare "instructions: Capstone (package libcapstone-dev), $name" \
		"$build/tests/oracle/insn_oracle" lengths "$program"
done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ] && [ $passed != 0 ]
