#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Installs with apt what is missing to build and test sonde on Debian, naming each package. Does nothing when all is there.
set -eu

packages="gcc libc6-dev meson ninja-build pkg-config clang llvm bpftool libbpf-dev libelf-dev libdw-dev libdeflate-dev
libzydis-dev libcmocka-dev python3 scdoc"
command -v go >/dev/null 2>&1 || packages="$packages golang-go"
[ -n "${SONDE_EXTRA_PACKAGES:-}" ] && packages="$packages $SONDE_EXTRA_PACKAGES"

missing=
for p in $packages; do
	case "$p" in
	# a compiler or tool that is there already, from wherever, will do
	gcc) command -v cc >/dev/null 2>&1 && continue ;;
	clang) command -v clang >/dev/null 2>&1 && continue ;;
	esac
	dpkg-query -W -f '${Status}\n' "$p" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $p"
done
[ -z "$missing" ] && exit 0

if ! command -v apt-get >/dev/null 2>&1; then
	echo "sonde: this is no Debian; install these yourself:$missing" >&2
	exit 1
fi
sudo=
if [ "$(id -u)" != 0 ]; then
	sudo=sudo
	echo "sonde: using sudo to install packages" >&2
fi
for p in $missing; do
	echo "sonde: installing $p" >&2
done
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -q >/dev/null
# shellcheck disable=SC2086
$sudo apt-get install -y -q --no-install-recommends $missing >/tmp/sonde-setup.$$.log 2>&1 || {
	cat /tmp/sonde-setup.$$.log >&2
	rm -f /tmp/sonde-setup.$$.log
	exit 1
}
rm -f /tmp/sonde-setup.$$.log
