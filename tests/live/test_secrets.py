# SPDX-License-Identifier: BSD-2-Clause
"""Secrets come out nowhere: not in any shape of value, format, template or option; and are there when asked for."""
import json
import re

import build
import live
from live import Case, Sonde, Target, check

PLANT = "pl4nt1ed-5ecret"
PIN = "424242424"
VISIBLE = "visible"
SHAPES = ("login", "byPointer", "byValue", "bySlice", "byArray", "byMap", "byMapOfUsers", "account", "credentials",
          "header", "request", "cookie", "address", "anything", "anySecret", "failed", "failedOwn", "closure", "channel",
          "named", "pointers", "number", "raw", "query", "jsonText", "buffer", "lines", "source", "argv", "attributes",
          "contextual", "getToken", "lookUp")
# What holds no string but secrets has nothing else to show.
BARE = ("credentials", "anySecret", "closure", "named", "pointers", "number", "raw", "contextual", "getToken",
        "lookUp")
MODES = ("default", "noopt")
# What the debug information of older versions does not have: what a closure captured, results.
CAPTURES_SINCE = 23
RESULTS = ("getToken", "lookUp")
# The plant as it is, in hexadecimal, and as the numbers that its bytes are.
PLANTED = (PLANT, PLANT.encode().hex(), PLANT.encode().hex().upper(), " ".join(str(b) for b in PLANT.encode()[:4]),
           ",".join(str(b) for b in PLANT.encode()[:4]), PIN, "%x" % int(PIN))
TEMPLATES = (
    'main.login:entry "a {user} b {password} c {password:x} d {password:q} e {password[0]} f {password == user}"',
    'main.byPointer:entry "{u.Password} {u} {*u} {}"',
    'main.byMap:entry \'{m["password"]} {m} {m["name"]}\'',
    'main.header:entry \'{h["X-Auth-Token"]} {h["Set-Cookie"]}\'',
    'main.account:entry "{a.Token} {a.Creds} {a.User.Password} {a.Token:x} {a.Base.APIKey:s}"',
    'main.query:entry "token={s[10:]} {s}"',
    'main.failed:entry "{err} {err:s} {err.Error()}"',
    'main.getToken:return "{ret.0}"',
    'main.lookUp:return "{secret} {ret.0} {}"',
    'main.getToken:return "{ret} {ret[0]} {ret:x}"',
    'main.lookUp:return "{ret.0}"',
    'main.keyed:entry "{m[key]} {m[key]:q} {m[key][0]} {m}"',
    'main.promoted:entry "{h.Value} {h.Value[0]} {h}"',
)


def output(mode, probes, *options, command="trace", version="own"):
    """All that sonde printed, while the program ran to its end."""
    path = live.program("secrets", version, mode)
    with Target(path) as target, Sonde(command, "-p", target.pid, *options, *probes) as s:
        s.tracing()
        target.release()
        target.wait()
        status = s.wait()
        check(status == live.OK, lambda: "exit status %d: %s" % (status, s.err()[-800:]))
        target.truth()
        return s.out() + s.err()


def planted(text):
    return [p for p in PLANTED if p in text]


def redacted(version, mode, form):
    def run():
        live.need_live()
        for more in [], ["--stack"], ["--tree"], ["--depth", "8", "--string", "4096"]:
            text = output(mode, ["main." + s for s in SHAPES], "--format", form, *more, version=version)
            for line in text.splitlines():
                check(not planted(line), lambda: "%s: %s" % (planted(line), line[:2000]))
            for s in SHAPES:
                mine = [l for l in text.splitlines() if re.search(r"main\.%s\b" % s, l) and "sonde:" not in l]
                check(mine, "no call of " + s)
                check(s in BARE or VISIBLE in mine[0], lambda: "more than the secret is gone: " + mine[0][:1000])
        return "%d shapes" % len(SHAPES)
    return run


def shown(version, mode, form):
    """What the other cases look for is there to be found."""
    def run():
        live.need_live()
        text = output(mode, ["main." + s for s in SHAPES], "--format", form, "--show-secrets", "--depth", "8",
                      version=version)
        minor = build.go(version).minor
        untold = (("closure",) if minor < CAPTURES_SINCE else ()) + (RESULTS if minor == 17 else ())
        blind = [s for s in SHAPES if s not in untold
                 and not any(planted(l) for l in text.splitlines() if re.search(r"main\.%s\b" % s, l))]
        check(not blind, lambda: "nothing is planted in %s: %s" % (blind, text[:1000]))
        check("<redacted>" not in text, "something is redacted")
    return run


def templates(mode, form):
    def run():
        live.need_live()
        text = output(mode, TEMPLATES, "--format", form, command="log")
        for line in text.splitlines():
            check(not planted(line), lambda: "%s: %s" % (planted(line), line[:2000]))
        count = sum("<redacted>" in l for l in text.splitlines())
        check(count == len(TEMPLATES), lambda: "%d lines of %d: %s" % (count, len(TEMPLATES), text[:3000]))
        check("a visible b <redacted> c <redacted> d " in text, lambda: text[:500])
        text = output(mode, TEMPLATES, "--format", form, "--show-secrets", command="log")
        lines = [l for l in text.splitlines() if planted(l)]
        check(len(lines) == len(TEMPLATES), lambda: "%d lines of %d: %s" % (len(lines), len(TEMPLATES), text[:3000]))
    return run


