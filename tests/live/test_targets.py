# SPDX-License-Identifier: BSD-2-Clause
"""What can be traced: one process, several, every process of a binary, a command from its first instruction."""
import json
import os
import shutil
import signal
import subprocess
import tempfile

import build
import compare
import live
from live import Case, Skip, Sonde, Target, check, parse_events

FUNCTIONS = ("main.leaf", "main.leafString")


def truth_of(lines):
    return [l for l in lines if any('"func":"%s"' % f in l for f in FUNCTIONS)]


def right(lines, events, pid):
    c = compare.compare(truth_of(lines), [e for e in events if e["pid"] == pid], pid)
    check(not c.wrong and c.calls == 8, lambda: "process %d: %d calls, %s" % (pid, c.calls, c.wrong[:3]))


def several(version):
    def run():
        live.need_live()
        path, other = live.program("fp", version), live.program("fp", version, "pie")
        with Target(path) as a, Target(path) as b, Target(other) as d, Target(path) as bystander:
            with Sonde("trace", "-p", a.pid, "-p", b.pid, "-p", d.pid, "--format", "json", *FUNCTIONS) as s:
                s.tracing()
                for t in (bystander, a, b, d):
                    t.release()
                for t in (bystander, a, b, d):
                    check(t.wait() == 0, "%s: status" % t)
                check(s.wait() == 0, lambda: s.err())
                events, summary = parse_events(s.out())
                live.check_summary(summary)
                for t in (a, b, d):
                    right(t.truth(), events, t.pid)
                check({e["pid"] for e in events} == {a.pid, b.pid, d.pid}, "events of a process nobody asked for")
    return run


def binary(version, mode):
    """Every process that runs it: one that runs already, and ones that start later."""
    def run():
        live.need_live()
        path = live.program("fp", version, mode)
        with Target(path) as early, Sonde("trace", path, "--format", "json", *FUNCTIONS) as s:
            s.tracing()
            early.release()
            early.wait()
            with Target(path) as late:
                late.release()
                late.wait()
                check(s.running(), lambda: "sonde ended with its first process: %s" % s.err())
                s.kill(signal.SIGINT)
                check(s.wait() == 0, lambda: s.err())
                events, summary = parse_events(s.out())
                live.check_summary(summary)
                right(early.truth(), events, early.pid)
                right(late.truth(), events, late.pid)
    return run


def command(version, mode):
    """-- COMMAND: its output is its own, sonde's goes to -o, and its status is sonde's."""
    def run():
        live.need_live()
        path = live.program("hot", version, mode)
        with tempfile.TemporaryDirectory(prefix="sonde-live-") as tmp:
            out = os.path.join(tmp, "out")
            with Sonde("trace", "--format", "json", "-o", out, "main.main", "main.hot:entry", "--", path, "500",
                       stdin=subprocess.PIPE) as s:
                s.popen.stdin.write(b"\n")
                s.popen.stdin.close()
                status = s.wait()
                check(status == 7, "exit status %d, not the command's 7: %s" % (status, s.err()))
                lines = s.out().splitlines()
                check(lines and lines[-1] == "done", "the command's output: %r" % lines[-3:])
                with open(out) as f:
                    events, summary = parse_events(f.read())
            live.check_summary(summary)
            hot = [e["args"]["i"] for e in events if e["func"] == "main.hot"]
            check(hot == list(range(500)), "%d entries of main.hot" % len(hot))
            main = [e["kind"] for e in events if e["func"] == "main.main"]
            check(main == ["open"], "main.main, which os.Exit ends: %r" % main)
    return run


def command_status():
    """The ways in which a command can end, or not begin."""
    live.need_live()
    path = live.program("hot")
    with tempfile.TemporaryDirectory(prefix="sonde-live-") as tmp:
        plain = os.path.join(tmp, "plain")
        with open(plain, "w") as f:
            f.write("not a program\n")
        for expected, probe, cmd in ((127, "main.hot", [os.path.join(tmp, "absent")]),
                                     (127, "main.hot", ["no-such-command-anywhere"]),
                                     (126, "main.hot", [plain]),
                                     (126, "main.hot", [tmp]),
                                     (125, "main.noSuchFunction", [path, "5"])):
            status, out, err = live.sonde("trace", probe, "--", *cmd)
            check(status == expected, lambda: "%s -- %s: exit status %d, not %d: %s" %
                  (probe, cmd[0], status, expected, err))
            check(err.startswith("sonde: "), lambda: "stderr: %r" % err)
            check("done" not in out, "the command ran all the same")


def namespace(version):
    """A target whose file only its own mount namespace has."""
    def run():
        live.need_live()
        if not live.ROOT or not shutil.which("unshare"):
            raise Skip("needs root and unshare")
        path = live.program("fp", version)
        with tempfile.TemporaryDirectory(prefix="sonde-live-") as tmp:
            inside = os.path.join(tmp, "in", "program")
            os.mkdir(os.path.dirname(inside))
            script = 'mount -t tmpfs none "$1" && cp "$2" "$1/program" && exec "$1/program"'
            prefix = ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh",
                      os.path.dirname(inside)]
            with Target(path, prefix=prefix) as t:
                check(not os.path.exists(inside), "the program's file is visible outside")
                with Sonde("trace", "-p", t.pid, "--format", "json", *FUNCTIONS) as s:
                    s.tracing()
                    t.release()
                    check(t.wait() == 0, "the target's status")
                    check(s.wait() == 0, lambda: s.err())
                    right(t.truth(), parse_events(s.out())[0], t.pid)
    return run


def patterns(version):
    """Globs, regular expressions and addresses find what names find."""
    def run():
        live.need_live()
        path = live.program("fp", version)
        status, out, err = live.sonde("explain", path, "main.leafBranch", "--format", "json")
        check(status == 0, lambda: err)
        address = json.loads(out.splitlines()[0])["sites"][0]["addr"]
        for probe, wanted in (("main.leaf*", lambda f: f.startswith("main.leaf")),
                              ("/^main\\.(leaf|table)$/", lambda f: f in ("main.leaf", "main.table")),
                              (address, lambda f: f == "main.leafBranch")):
            r = live.trace(path, [probe])
            expected = [json.loads(l)["func"] for l in r.truth if l.startswith("{")]
            expected = [f for f in expected if wanted(f)]
            got = [e["func"] for e in r.events]
            check(got and got == expected, lambda: "%s: %d events, not %d" % (probe, len(got), len(expected)))
    return run


def dry_run():
    live.need_live()
    path = live.program("fp")
    with Target(path) as t:
        status, out, err = live.sonde("trace", "-p", t.pid, "--dry-run", "main.leaf*")
        check(status == 0, lambda: err)
        check("main.leaf" in out + err, "it does not say what it would trace")
        if live.ROOT:
            check(not live.changed_text(t.pid, path), "--dry-run attached something")
        t.release()
        check(t.wait() == 0, "the target's status")


def cases(ctx):
    for version in ctx.versions:
        yield Case("targets several %s default" % build.label(version), several(version))
        for mode in ("default",) if ctx.quick else ("default", "pie", "sw"):
            if mode != "sw":
                yield Case("targets binary %s %s" % (build.label(version), mode), binary(version, mode))
            if mode == "default":
                yield Case("targets command %s %s" % (build.label(version), mode), command(version, mode))
        yield Case("targets patterns %s default" % build.label(version), patterns(version))
    yield Case("targets command-status", command_status)
    yield Case("targets dry-run", dry_run)
    yield Case("targets namespace", namespace("own"))
