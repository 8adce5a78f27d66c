#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# gosource_oracle.sh GOSOURCEDUMP [ROOT...]: what sonde reads of Go source and what go/ast and go/types say of it, over
# all files below the roots (the machine's own Go's source; ~/.cache/sonde/go has those of other versions).
# Exit status: 0 all is equal, 1 some is not, 77 this Go cannot answer.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export GOTOOLCHAIN=local GO111MODULE=on
(cd "$here/gosource" && go build -o "$work/oracle" .) || exit 77
[ $# -gt 1 ] || set -- "$1" "$(go env GOROOT)/src"
"$work/oracle" "$@"
