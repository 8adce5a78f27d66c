# SPDX-License-Identifier: BSD-2-Clause
"""Each way to attach, and each kind of buffer, gives the same output."""
import build
import compare
import live
from live import Case, Skip, check

# Few sites: single perf events take a tenth of a second each to detach.
FUNCTIONS = ["main.leafBranch", "main.nosplitLeaf", "main.withDefer", "main.frame8k"]


def attached(version, mode, options):
    def run():
        live.need_live()
        path = live.program("fp", version, mode)
        with live.Target(path) as target:
            with live.Sonde("trace", "-p", target.pid, "--format", "json", *options, *FUNCTIONS) as s:
                s.until(lambda: not s.running() or "tracing" in s.err(), "'tracing' or its end")
                if not s.running() and s.popen.returncode == live.NOT_HERE:
                    raise Skip(" ".join(s.err().split()))
                s.tracing()
                target.release()
                target.wait()
                status = s.wait()
                check(status == 0, lambda: "exit status %d: %s" % (status, s.err()))
                events, summary = live.parse_events(s.out())
                live.check_summary(summary)
                lines = [l for l in target.truth() if any('"func":"%s"' % f in l for f in FUNCTIONS)]
        c = compare.compare(lines, events, target.pid, blanks_known=build.go(version).minor >= 22)
        check(not c.wrong, lambda: "%d wrong: %s" % (len(c.wrong), c.wrong[:3]))
        check(c.calls == 16, "%d calls, not 16" % c.calls)
        return c.summary()
    return run


def cases(ctx):
    for version in ctx.versions:
        for way in ("multi", "tracefs", "perf"):
            for mode in ("default",) if ctx.quick else ("default", "pie"):
                yield Case("ladder attach-%s %s %s" % (way, build.label(version), mode), attached(version, mode, ["--attach", way]))
        for buffer in ("ring", "perf"):
            yield Case("ladder buffer-%s %s default" % (buffer, build.label(version)),
                       attached(version, "default", ["--buffer", buffer]))