def expressions():
    live.need_live()
    probe = 'main.login{user, password, len(password), user == "visible"}'
    text = output("default", [probe])
    check(re.search(r'main\.login\{user="visible", password=<redacted>, len\(password\)=15, '
                    r'user == "visible"=true\}', text), lambda: text[:500])
    check(not planted(text), lambda: text[:500])


def conditions():
    """A condition could find a secret out bit by bit."""
    live.need_live()
    path = live.program("secrets")
    for cond in 'password == "x"', 'len(password) > 3', 'user == "a" && password != ""', 'strings.HasPrefix(password, "p")':
        probe = "main.login if " + cond
        status, out, err = live.sonde("explain", path, probe, prefix=[])
        check(status == live.USAGE and "secret" in err and "--show-secrets" in err and "^" in err, lambda: err)
        status, out, err = live.sonde("explain", "--show-secrets", path, probe, prefix=[])
        check(status == live.OK, lambda: err)
    probe = 'main.byPointer if u.Password == "x"'
    status, out, err = live.sonde("explain", path, probe, prefix=[])
    check(status == live.USAGE and "secret" in err, lambda: err)
    probe = 'main.login if user == "x"'
    status, out, err = live.sonde("explain", path, probe, prefix=[])
    check(status == live.OK, lambda: err)
    status, out, err = live.sonde("explain", "--secret", "user", path, probe, prefix=[])
    check(status == live.USAGE and "secret" in err, lambda: err)
    for probe in 'main.getToken if ret == "x"', 'main.lookUp if ret.0 == "x"', 'main.promoted if h.Value == "x"':
        status, out, err = live.sonde("explain", path, probe, prefix=[])
        check(status == live.USAGE and "secret" in err and "^" in err, lambda: err)


def more_names():
    live.need_live()
    text = output("default", ["main.login", "main.byPointer"], "--secret", "user", "--secret=age")
    check("main.login(user=<redacted>, password=<redacted>)" in text, lambda: text[:500])
    check('{Name:"visible" Password:<redacted> Age:<redacted>}' in text, lambda: text[:500])
    status, out, err = live.sonde("trace", "--secret", "--", "x", "y", prefix=[])
    check(status == live.USAGE and "not a name" in err, lambda: err)


def no_strings(form):
    def run():
        live.need_live()
        for more in [], ["--show-secrets"]:
            text = output("default", ["main." + s for s in SHAPES], "--format", form, "--no-strings", *more)
            for line in text.splitlines():
                hex_visible = VISIBLE.encode().hex()
                found = [p for p in planted(line) if p not in (PIN, "%x" % int(PIN))]
                check(VISIBLE not in line and hex_visible not in line and not found, lambda: line[:2000])
            check("<string, 7 bytes>" in text and "[]byte, " in text, lambda: text[:500])
        text = output("default", TEMPLATES, "--format", form, "--no-strings", command="log")
        values = [l for l in text.splitlines() if "user == " not in l]
        bytes_of = output("default", ["main.query:entry {s[0], s[1] + 1, len(s)}"], "--format", form, "--no-strings")
        check(not re.search(r"\b(47|113)\b", bytes_of.split("s[0]")[1]) and bytes_of.count("<text>") == 2, lambda: bytes_of)
        check(values and not any(VISIBLE in l or planted(l) for l in values), lambda: text[:2000])
    return run


def nothing_else(theme, allowed):
    """What is no secret is not taken for one."""
    def run():
        live.need_live()
        path = live.program(theme)
        with Target(path) as target, Sonde("trace", "-p", target.pid, "--format", "json",
                                           *build.functions(path)) as s:
            s.tracing()
            target.release()
            target.wait()
            s.wait()
            events, _ = live.parse_events(s.out())
        found = {e["func"] for e in events if "<redacted>" in json.dumps(e)}
        check(events and found == set(allowed), lambda: "redacted in %s" % sorted(found))
        return "%d events" % len(events)
    return run


def cases(ctx):
    for version in ctx.versions if not ctx.quick else ctx.versions[:1]:
        for mode in MODES if version in ctx.ends() else MODES[:1]:
            for form in "text", "json":
                yield Case("secrets redacted %s %s %s" % (form, version, mode), redacted(version, mode, form))
                yield Case("secrets shown %s %s %s" % (form, version, mode), shown(version, mode, form))
    for form in "text", "json":
        yield Case("secrets in templates %s" % form, templates("default", form))
        yield Case("secrets no strings %s" % form, no_strings(form))
    for theme in "strings", "structs", "calls", "deep", "ifaces", "maps", "chans", "wellknown":
        allowed = ("main.urls", "main.urlValues") if theme == "wellknown" else ()
        yield Case("secrets only there %s" % theme, nothing_else(theme, allowed))
    yield Case("secrets in expressions", expressions)
    yield Case("secrets in conditions", conditions)
    yield Case("secrets by other names", more_names)
