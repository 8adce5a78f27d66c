#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# make bench: builds the target, the null attacher and, once, two large programs (gopls, helm), and runs bench.py.
#   run.sh [--goroot DIR]... [--rounds N] [FIGURE...]    (FIGURE: self-check ints string record floats chain condition return million
#   bpftrace perf start busy). Builds as you; measures as root, through sudo when you are not.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
sonde=${SONDE:-$here/../../build/sonde}
cache=${SONDE_CACHE:-$HOME/.cache/sonde}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

fail() {
	printf 'bench: %s\n' "$*" >&2
	exit 1
}
for tool in go objdump python3 "${CC:-cc}"; do
	command -v "$tool" >/dev/null 2>&1 || fail "needs $tool, but it is not installed"
done

goroots=$(go env GOROOT)
while [ "${1:-}" = --goroot ]; do
	[ -n "${2:-}" ] || fail "--goroot wants a directory"
	goroots="$goroots
$2"
	shift 2
done
rounds=3
if [ "${1:-}" = --rounds ]; then
	rounds=${2:?--rounds wants a number}
	shift 2
fi

"${CC:-cc}" -std=gnu11 -D_GNU_SOURCE -O2 -Wall -o "$work/null" "$here/null.c"
n=0
gos=$work/gos
while IFS= read -r goroot; do
	(cd "$here/target" && GOROOT=$goroot GOENV=off GOFLAGS='' GO111MODULE=on GOTOOLCHAIN=local \
		"$goroot/bin/go" build -o "$work/target-$n" .) || fail "$goroot cannot build the target"
	GOROOT=$goroot GOENV=off GOTOOLCHAIN=local "$goroot/bin/go" version | awk '{ print $3 }' >>"$gos"
	n=$((n + 1))
done <<END
$goroots
END

(cd "$here/busy_server" && GOENV=off GOFLAGS='' GO111MODULE=on GOTOOLCHAIN=local go build -o "$work/busy" .) ||
	fail "the busy server does not build"

# large NAME MODULE: in the cache, with the machine's Go or, if that is too old for it, the newest that go.sh knows.
large() {
	[ -x "$cache/bin/$1" ] && return 0
	printf 'bench: building %s (once, some minutes)\n' "$1" >&2
	mkdir -p "$cache/bin"
	for goroot in "$(go env GOROOT)" "$(tail -n 1 "$here/../toolchains/versions")"; do
		case $goroot in
		/*) ;;
		*) goroot=$("$here/../toolchains/go.sh" "$goroot" 2>"$work/why") || continue ;;
		esac
		if GOROOT=$goroot GOENV=off GOFLAGS=-buildvcs=false GO111MODULE=on GOTOOLCHAIN=local GOBIN=$cache/bin \
			timeout 900 "$goroot/bin/go" install "$2" 2>"$work/why" </dev/null; then
			return 0
		fi
	done
	printf '%s=%s\n' "$1" "$(tail -n 1 "$work/why" | cut -c 1-200)" >>"$work/missing"
}
want_start=$#
for figure in "$@"; do
	[ "$figure" != start ] || want_start=0
done
if [ "$want_start" = 0 ]; then
	large gopls golang.org/x/tools/gopls@latest
	large helm helm.sh/helm/v3/cmd/helm@latest
fi

sudo=
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null 2>&1 || fail "nothing can be measured: not root, and there is no sudo"
	echo "bench: using sudo to trace" >&2
	sudo="sudo SONDE_CACHE=$cache"
fi
set -- --work "$work" --sonde "$sonde" --rounds "$rounds" -- "$@"
if [ -f "$work/missing" ]; then
	while IFS= read -r line; do
		set -- --missing "$line" "$@"
	done <"$work/missing"
fi
while IFS= read -r go; do
	set -- --go "$go" "$@"
done <<END
$(sed '1!G;h;$!d' "$gos")
END
$sudo python3 -B "$here/bench.py" "$@"
