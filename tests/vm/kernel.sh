#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Finds a Debian kernel for the vm lane: decides which package a name like 5.10, 6.12-rt or trixie
# stands for, fetches it through apt with a source list and state of its own (the machine's apt is
# left as it is) and prints the path of its vmlinuz. The mirror is the one that the machine itself
# uses. Exit 77 with one line of reason when the kernel is out of reach.

set -eu

usage()
{
	cat <<'EOF'
usage: kernel.sh [--refresh] SUITE|VERSION[-rt|-cloud]

  SUITE    a Debian suite: its default kernel (bullseye, bookworm, trixie, trixie-backports, sid, ...)
  VERSION  the beginning of a kernel version: the newest package of it in the suites known to have
           it (5.10, 6.1, 6.12, 7.2, 7.2.12, ...); -rt and -cloud name Debian's other flavours

prints the path of vmlinuz in ${SONDE_CACHE:-$HOME/.cache/sonde}/kernels/NAME; the file `release`
beside it holds the kernel's release. A kernel that is there already is not fetched again unless
--refresh is given. Exit codes: 0 ok, 2 usage, 77 out of reach.
EOF
}

refresh=
while [ $# -gt 0 ]; do
	case $1 in
	--refresh) refresh=1 ;;
	-h|--help) usage; exit 0 ;;
	-*) usage >&2; exit 2 ;;
	*) break ;;
	esac
	shift
done
[ $# -eq 1 ] || { usage >&2; exit 2; }
name=$1
case $name in
''|*[!a-z0-9.-]*|.*) usage >&2; exit 2 ;;
esac

unreachable()
{
	echo "kernel.sh: $name: $*" >&2
	exit 77
}

cache=${SONDE_CACHE:-${HOME:?}/.cache/sonde}/kernels
dir=$cache/$name

if [ -z "$refresh" ] && [ -s "$dir/vmlinuz" ] && [ -s "$dir/release" ]; then
	echo "$dir/vmlinuz"
	exit 0
fi

for tool in apt-get apt-cache dpkg-deb flock; do
	command -v $tool >/dev/null || unreachable "$tool is not installed"
done
[ "$(dpkg --print-architecture)" = amd64 ] || unreachable "this machine is not amd64"

# The machine's own sources, one "URI SUITE" a line, of entries with the component main: deb822
# stanzas (fields may go on in indented lines, comments may stand between them) and one-line entries.
sources()
{
	eval "$(apt-config shell list Dir::Etc::sourcelist/f parts Dir::Etc::sourceparts/d)"
	for f in "${list:-}" "${parts:-}"/*.list; do
		[ -f "$f" ] && sed -e 's/#.*//' -e 's/\[[^]]*\]//' "$f" |
			awk '$1 == "deb" { for (i = 4; i <= NF; i++) if ($i == "main") print $2, $3 }'
	done
	for f in "${parts:-}"/*.sources; do
		[ -f "$f" ] && awk '
			function flush(  i, j, u, s, nu, ns) {
				if (v["types"] ~ /(^| )deb( |$)/ && v["components"] ~ /(^| )main( |$)/ &&
				    tolower(v["enabled"]) !~ /^ *(no|false|off|0)/) {
					nu = split(v["uris"], u, " ")
					ns = split(v["suites"], s, " ")
					for (i = 1; i <= nu; i++)
						for (j = 1; j <= ns; j++)
							print u[i], s[j]
				}
				split("", v)
				key = ""
			}
			/^#/ { next }
			/^[ \t\r]*$/ { flush(); next }
			/^[ \t]/ { if (key != "") v[key] = v[key] " " $0; next }
			{
				key = tolower(substr($0, 1, index($0, ":") - 1))
				v[key] = " " substr($0, index($0, ":") + 1)
				gsub(/[ \t\r]+/, " ", v[key])
			}
			END { flush() }' "$f"
	done
	return 0
}

codenames='buster|bullseye|bookworm|trixie|forky|duke|sid|oldoldstable|oldstable|stable|testing|unstable'
archive=$(sources | awk -v re="^($codenames)(-updates|-backports)?\$" '$2 ~ re { print $1; exit }')
security=$(sources | awk -v re="^($codenames)(-security|/updates)\$" '$2 ~ re { print $1; exit }')
[ -n "$archive" ] || unreachable "this machine's apt has no Debian archive"

flavour=
version=${name%-rt}
[ "$version" = "$name" ] || flavour=rt-
if [ -z "$flavour" ]; then
	version=${name%-cloud}
	[ "$version" = "$name" ] || flavour=cloud-
fi

# Which suites to look into. Debian publishes no list "kernel version -> suite", so this is the one
# place that knows it; a version that is not here is looked for in all of them.
case $version in
5.10*) suites='bullseye bullseye-security' ;;
6.1|6.1.*) suites='bookworm bookworm-security' ;;
6.12*) suites='trixie trixie-security bookworm-backports' ;;
[0-9]*) suites='sid forky trixie-backports bookworm-backports trixie bookworm' ;;
*-backports|*-security|sid|unstable) suites=$version ;;
*) suites="$version $version-security" ;;
esac

mkdir -p "$cache" || unreachable "cannot make $cache"
exec 9>"$cache/.$name.lock"
flock 9
if [ -z "$refresh" ] && [ -s "$dir/vmlinuz" ] && [ -s "$dir/release" ]; then
	echo "$dir/vmlinuz"
	exit 0
fi
work=$(mktemp -d "$cache/.$name.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP
mkdir -p "$work/state/lists/partial" "$work/cache/archives/partial" "$work/root"

keyring=/usr/share/keyrings/debian-archive-keyring.gpg
options="arch=amd64"
[ ! -r $keyring ] || options="$options signed-by=$keyring"
for suite in $suites; do
	case $suite in
	*-security) uri=$security ;;
	*) uri=$archive ;;
	esac
	[ -z "$uri" ] || echo "deb [$options] $uri $suite main"
done >"$work/sources.list"

# Read after the machine's apt configuration, whose proxies must stay in force and whose hooks
# and further index files must not. Old suites are past their Valid-Until.
cat >"$work/apt.conf" <<EOF
Dir::Etc::sourcelist "$work/sources.list";
Dir::Etc::sourceparts "-";
Dir::State "$work/state";
Dir::State::status "/dev/null";
Dir::Cache "$work/cache";
APT::Sandbox::User "root";
APT::Get::List-Cleanup "false";
Acquire::Languages "none";
Acquire::Check-Valid-Until "false";
Acquire::Retries "2";
Acquire::http::Timeout "30";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear Acquire::IndexTargets::deb::DEP-11;
#clear Acquire::IndexTargets::deb::DEP-11-icons;
#clear Acquire::IndexTargets::deb::DEP-11-icons-small;
#clear Acquire::IndexTargets::deb::DEP-11-icons-large;
EOF

# A suite that cannot be had is no failure as long as another one has the package.
apt-get -c "$work/apt.conf" -qq update >"$work/log" 2>&1 || true

case $version in
[0-9]*)
	# linux-image-6.12.107+deb13-amd64, linux-image-5.10.0-46-rt-amd64; never -unsigned, never -dbg
	re=$(echo "$version" | sed 's/[.]/[.]/g')
	packages=$(apt-cache -c "$work/apt.conf" pkgnames "linux-image-$version" |
		grep -E "^linux-image-$re([.+-][0-9a-z.+~-]*)?-${flavour}amd64\$" |
		if [ -n "$flavour" ]; then cat; else grep -Ev -- '-(rt|cloud)-amd64$'; fi |
		grep -Ev '^linux-image-[0-9]+[.][0-9]+-[a-z]' | # those of three parts; two: a meta-package
		sort -rV | head -n 4) || packages=
	;;
*)
	packages=$(apt-cache -c "$work/apt.conf" show --no-all-versions "linux-image-${flavour}amd64" 2>/dev/null |
		sed -n 's/^Depends:.* \(linux-image-[0-9][^ ,]*\).*/\1/p' | head -n 1)
	;;
