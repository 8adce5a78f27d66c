#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Configures (once) and builds into the folder given. Arguments after it go to meson setup.
set -eu
cd "$(dirname "$0")/.."
build=${1:-build}
[ $# -gt 0 ] && shift
[ -f "$build/build.ninja" ] || meson setup "$build" "$@" >/tmp/sonde-meson.$$.log 2>&1 || {
	cat /tmp/sonde-meson.$$.log >&2
	rm -f /tmp/sonde-meson.$$.log
	exit 1
}
rm -f /tmp/sonde-meson.$$.log
ninja -C "$build" --quiet
[ -e "$build/cli/sonde" ] && ln -sf cli/sonde "$build/sonde"
