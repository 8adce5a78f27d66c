# SPDX-License-Identifier: BSD-2-Clause
"""Arguments and results, value by value, over Go versions and build modes."""
import build
import compare
import live
from live import Case, Failure, check

THEMES = ("scalars", "strings", "structs", "calls", "generics", "fp")
# What make test has time for: everything twice, the rarer modes once.
QUICK = {"pie": ("structs",), "w": ("structs",), "sw": ("structs", "calls"), "cgo": ("structs",)}



def compared(ctx, theme, version, mode):
    """Traces a whole program and compares all of it; fails on the first wrong thing, or on too many reasons."""
    live.need_live()
    path = live.program(theme, version, mode)
    minor = build.go(version).minor
    run = live.trace(path, build.functions(path))
    c = compare.compare(run.truth, run.events, run.pid, run.start, run.end, values=mode in build.HAS_DWARF,
                        blanks_known=minor >= 22)
    if c.wrong:
        raise Failure("%d wrong (%s): %s" % (len(c.wrong), c.summary(), "\n".join(c.wrong[:8])))
    check(c.calls > 0, "nothing was compared")
    if mode in build.HAS_DWARF:
        check(c.values > sum(c.reasons.values()), lambda: "reasons for all of the %d values" % c.values)
    text = ctx.reasons.judge(theme, minor, mode, c)
    check(text is None, lambda: text)
    return c.summary()


def modes(ctx, theme):
    for mode in build.MODES:
        if not ctx.quick or mode in ("default", "noopt") or theme in QUICK.get(mode, ()):
            yield mode


def cases(ctx):
    for version in ctx.versions:
        for theme in (t for t in THEMES if build.exists(t, version)):
            for mode in modes(ctx, theme):
                yield Case("values %s %s %s" % (theme, build.label(version), mode),
                           lambda t=theme, v=version, m=mode: compared(ctx, t, v, m))
