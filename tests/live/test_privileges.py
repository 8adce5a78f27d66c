# SPDX-License-Identifier: BSD-2-Clause
"""sonde with less than root: two capabilities are enough for a target of the same user, none is a clear error."""
import contextlib
import os
import shutil
import subprocess
import tempfile

import compare
import live
from live import Case, Skip, Sonde, Target, check

NOBODY = 65534
AS_NOBODY = ["setpriv", "--reuid=%d" % NOBODY, "--regid=%d" % NOBODY, "--clear-groups"]
TWO = ["--inh-caps=-all,+bpf,+perfmon", "--ambient-caps=-all,+bpf,+perfmon", "--bounding-set=-all,+bpf,+perfmon"]
NONE = ["--inh-caps=-all", "--bounding-set=-all", "--no-new-privs"]


def need_setpriv(caps):
    if not live.ROOT:
        raise Skip("not root: cannot give capabilities away")
    if not shutil.which("setpriv"):
        raise Skip("no setpriv")
    p = subprocess.run(AS_NOBODY + caps + ["true"], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if p.returncode:
        raise Skip("setpriv: %s" % p.stderr.strip())


@contextlib.contextmanager
def for_nobody(*paths):
    """Copies that an ordinary user can run."""
    with tempfile.TemporaryDirectory(prefix="sonde-live-") as tmp:
        os.chmod(tmp, 0o755)
        copies = []
        for p in paths:
            copies.append(os.path.join(tmp, os.path.basename(p)))
            shutil.copy(p, copies[-1])
            os.chmod(copies[-1], 0o755)
        saved, live.SONDE = live.SONDE, copies[0]
        try:
            yield copies
        finally:
            live.SONDE = saved


def two_capabilities():
    live.need_live()
    need_setpriv(TWO)
    with Target(live.program("fp")) as t, Sonde("trace", "-p", t.pid, "--attach", "multi", "main.leaf") as s:
        s.until(lambda: not s.running() or "tracing" in s.err(), "'tracing' or its end")
        if not s.running() and s.popen.returncode == live.NOT_HERE:
            raise Skip("without uprobe_multi more is needed: %s" % " ".join(s.err().split()))
    with for_nobody(live.SONDE, live.program("fp")) as (_, path):
        with Target(path, prefix=AS_NOBODY + NONE) as t:
            with Sonde("trace", "-p", t.pid, "--format", "json", "main.leaf*", prefix=AS_NOBODY + TWO) as s:
                s.tracing()
                with open("/proc/%d/status" % s.popen.pid) as f:
                    status = f.read()
                check("CapEff:\t000000c000000000" in status and "Uid:\t65534" in status,
                      "sonde has other rights than it should: %s" % status)
                t.release()
                check(t.wait() == 0, "the target's status")
                check(s.wait() == 0, lambda: s.err())
                events, summary = live.parse_events(s.out())
                live.check_summary(summary)
                lines = [l for l in t.truth() if '"func":"main.leaf' in l]
                c = compare.compare(lines, events, t.pid)
                check(not c.wrong and c.calls, lambda: "%d calls, %s" % (c.calls, c.wrong[:3]))
                return c.summary()


def no_capabilities():
    live.need_live()
    need_setpriv(NONE)
    with for_nobody(live.SONDE, live.program("fp")) as (_, path):
        with Target(path, prefix=AS_NOBODY + NONE) as t:
            status, out, err = live.sonde("trace", "-p", t.pid, "main.leaf", prefix=AS_NOBODY + NONE)
            check(status == live.NOT_HERE, lambda: "exit status %d: %s" % (status, err))
            check(err.startswith("sonde: ") and "sudo" in err and not out, lambda: "%r %r" % (out, err))
        # What needs no rights works without them.
        for args in (["list", path, "main.leaf"], ["explain", path, "main.leaf"], ["doctor"]):
            status, out, err = live.sonde(*args, prefix=AS_NOBODY + NONE)
            check(status == 0 or args == ["doctor"] and status == live.NOT_HERE,
                  lambda: "%s: exit status %d: %s" % (args[0], status, err))
            check(out, "%s prints nothing" % args[0])


def cases(ctx):
    yield Case("privileges bpf+perfmon", two_capabilities)
    yield Case("privileges none", no_capabilities)
