# SPDX-License-Identifier: BSD-2-Clause
"""What is behind and inside of values: interfaces, maps, channels, functions, generics, well-known types, registers."""
import build
import compare
import live
from live import Case, Failure, check

THEMES = ("deep", "ifaces", "maps")


def compared(ctx, theme, version, mode):
    """As `values`, but whatever is not looked into is a reason."""
    live.need_live()
    path = live.program(theme, version, mode)
    minor = build.go(version).minor
    run = live.trace(path, build.functions(path))
    check(run.summary["lost"] == 0, lambda: "lost: %r" % run.summary)
    c = compare.compare(run.truth, run.events, run.pid, run.start, run.end, values=mode in build.HAS_DWARF,
                        blanks_known=minor >= 22, deep=True)
    if c.wrong:
        raise Failure("%d wrong (%s): %s" % (len(c.wrong), c.summary(), "\n".join(c.wrong[:8])))
    check(c.calls > 0, "nothing was compared")
    if mode in build.HAS_DWARF:
        check(c.values > sum(c.reasons.values()), lambda: "reasons for most of the %d values" % c.values)
    text = ctx.reasons.judge(theme, minor, mode, c)
    check(text is None, lambda: text)
    return c.summary()


def modes(ctx):
    for mode in build.MODES:
        if not ctx.quick and mode not in ("cgo", "w") or mode in ("default", "noopt"):
            yield mode


def cases(ctx):
    for version in ctx.versions:
        for theme in (t for t in THEMES if build.exists(t, version)):
            for mode in modes(ctx):
                yield Case("deep %s %s %s" % (theme, build.label(version), mode),
                           lambda t=theme, v=version, m=mode: compared(ctx, t, v, m))
