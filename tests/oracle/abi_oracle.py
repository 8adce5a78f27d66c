#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Compares sonde's Go ABI rules with Go's own, as the reflect package of each Go version holds them.

usage: abi_oracle.py TEST_ABI [GO...]      random signatures through `TEST_ABI --oracle`; GO: go programs, default: go
       abi_oracle.py --emit [GO]           the lines of tests/unit/abi_go.inc
Exit status: 0 all agree, 1 some do not, 77 no Go that can answer (1.17 or later).
"""
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "abi")
ENV = dict(os.environ, GOTOOLCHAIN="local", GOFLAGS="-mod=mod", GO111MODULE="on")


def build(go, to):
    """The oracle program built with this go, or None with the reason on stderr."""
    for flags in ([], ["-ldflags=-checklinkname=0"]):
        out = os.path.join(to, "oracle")
        r = subprocess.run([go, "build", *flags, "-o", out, "."], cwd=HERE, env=ENV,
                           capture_output=True, text=True)
        if r.returncode == 0:
            return out
    print(f"{go}: {r.stderr.strip()}", file=sys.stderr)
    return None


def main(argv):
    emit = argv[:1] == ["--emit"]
    if not argv:
        sys.exit(__doc__)
    gos = argv[1:] or ["go"]
    ran = 0
    for go in gos:
        if not shutil.which(go):
            print(f"{go}: not there", file=sys.stderr)
            continue
        version = subprocess.run([go, "version"], capture_output=True, text=True,
                                 env=ENV).stdout.split()[2]
        if version.startswith(("go1.15", "go1.16")):
            print(f"{go}: {version} has no register ABI, passed over", file=sys.stderr)
            continue
        with tempfile.TemporaryDirectory() as tmp:
            program = build(go, tmp)
            if not program:
                return 1
            if emit:
                lines = subprocess.run([program, "150", "7"], capture_output=True, text=True,
                                       check=True).stdout.splitlines()
                print("/* made by tests/oracle/abi_oracle.py --emit */")
                for line in lines:
                    print(f'"{line}",')
                return 0
            for seed in range(1, 6):
                feed = subprocess.Popen([program, "4000", str(seed)], stdout=subprocess.PIPE)
                r = subprocess.run([argv[0], "--oracle"], stdin=feed.stdout)
                feed.stdout.close()
                if feed.wait() or r.returncode:
                    return 1
            print(f"{version}: 20000 signatures agree")
            ran += 1
    return 0 if ran else 77


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
