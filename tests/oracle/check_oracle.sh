#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# check_oracle.sh CHECKDUMP: random expressions and those of tests/unit/test_check.txt, typed by sonde and by go/types.
# Exit status: 0 all agree, 1 some do not, 77 this Go cannot answer.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
dump=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export GOTOOLCHAIN=local GOFLAGS=-mod=mod GO111MODULE=on
(cd "$here/check" && go build -o "$work/oracle" .) || exit 77
sed -n 's/^go[>?] //p' "$here/../unit/test_check.txt" >"$work/cases"
"$dump" 5000 <"$work/cases" >"$work/sonde"
"$work/oracle" "$here/check/differences.txt" <"$work/sonde"
