# SPDX-License-Identifier: BSD-2-Clause
"""What sonde must not do to a target, and what it does when the target goes."""
import os
import signal
import subprocess
import tempfile
import shutil
import time

import build
import live
from live import Case, Sonde, Target, check, happens
from test_exact import checksum

CALLS = 1000000


def readable_text():
    if not live.ROOT:
        raise live.Skip("not root: the target's memory cannot be read to compare it")


def ended_well(target, path, calls):
    """The target came to its end with the status and the checksum that it has untraced."""
    status = target.wait()
    check(status == 7, "exit status %d, not 7: %s" % (status, target.err()[-300:]))
    check(checksum(target.truth()) == checksum(build.untraced_with(path, calls)), "another checksum than untraced")


def kill_sonde(version, mode, after, probes=("main.hot", "main.grow")):
    """SIGKILL in the middle of a million calls."""
    def run():
        live.need_live()
        readable_text()
        path = live.program("hot", version, mode)
        with Target(path, CALLS, 1) as target:
            check(not live.changed_text(target.pid, path), "text differs before anything was traced")
            with Sonde("trace", "-p", target.pid, "--format", "json", *probes) as sonde:
                sonde.tracing()
                probed = live.changed_text(target.pid, path)
                check(probed, "text is the original while it is traced")
                check(all(m == 0xcc for _, m in probed.values()), lambda: "not an int3: %r" % probed)
                target.release()
                time.sleep(after)
                sonde.kill(signal.SIGKILL)
                sonde.wait()
                happens(target.running(), "the target ended before the kill: nothing was tested")
                live.text_is_original(target.pid, path)
                seen = len(sonde.out().splitlines())
            ended_well(target, path, CALLS)
        return "%d sites, %d lines before the kill" % (len(probed), seen)
    return run


def interrupt(version, sig):
    """Asked to stop, sonde takes its probes out, prints what it has, and exits 0."""
    def run():
        live.need_live()
        path = live.program("hot", version)
        with Target(path, CALLS, 1) as target:
            with Sonde("trace", "-p", target.pid, "--format", "json", "main.hot", "main.grow") as sonde:
                sonde.tracing()
                target.release()
                sonde.until(lambda: os.path.getsize(sonde.out_path), "output")
                sonde.kill(sig)
                status = sonde.wait()
                check(status == 0, "exit status %d: %s" % (status, sonde.err()[-500:]))
                happens(target.running(), "the target ended before the signal: nothing was tested")
                if live.ROOT:
                    live.text_is_original(target.pid, path)
                events, summary = live.parse_events(sonde.out())
                live.check_summary(summary, may_lose=True)
                check(events, "no events")
            ended_well(target, path, CALLS)
        return "%d events" % len(events)
    return run


def kill_target(version, sig):
    """The target is killed while it is traced: sonde says so, prints what it has, and exits 0."""
    def run():
        live.need_live()
        path = live.program("hot", version)
        with Target(path, CALLS, 1) as target:
            with Sonde("trace", "-p", target.pid, "--format", "json", "main.hot", "main.grow") as sonde:
                sonde.tracing()
                target.release()
                sonde.until(lambda: os.path.getsize(sonde.out_path), "output")
                happens(target.running(), "the target ended before the kill: nothing was tested")
                target.popen.send_signal(sig)
                target.wait()
                status = sonde.wait()
                check(status == 0, "exit status %d: %s" % (status, sonde.err()[-500:]))
                events, summary = live.parse_events(sonde.out())
                live.check_summary(summary, may_lose=True)
                check(events, "no events")
                check(str(target.pid) in sonde.err(), "nothing on stderr about process %d: %r" %
                      (target.pid, sonde.err()))
        return "%d events" % len(events)
    return run


def two_sondes(version):
    """Two on one function at the same time: each sees every call, and one that goes leaves the other its probes."""
    def run():
        live.need_live()
        path = live.program("fp", version)
        with Target(path) as target:
            args = ("trace", "-p", target.pid, "--format", "json", "main.leaf", "main.table")
            with Sonde(*args) as one, Sonde(*args) as two, Sonde(*args) as three:
                for s in (one, two, three):
                    s.tracing()
                three.kill(signal.SIGINT)
                three.wait()
                target.release()
                target.wait()
                lines = []
                for s in (one, two):
                    check(s.wait() == 0, lambda: "%s: %s" % (s, s.err()))
                    events, summary = live.parse_events(s.out())
                    live.check_summary(summary)
                    lines.append([(e["func"], e["args"], e["results"]) for e in events])
                check(lines[0] and lines[0] == lines[1], "they saw different calls: %d and %d" %
                      (len(lines[0]), len(lines[1])))
            truth = [l for l in target.truth() if '"main.leaf"' in l or '"main.table"' in l]
            check(len(truth) == len(lines[0]), "%d calls, not %d" % (len(lines[0]), len(truth)))
    return run


