#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# go.sh VERSION: prints the GOROOT of that Go toolchain (1.15.15, say), which it fetches through the Go module
# proxy the first time and keeps in ${SONDE_CACHE:-~/.cache/sonde}/go/VERSION. Any `go` on PATH since 1.14 can
# fetch any other: a toolchain is the module golang.org/toolchain, whose sum the checksum database verifies as
# for every module. Use the result with GOROOT set to it, GOENV=off, GOFLAGS= and GOTOOLCHAIN=local.
# Exit codes: 0, 2 usage, 77 with one line on stderr when the toolchain is out of reach.
set -eu

unreachable() {
	printf 'go.sh: go %s: %s\n' "$version" "$*" >&2
	exit 77
}

if [ $# -ne 1 ]; then
	echo "usage: go.sh VERSION (such as 1.15.15)" >&2
	exit 2
fi
version=$1
case $version in
*[!0-9a-z.]* | '' | .*)
	printf '%s\n' "go.sh: '$version' is not a Go version (such as 1.15.15)" >&2
	exit 2
	;;
esac

cache=${SONDE_CACHE:-$HOME/.cache/sonde}/go
goroot=$cache/$version
if [ -x "$goroot/bin/go" ]; then
	echo "$goroot"
	exit 0
fi

command -v go >/dev/null 2>&1 || unreachable "no go on PATH to fetch it with"
case $(uname -sm) in
"Linux x86_64") platform=linux-amd64 ;;
*) unreachable "no toolchain known for $(uname -sm)" ;;
esac
mkdir -p "$cache" || unreachable "cannot create $cache"

# One fetch at a time, and whoever waited takes what the other one fetched.
exec 9>"$cache/.lock"
if command -v flock >/dev/null 2>&1; then
	flock 9
	if [ -x "$goroot/bin/go" ]; then
		echo "$goroot"
		exit 0
	fi
fi

work=$(mktemp -d "$cache/.fetch.XXXXXX")
trap 'chmod -R u+w "$work" 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# In a directory of its own: outside any module, and with a module cache that can be thrown away.
if ! (cd "$work" && GO111MODULE=on GOENV=off GOTOOLCHAIN=local GOFLAGS=-modcacherw GOWORK=off \
	GOMODCACHE="$work/mod" GOPATH="$work/path" \
	go mod download -json "golang.org/toolchain@v0.0.1-go$version.$platform") \
	>"$work/out" 2>"$work/err" </dev/null; then
	reason=$(sed -n 's/^[[:space:]]*"Error": "\(.*\)",\{0,1\}$/\1/p' "$work/out" | sed 's/\\n.*//' | head -n 1)
	[ -n "$reason" ] || reason=$(tail -n 1 "$work/err")
	unreachable "${reason:-go mod download failed without a word}"
fi
dir=$(sed -n 's/^[[:space:]]*"Dir": "\(.*\)",\{0,1\}$/\1/p' "$work/out" | head -n 1)
[ -n "$dir" ] && [ -f "$dir/bin/go" ] || unreachable "what was fetched has no bin/go"

# Modules carry no execute bits, and no go.mod files below the root: they are in there as _go.mod.
chmod -R u+w "$dir"
chmod +x "$dir"/bin/* "$dir"/pkg/tool/*/*
find "$dir" -name _go.mod | while read -r file; do
	mv "$file" "${file%_go.mod}go.mod"
done
rm -rf "$dir/test" "$dir/api" "$dir/doc"
GOROOT=$dir GOENV=off GOFLAGS='' GOTOOLCHAIN=local "$dir/bin/go" version >"$work/version" 2>&1 ||
	unreachable "fetched, but it does not run: $(head -n 1 "$work/version")"
grep -q "go$version " "$work/version" || unreachable "fetched, but it says: $(head -n 1 "$work/version")"
mv "$dir" "$goroot"
echo "$goroot"
