#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Installs with apt what is missing to build and test sonde on Debian, naming each package. Does nothing when all is there.
set -eu

packages="gcc libc6-dev meson ninja-build pkg-config clang llvm bpftool libbpf-dev libelf-dev libdw-dev libdeflate-dev
libzydis-dev libcmocka-dev python3 scdoc"
command -v go >/dev/null 2>&1 || packages="$packages golang-go"
extra="python3-jsonschema ${SONDE_EXTRA_PACKAGES:-}" # without these some tests are skipped

installed() {
	dpkg-query -W -f '${Status}\n' "$1" 2>/dev/null | grep -q 'install ok installed'
}
missing=
for p in $packages; do
	case "$p" in
	# a compiler or tool that is there already, from wherever, will do
	gcc) command -v cc >/dev/null 2>&1 && continue ;;
	clang) command -v clang >/dev/null 2>&1 && continue ;;
	esac
	installed "$p" || missing="$missing $p"
done
wanted=
for p in $extra; do
	case "$p" in
	python3-jsonschema) python3 -c 'import jsonschema' 2>/dev/null && continue ;;
	esac
	installed "$p" || wanted="$wanted $p"
done
[ -z "$missing$wanted" ] && exit 0

if ! command -v apt-get >/dev/null 2>&1; then
	[ -z "$missing" ] && exit 0
	echo "sonde: this is no Debian; install these yourself:$missing" >&2
	exit 1
fi
sudo=
if [ "$(id -u)" != 0 ]; then
	sudo=sudo
	echo "sonde: using sudo to install packages" >&2
fi
for p in $missing $wanted; do
	echo "sonde: installing $p" >&2
done
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
install() {
	# shellcheck disable=SC2086
	$sudo apt-get install -y -q --no-install-recommends "$@" >"$log" 2>&1
}
$sudo apt-get update -q >"$log" 2>&1 || [ -z "$missing" ] || cat "$log" >&2
# shellcheck disable=SC2086
if [ -n "$missing" ] && ! install $missing; then
	cat "$log" >&2
	exit 1
fi
for p in $wanted; do
	install "$p" || echo "sonde: cannot install $p: the tests that need it are skipped" >&2
done