esac
if [ -z "$packages" ]; then
	why=$(grep -m 1 '^[EW]:' "$work/log" || true)
	unreachable "no kernel package in $suites${why:+ ($why)}"
fi

# Since 7.x the image is in a package of its own (linux-binary) and its configuration in another
# (linux-base); before, both are in linux-image itself.
parts_of()
{
	echo "$1"
	for part in linux-binary linux-base; do
		apt-cache -c "$work/apt.conf" show --no-all-versions "$1" |
			sed -n "s/^Depends:.* \($part-[0-9][^ ,]*\).*/\1/p" | head -n 1
	done
}

# A mirror may list packages whose files it no longer has: then the next newest.
package=
for p in $packages; do
	rm -f "$work"/*.deb
	# shellcheck disable=SC2046 # a list of words
	if (cd "$work" && apt-get -c "$work/apt.conf" -qq download $(parts_of "$p")) >>"$work/log" 2>&1; then
		package=$p
		break
	fi
done
[ -n "$package" ] || unreachable "cannot download $(echo "$packages" | tr '\n' ' ')\
($(grep -m 1 '^E:' "$work/log" || echo 'apt says no reason'))"
for deb in "$work"/*.deb; do
	dpkg-deb --fsys-tarfile "$deb" >"$work/data.tar" || unreachable "$(basename "$deb") is damaged"
	# tar complains about the pattern that is in another package
	tar -xf "$work/data.tar" -C "$work/root" --wildcards './boot/vmlinuz-*' './boot/config-*' \
		'./usr/lib/modules/*/vmlinuz' './usr/lib/modules/*/config' 2>>"$work/log" || true
	rm -f "$deb" "$work/data.tar"
done
image=$(find "$work/root" -name 'vmlinuz*' -type f -size +1M | head -n 1)
[ -n "$image" ] || unreachable "$package: no kernel image in there"
config=$(find "$work/root" -name 'config*' -type f | head -n 1)

mkdir "$work/new"
echo "${package#linux-image-}" >"$work/new/release"
echo "$package" >"$work/new/package"
mv "$image" "$work/new/vmlinuz"
[ -z "$config" ] || mv "$config" "$work/new/config"
rm -rf "$dir"
mv "$work/new" "$dir"
echo "$dir/vmlinuz"
