# SPDX-License-Identifier: BSD-2-Clause
"""What go_tables.py and go_types.py share: the program that prints what sonde reads of a Go binary, toolchains, counts."""
import collections
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(HERE)
# the live tests' own: all compile the same standard library
GOCACHE = os.path.join(os.environ.get("SONDE_CACHE", os.path.expanduser("~/.cache/sonde")), "live", "go-build")
counts = collections.Counter()


def result(ok, what, detail=""):
    counts["passed" if ok else "failed"] += 1
    if not ok:
        print(f"FAIL {what}: {detail}")


def skip(what, why):
    counts["skipped"] += 1
    print(f"SKIP {what}: {why}")


def run(*args, **kw):
    return subprocess.run(args, capture_output=True, text=True, errors="replace", **kw)


def go_build(goroot, binary, src, cgo, flags, **env):
    return run(os.path.join(goroot, "bin", "go"), "build", "-o", binary, *flags, ".", cwd=src,
               env=dict(os.environ, GOROOT=goroot, GOENV="off", GOFLAGS="", GOTOOLCHAIN="local", GO111MODULE="on",
                        GOWORK="off", GOPROXY="off", GOCACHE=GOCACHE, CGO_ENABLED=str(cgo), **env))


def build_dump(folder, work):
    """The program of tests/FOLDER/dump.c and the rooms that it shows, with sanitizers."""
    out = os.path.join(work, "dump")
    sources = []
    for room in ("base", "types", "elf", "lang/go"):
        path = os.path.join(TOP, room)
        sources += [os.path.join(path, f) for f in os.listdir(path) if f.endswith(".c")]
    done = run(os.environ.get("CC", "cc"), "-std=gnu11", "-D_GNU_SOURCE", "-O1", "-g", "-fno-strict-aliasing",
               "-fsanitize=address,undefined", "-fno-sanitize-recover", "-I", TOP, "-o", out,
               os.path.join(HERE, folder, "dump.c"), *sources, "-ldeflate", "-lpthread")
    if done.returncode:
        sys.exit(f"cannot build dump.c:\n{done.stderr}")
    return out


def over_toolchains(versions, keep, prepare, do_version):
    """prepare(work) gives what do_version(version, goroot, it, work) wants, or None: all is skipped. The exit code."""
    versions = versions or open(os.path.join(HERE, "toolchains", "versions"), encoding="utf-8").read().split()
    work = keep or tempfile.mkdtemp(prefix="sonde-go-dump-")
    os.makedirs(work, exist_ok=True)
    try:
        prepared = prepare(work)
        for version in versions if prepared else ():
            found = run("sh", os.path.join(HERE, "toolchains", "go.sh"), version)
            if found.returncode:
                skip(version, found.stderr.strip())
            else:
                do_version(version, found.stdout.strip(), prepared, work)
    finally:
        if not keep:
            shutil.rmtree(work, ignore_errors=True)
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    if counts["failed"]:
        return 1
    return 0 if counts["passed"] else 77
