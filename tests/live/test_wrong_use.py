# SPDX-License-Identifier: BSD-2-Clause
"""Wrong use: one clear line, the next command to type, the right exit code, nothing left behind."""
import os
import random
import re
import subprocess
import tempfile
import time

import build
import live
from live import Case, FAILED, NOT_HERE, NOTHING_MATCHED, USAGE, Target, check, happens

MISSING_PID = 4194303  # the largest that a kernel gives: none of ours


def refused(args, expected, mentions=(), seconds=30):
    """The command fails as it should: exit code, and a message a person can use."""
    status, out, err = live.sonde(*args, seconds=seconds)
    what = "sonde %s" % " ".join(str(a) for a in args)
    check(status in expected, lambda: "%s: exit status %d, not %s: %r" %
          (what, status, " or ".join(map(str, expected)), err[-500:]))
    lines = err.strip().splitlines()
    check(lines and lines[0].startswith("sonde: "), lambda: "%s: stderr %r" % (what, err[-500:]))
    check(len(lines) <= 4, lambda: "%s: %d lines on stderr: %r" % (what, len(lines), err[-500:]))
    check(not out, lambda: "%s: on stdout: %r" % (what, out[:200]))
    check("Success" not in err and not re.search(r"\.[ch]:\d+", err), lambda: "%s: %r" % (what, err))
    for word in mentions:
        check(word in err, lambda: "%s: no %r in %r" % (what, word, err))
    return err


def no_live(run):
    def go():
        check(os.path.exists(live.SONDE), "no sonde at %s: build it, or name it in $SONDE" % live.SONDE)
        return run()
    return go


def with_live(run):
    def go():
        live.need_live()
        return run()
    return go


def usage():
    path = live.program("fp")
    for args in ([], ["nonsense"], ["trace"], ["trace", path], ["trace", "-p", "abc", "main.leaf"],
                 ["trace", "--no-such-option", path, "main.leaf"], ["trace", "--for", "soon", path, "main.leaf"],
                 ["trace", "-n", "-3", path, "main.leaf"], ["trace", "--format", "xml", path, "main.leaf"],
                 ["trace", "--ring-size", "1", path, "main.leaf"], ["trace", "--attach", "glue", path, "main.leaf"],
                 ["trace", "--buffer", "bucket", path, "main.leaf"], ["trace", path, "/(/"],
                 ["trace", path, "main.leaf:sideways"], ["list"], ["explain", path]):
        refused(args, (USAGE,))


def no_process():
    refused(["trace", "-p", MISSING_PID, "main.leaf"], (FAILED,), [str(MISSING_PID)])


def not_programs():
    with tempfile.TemporaryDirectory(prefix="sonde-live-") as tmp:
        text = os.path.join(tmp, "notes.txt")
        with open(text, "w") as f:
            f.write("just text\n" * 10)
        empty = os.path.join(tmp, "empty")
        open(empty, "w").close()
        for command in ("trace", "list", "explain"):
            probe = [] if command == "list" else ["main.leaf"]
            for path in (tmp, text, empty, os.path.join(tmp, "absent")):
                refused([command, path] + probe, (FAILED,), [os.path.basename(path)])


