#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Fuzzes: run.sh [SECONDS [TARGET...]] builds with clang, libFuzzer, ASan and UBSan into build-fuzz and runs each target
# for so long (60), from the committed corpus; what it finds stays in build-fuzz (corpus-NAME, crash-NAME-*).
set -eu
cd "$(dirname "$0")/../.."
seconds=${1:-60}
[ $# -gt 0 ] && shift
[ $# -gt 0 ] || set -- $(ls tests/fuzz/corpus)

if ! command -v clang >/dev/null 2>&1; then
	echo "fuzz: no clang"
	echo "0 passed, 0 failed, $# skipped"
	exit 0
fi
[ -f build-fuzz/build.ninja ] || CC=clang meson setup build-fuzz -Dfuzz=true -Db_sanitize=address,undefined \
	-Db_lundef=false >/dev/null
# shellcheck disable=SC2046
ninja -C build-fuzz --quiet $(for name; do echo "tests/fuzz/fuzz_$name"; done)
export ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
passed=0
failed=0
for name; do
	mkdir -p "build-fuzz/corpus-$name"
	log=build-fuzz/log-$name
	if "build-fuzz/tests/fuzz/fuzz_$name" -max_total_time="$seconds" -timeout=20 -print_final_stats=1 \
		-artifact_prefix="build-fuzz/crash-$name-" "build-fuzz/corpus-$name" "tests/fuzz/corpus/$name" >"$log" 2>&1; then
		passed=$((passed + 1))
		echo "ok   $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") runs"
	else
		failed=$((failed + 1))
		echo "FAIL $name: $log"
		grep -vE '^#[0-9]+' "$log" | tail -n 40
	fi
done
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
