# SPDX-License-Identifier: BSD-2-Clause
"""What the lanes of random programs share: a cache of programs, the options that say which cases, and a line a case."""
import hashlib
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "live"))

import build  # noqa: E402
import live  # noqa: E402


class Broken(Exception):
    """A program that does not compile or does not come to its end."""


def compiled(cache, files, version, mode):
    """The path of the program made of these files, {path: text}."""
    g = build.go(version)
    key = hashlib.sha256(repr(sorted(files.items())).encode()).hexdigest()[:16]
    top = os.path.join(cache, "%s-go%s-%s" % (key, g.version, mode))
    path = os.path.join(top, "prog")
    if not os.path.exists(path):
        for name, text in files.items():
            os.makedirs(os.path.dirname(os.path.join(top, name)), exist_ok=True)
            with open(os.path.join(top, name), "w", encoding="utf-8") as f:
                f.write(text)
        cmd = [g.go, "build", "-o", path + ".new"] + build.MODES[mode]
        if g.minor >= 18:
            cmd.append("-buildvcs=false")
        p = subprocess.run(cmd, cwd=top, env=dict(g.env, CGO_ENABLED="0"), stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if p.returncode:
            raise Broken(p.stdout)
        os.rename(path + ".new", path)
    os.utime(top)
    return path


def tidy(cache, most):
    """Takes what was not used for longest out of the cache."""
    entries = sorted(os.scandir(cache), key=lambda e: e.stat().st_mtime, reverse=True) if os.path.isdir(cache) else []
    for e in entries[most:]:
        if e.is_dir():
            shutil.rmtree(e.path, ignore_errors=True)
        else:
            os.unlink(e.path)


def add_arguments(parser, modes):
    parser.add_argument("--all-go", action="store_true", help="every version in tests/toolchains/versions")
    parser.add_argument("--go", default="", help="these versions only, with commas")
    parser.add_argument("--mode", default=",".join(modes), help="build modes, with commas: " + " ".join(modes))


def versions(args):
    """The Go versions that were asked for; ends the program where there is no sonde."""
    if not os.path.exists(live.SONDE):
        sys.exit("%s: no sonde at %s: build it, or name it in $SONDE" % (os.path.basename(sys.argv[0]), live.SONDE))
    return args.go.split(",") if args.go else build.versions() if args.all_go else ["own"]


def run(cases):
    """Runs cases, (name, function) each; a function returns what is to be said, or raises live.Failure, live.Skip or
    build.Unavailable. Returns the exit code."""
    passed = failed = skipped = 0
    for name, function in cases:
        try:
            print("ok   %s: %s" % (name, function()))
            passed += 1
        except (live.Skip, build.Unavailable) as e:
            print("skip %s: %s" % (name, e))
            skipped += 1
        except live.Failure as e:
            print("FAIL %s: %s" % (name, e))
            failed += 1
        sys.stdout.flush()
    print("%d passed, %d failed, %d skipped" % (passed, failed, skipped))
    return 1 if failed or not passed + skipped else 0


def judged(table, key, t, found, see, update):
    """Says the tally t of a case; raises live.Failure where more is wrong than the table of known values and counts has for
    its key. update: the table learns what was found, where less."""
    most = table.get(key, [0, 0])
    over = any(n > m for n, m in zip(found, most))
    if update:
        table[key] = [min(a, b) for a, b in zip(found, most)] if key in table else found
    text = "%s (known: %d, %d%s)" % (t, *most, "; --update-known" if found != most and not over else "")
    if over and not update:
        raise live.Failure("%s\n     see: %s" % (text, see))
    return text