def other_machines():
    """32-bit x86 and arm64 programs, from the Go at hand."""
    with tempfile.TemporaryDirectory(prefix="sonde-live-") as tmp:
        with open(os.path.join(tmp, "main.go"), "w") as f:
            f.write("package main\n\n//go:noinline\nfunc leaf(a int) int { return a + 1 }\n\n"
                    "func main() { println(leaf(1)) }\n")
        go = build.go("own")
        for arch in ("386", "arm64"):
            path = os.path.join(tmp, arch)
            p = subprocess.run([go.go, "build", "-o", path, "main.go"], cwd=tmp, stdin=subprocess.DEVNULL,
                               env=dict(go.env, GOARCH=arch, CGO_ENABLED="0", GO111MODULE="off"),
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            check(p.returncode == 0, lambda: p.stdout)
            refused(["trace", path, "main.leaf"], (NOT_HERE,), [arch])


def truncated():
    whole = open(live.program("fp"), "rb").read()
    with tempfile.TemporaryDirectory(prefix="sonde-live-") as tmp:
        path = os.path.join(tmp, "short")
        for size in (1, 4, 16, 63, 64, 100, 4096, len(whole) // 4, len(whole) // 2):
            with open(path, "wb") as f:
                f.write(whole[:size])
            refused(["list", path], (FAILED,))
            refused(["explain", path, "main.leaf"], (FAILED, NOTHING_MATCHED))


def corrupted():
    """Bytes changed at random in all of the file: any answer, but an answer, and soon."""
    go = build.go("own")
    with tempfile.TemporaryDirectory(prefix="sonde-live-") as tmp:
        path = os.path.join(tmp, "uncompressed")
        p = subprocess.run([go.go, "build", "-o", path, "-ldflags=-compressdwarf=false"] +
                           (["-buildvcs=false"] if go.minor >= 18 else []) + ["."],
                           cwd=os.path.join(build.TARGETS, "fp"), env=dict(go.env, CGO_ENABLED="0"),
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        check(p.returncode == 0, lambda: p.stdout)
        whole = open(path, "rb").read()
        pick = random.Random(11)
        statuses = {}
        for trial in range(24):
            data = bytearray(whole)
            # The debug information is the file's second half.
            low = len(data) // 2 if trial % 2 else 64
            for _ in range(1 << (trial % 12)):
                data[pick.randrange(low, len(data))] = pick.randrange(256)
            bad = os.path.join(tmp, "bad")
            with open(bad, "wb") as f:
                f.write(data)
            for args in (["explain", bad, "main.leaf", "main.frame8k"], ["list", bad, "main.*"]):
                status, _, err = live.sonde(*args, seconds=30)
                check(0 <= status <= 5, lambda: "trial %d: %s: exit status %d: %s" % (trial, args[0], status, err[-500:]))
                check(status == 0 or err.startswith("sonde: "), lambda: "trial %d: stderr %r" % (trial, err[-300:]))
                statuses[status] = statuses.get(status, 0) + 1
        return "exit codes %s" % statuses


def unknown_function():
    path = live.program("fp")
    refused(["trace", path, "main.leafstring"], (NOTHING_MATCHED,), ["main.leafString"])
    refused(["explain", path, "main.laef"], (NOTHING_MATCHED,), ["main.leaf"])
    refused(["trace", path, "nowhere.*"], (NOTHING_MATCHED,), ["nowhere.*"])
    refused(["trace", path, "/^zzz/"], (NOTHING_MATCHED,), ["/^zzz/"])
    refused(["list", path, "nowhere.*"], (NOTHING_MATCHED,), ["nowhere.*"])
    with Target(path) as t:
        refused(["trace", "-p", t.pid, "main.leafstring"], (NOTHING_MATCHED,), ["main.leafString"])


def not_go():
    """A C program: no Go in it, and no function of that name."""
    refused(["trace", "/bin/true", "main.computeE"], (NOTHING_MATCHED, NOT_HERE))


def closed_output():
    """A reader that goes away, as `| head` does, ends the trace and harms nothing."""
    path = live.program("hot")
    with Target(path, 200000, 1) as t:
        prefix = live.as_root()
        with tempfile.TemporaryDirectory(prefix="sonde-live-") as tmp:
            err = os.path.join(tmp, "err")
            script = '"$@" 2>"%s" | head -n 3' % err
            p = subprocess.Popen(["sh", "-c", script, "sh"] + prefix +
                                 [live.SONDE, "trace", "-p", str(t.pid), "main.hot:entry"],
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
            try:
                while not (os.path.exists(err) and "tracing" in open(err).read()):
                    check(p.poll() is None, "sonde ended before it traced")
                    time.sleep(0.01)
                t.release()
                out, _ = p.communicate(timeout=live.PATIENCE)
            finally:
                if p.poll() is None:
                    p.kill()
            check(len(out.splitlines()) == 3, "%r" % out)
            happens(t.running(), "the target ended first: nothing was tested")
        check(t.wait() == 7, "the target's status")


def carets():
    """The caret stands under what is wrong: beyond ASCII, in a text of several lines, in one that is too long to be shown."""
    long = "main.f if " + "x == 1 && " * 30 + "y = 2 && " + "z == 3 && " * 30 + "w"
    for probe, shown, marked in (("main.f{a and b}", "main.f{a and b}", "and"),
                                 ("größe{größe or b}", "größe{größe or b}", "or"),
                                 ("f if\na = 1", "f if a = 1", "="), ("f if a == \"\x1b[31m\" = 1", None, "="), (long, None, "=")):
        err = refused(("list", "/proc/self/exe", probe), (USAGE,), ("did you mean",))
        _, text, under = err.rstrip("\n").split("\n")[:3]
        check(shown is None or text == "  " + shown, lambda: "%r is shown as %r" % (probe, text))
        check(len(text) <= 120 and "\x1b" not in text, lambda: "%r is shown as %r" % (probe, text))
        at = under.index("^")
        check(under.strip() == "^" * len(marked) and text[at:at + len(marked)] == marked and
              text[at - 1] == " ", lambda: "%r marks %r in %r" % (probe, under, text))


def cases(ctx):
    yield Case("wrong-use usage", no_live(usage))
    yield Case("wrong-use carets", no_live(carets))
    yield Case("wrong-use no-process", no_live(no_process))
    yield Case("wrong-use not-programs", no_live(not_programs))
    yield Case("wrong-use other-machines", no_live(other_machines))
    yield Case("wrong-use truncated", no_live(truncated))
    yield Case("wrong-use corrupted", no_live(corrupted))
    yield Case("wrong-use unknown-function", no_live(unknown_function))
    yield Case("wrong-use not-go", no_live(not_go))
    yield Case("wrong-use closed-output", with_live(closed_output))
