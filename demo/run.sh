#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The demo: builds a Go web server, starts it, and shows its calls while it runs, without touching it: which arguments
# computeE got, what strconv.ParseInt was passed and returned, and what becomes of the probed instruction in the
# server's memory. Ends by itself, leaves nothing running; exit code 0 only if all that it promises was seen.
# Wants: sonde (build/sonde, or $SONDE), go, python3.
set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
sonde=${SONDE:-$top/build/sonde}
work=$(mktemp -d)
server= tracer= sudo=

step() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] && [ -z "${NO_COLOR:-}" ] || step() { printf '\n== %s\n' "$*"; }
fail() {
	printf 'demo: FAILED: %s\n' "$*" >&2
	exit 1
}
finish() {
	status=$?
	trap - EXIT
	[ -z "$tracer" ] || $sudo kill "$tracer" 2>/dev/null || :
	[ -z "$server" ] || kill "$server" 2>/dev/null || :
	wait 2>/dev/null || :
	rm -rf "$work"
	exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# until_true SECONDS COMMAND...: as often as it takes, and no longer than that.
until_true() {
	left=$(($1 * 20))
	shift
	until "$@"; do
		[ "$left" -gt 0 ] || return 1
		left=$((left - 1))
		sleep 0.05
	done
}

# The 8 bytes at an address of the server's memory, in hex.
memory() {
	$sudo python3 -c '
import sys
with open("/proc/%s/mem" % sys.argv[1], "rb") as mem:
    mem.seek(int(sys.argv[2], 16))
    print(" ".join("%02x" % b for b in mem.read(8)))' "$server" "$site"
}

# get QUERY, ask METHOD QUERY: the answer in one line, status first.
get() { ask GET "$1"; }
ask() {
	answer=$(python3 -c '
import sys, urllib.error, urllib.request
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
request = urllib.request.Request(sys.argv[2], method=sys.argv[1])
try:
    with opener.open(request, timeout=20) as answer:
        print(answer.status, answer.read().decode().strip())
except urllib.error.HTTPError as answer:
    print(answer.code, answer.read().decode().strip())' "$1" "$url/e$2") || fail "$1 /e$2: no answer"
	printf '%-4s /e%-14s %s\n' "$1" "$2" "$answer"
}
answered() { [ "$answer" = "$1" ] || fail "the server answered '$answer', not '$1'"; }

# start_sonde COMMAND PROBE...: in the background, on the server; returns when its probes are in place.
start_sonde() {
	command=$1
	shift
	# The shell that becomes sonde leaves its process id: with sudo, it is not the one that we started.
	# shellcheck disable=SC2016
	$sudo sh -c 'echo $$ >"$0"; exec "$@"' "$work/tracer.pid" "$sonde" "$command" -p "$server" "$@" \
		>"$work/$command.out" 2>"$work/$command.err" </dev/null &
	job=$!
	until_true 30 sh -c "grep -q 'sonde: .*tracing' '$work/$command.err' || ! kill -0 $server 2>/dev/null ||
		{ [ -s '$work/tracer.pid' ] && ! [ -d /proc/\$(cat '$work/tracer.pid') ]; }" ||
		fail "sonde does not begin: $(cat "$work/$command.err")"
	tracer=$(cat "$work/tracer.pid")
	grep -q 'sonde: .*tracing' "$work/$command.err" || fail "sonde ended early: $(cat "$work/$command.err")"
}
# stop_sonde COMMAND: ends it, and wants it to have ended well.
stop_sonde() {
	sleep 0.3
	$sudo kill -TERM "$tracer"
	status=0
	wait "$job" || status=$?
	tracer=
	[ "$status" -eq 0 ] || fail "sonde $1: exit code $status: $(cat "$work/$1.err")"
}

[ -x "$sonde" ] || fail "no $sonde: run make first"
command -v go >/dev/null || fail "no go on PATH: apt-get install golang-go"
command -v python3 >/dev/null || fail "no python3 on PATH: apt-get install python3"
if [ "$(id -u)" -ne 0 ]; then
	sudo=sudo
	command -v sudo >/dev/null || fail "tracing needs root, and there is no sudo: run this as root"
	echo "demo: tracing needs root: sudo for sonde and for reading the server's memory, nothing else"
	sudo -v || fail "sudo refused"
fi

step "An ordinary Go web server, built with $(go version | cut -d ' ' -f 3)"
novcs=
if go help build | grep -q buildvcs; then
	novcs=-buildvcs=false
fi
(cd "$top/demo/server" && GOFLAGS='' GO111MODULE=on GOWORK=off CGO_ENABLED=0 go build $novcs -o "$work/app" .) ||
	fail "the server does not build"
"$work/app" -addr 127.0.0.1:0 >"$work/server.out" 2>"$work/server.err" </dev/null &
server=$!
until_true 20 grep -q '^listening on ' "$work/server.out" || fail "the server does not start: $(cat "$work/server.err")"
url=$(sed -n 's/^listening on //p' "$work/server.out")
echo "app, process $server, on $url"
get '?iters=100'
answered '200 e = 2.7183'

step "Where its functions are (sonde explain app main.computeE)"
"$sonde" explain "$work/app" main.computeE || fail "sonde explain: exit code $?"
site=$("$sonde" explain "$work/app" main.computeE --format json | python3 -c '
import json, sys
for line in sys.stdin:
    sites = json.loads(line).get("sites")
    if sites:
        print(sites[0]["addr"])
        break') || fail "sonde explain --format json: not understood"
[ -n "$site" ] || fail "sonde explain found no site for main.computeE"
before=$(memory) || fail "the server's memory cannot be read"

step "Tracing it, while it runs (sonde trace -p $server main.computeE strconv.ParseInt)"
start_sonde trace main.computeE strconv.ParseInt
during=$(memory)
get '?iters=100'
answered '200 e = 2.7183'
get '?iters=10'
answered '200 e = 2.7183'
get ''
answered '200 e = 2.7183'
get '?iters=many'
answered '400 iters is not a number'
ask POST '?iters=5'
answered '405 only GET'
stop_sonde trace
after=$(memory)
kill -0 "$server" 2>/dev/null || fail "the server died"

step "What sonde saw"
cat "$work/trace.out"
cat "$work/trace.err"

# computeE adds 1/i! for i from 2 on: when the test of its loop sees i = 10, fact is 9! and res the sum up to 1/9!.
line=$(grep -n 'for i := ' "$top/demo/server/main.go" | cut -d : -f 1)
logpoint="main.go:$line \"i is {i}: fact = {fact}, res = {res}\" if i == 10"
step "A log line of one's own, in the inlined loop of computeE (sonde log -p $server '$logpoint')"
start_sonde log "$logpoint"
get '?iters=100'
answered '200 e = 2.7183'
stop_sonde log
cat "$work/log.out"
cat "$work/log.err"

step "The probed instruction in the server's memory, at $site"
echo "before  $before"
echo "during  $during"
echo "after   $after"

# Now the checks: each line that this demo is about.
expect() {
	grep -qF -- "$1" "$work/trace.out" || fail "this call was not shown: $1"
}
expect 'main.computeE(iterations=100)'
expect 'main.computeE(iterations=10)'
[ "$(grep -cF 'main.computeE(iterations=' "$work/trace.out")" -eq 3 ] || fail "not 3 calls of main.computeE"
expect 'strconv.ParseInt(s="100", base=10, bitSize=64) = (100, nil)'
expect 'strconv.ParseInt(s="10", base=10, bitSize=64) = (10, nil)'
expect 'strconv.ParseInt(s="many", base=10, bitSize=64) = (0, '
[ "$(wc -l <"$work/log.out")" -eq 1 ] || fail "the logpoint printed not one line"
grep -qF "i is 10: fact = 362880, res = 2.71828152557319" "$work/log.out" || fail "the logpoint printed something else"
[ "${during%% *}" = cc ] || fail "no int3 (cc) in memory while tracing: $during"
[ "${before%% *}" != cc ] || fail "an int3 (cc) in memory before tracing: $before"
[ "$before" = "$after" ] || fail "the server's memory is not what it was: $after, not $before"
get '?iters=100'
answered '200 e = 2.7183'
kill "$server"
wait "$server" 2>/dev/null || :
server=
step "All of it was seen; the server ran through it undisturbed"