def everything():
    """All functions of a server, some 10,000: attached and detached, and the server goes on."""
    live.need_live()
    go = build.go("own")
    source = os.path.join(live.HERE, "..", "..", "demo", "server")
    with tempfile.TemporaryDirectory(prefix="sonde-live-") as tmp:
        path = os.path.join(tmp, "server")
        subprocess.run([go.go, "build", "-o", path] + (["-buildvcs=false"] if go.minor >= 18 else []) + ["."],
                       cwd=source, env=dict(go.env, CGO_ENABLED="0"), check=True, stdin=subprocess.DEVNULL)
        with live.Process([path, "-addr", "127.0.0.1:0"], stdin=subprocess.DEVNULL) as server:
            server.until(lambda: "127.0.0.1:" in server.out() + server.err() and
                         "\n" in server.out() + server.err(), "address")
            text = server.out() + server.err()
            url = "http://127.0.0.1:%s/e" % text.split("127.0.0.1:")[1].split()[0].strip("/")
            ask(url)
            start = time.monotonic()
            with Sonde("trace", "-p", server.pid, "--format", "json", "-o", "/dev/null", "--for", "3s", "*") as s:
                s.tracing()
                attached = time.monotonic() - start
                for _ in range(3):
                    ask(url)
                status = s.wait()
                check(status in (0, 5), "exit status %d: %s" % (status, s.err()[-500:]))
                took = time.monotonic() - start
                if live.ROOT:
                    live.text_is_original(server.pid, path)
            for _ in range(3):
                ask(url)
            check(server.running(), "the server died")
    return "attached after %.1f s, all over after %.1f s" % (attached, took)


def ask(url):
    import urllib.request
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url + "?iters=100", timeout=30) as answer:
        body = answer.read()
    check(body == b"e = 2.7183\n", "the server answered %r" % body)


def moved_away(version):
    """The program's file is deleted, or another one lies in its place: sonde reads the one that runs."""
    def run():
        live.need_live()
        original = live.program("fp", version)
        other = live.program("scalars", version)
        for replaced in (False, True):
            with tempfile.TemporaryDirectory(prefix="sonde-live-") as tmp:
                path = os.path.join(tmp, "program")
                shutil.copy(original, path)
                with Target(path) as target:
                    os.unlink(path)
                    if replaced:
                        shutil.copy(other, path)
                    with Sonde("trace", "-p", target.pid, "--format", "json", "main.leaf") as s:
                        s.tracing()
                        target.release()
                        target.wait()
                        check(s.wait() == 0, lambda: s.err())
                        events, _ = live.parse_events(s.out())
                        check(len(events) == 4 and [e["args"]["a"] for e in events] == [0, 1, 2, 3],
                              lambda: "%s: %r" % ("replaced" if replaced else "deleted", events))
    return run


def cases(ctx):
    for version in ctx.versions:
        for after in (0.05, 0.5):
            yield Case("harmless sigkill-%dms %s default" % (after * 1000, build.label(version)),
                       kill_sonde(version, "default", after))
        yield Case("harmless sigkill %s pie" % build.label(version), kill_sonde(version, "pie", 0.2))
        for sig in (signal.SIGINT, signal.SIGTERM):
            yield Case("harmless %s %s default" % (sig.name.lower(), build.label(version)), interrupt(version, sig))
        yield Case("harmless target-killed %s default" % build.label(version), kill_target(version, signal.SIGKILL))
        yield Case("harmless target-crashed %s default" % build.label(version), kill_target(version, signal.SIGSEGV))
        yield Case("harmless two-sondes %s default" % build.label(version), two_sondes(version))
        yield Case("harmless moved-away %s default" % build.label(version), moved_away(version))
    yield Case("harmless everything", everything)
