# SPDX-License-Identifier: BSD-2-Clause
"""Every JSON line that tracing a truth program gives is what `sonde trace --json-schema` says it may be."""
import copy
import json

import build
import live
import test_deep
import test_values
from live import Case, Skip, check

THEMES = test_values.THEMES + test_deep.THEMES

_validator = []


def validator():
    """The schema that sonde prints, itself checked; read once."""
    try:
        import jsonschema
    except ImportError:
        raise Skip("no python3-jsonschema")
    if not _validator:
        status, out, err = live.sonde("trace", "--json-schema", prefix=[])
        check(status == live.OK, lambda: "--json-schema: exit status %d: %s" % (status, err))
        schema = json.loads(out)
        jsonschema.Draft202012Validator.check_schema(schema)
        _validator.append(jsonschema.Draft202012Validator(schema))
    return _validator[0]


def complaint(line):
    """What is wrong with a line, at the place where it is; None: nothing."""
    if validator().is_valid(line):
        return None
    kind = "summary" if line.get("kind") == "summary" else "event"
    one = validator().evolve(schema=dict(validator().schema, oneOf=[{"$ref": "#/$defs/" + kind}]))
    error = next(one.iter_errors(line)).context[0]
    while error.context:
        error = max(error.context, key=lambda e: len(e.absolute_path))
    return "%s: %s" % ("/".join(str(p) for p in error.absolute_path), error.message[:200])


def valid(theme, version, mode):
    def run():
        live.need_live()
        validator()
        path = live.program(theme, version, mode)
        r = live.trace(path, build.functions(path))
        for line in r.events + [r.summary]:
            check(complaint(line) is None, lambda: "%s: %s" % (line.get("func", "summary"), complaint(line)))
        return "%d lines" % (len(r.events) + 1)
    return run


def with_stacks():
    """Call stacks, whole ones and cut ones, where goroutines were made, and trees."""
    live.need_live()
    validator()
    r = live.trace(live.program("stacks"), ["main.plain", "main.small", "main.deep", "main.finish"],
                   ["--stack=5", "--tree"])
    for line in r.events:
        check(complaint(line) is None, lambda: "%s: %s" % (line["func"], complaint(line)))
    for member in "stack", "stack_end", "created_by", "depth", "id", "parent":
        check(any(member in e for e in r.events), "no %s: nothing was tested" % member)
    one = next(e for e in r.events if "created_by" in e)
    for wrong in (dict(one, stack=[{}]), dict(one, stack=[{"func": "f", "addr": "0x1"}]), dict(one, stack={}),
                  dict(one, stack_end=1), dict(one, created_by={"goid": 1}), dict(one, parent=0)):
        check(complaint(wrong) is not None, lambda: "accepted: %s" % json.dumps(wrong)[:300])


def with_expressions():
    """Log lines, values of expressions, conditions that could not be decided."""
    live.need_live()
    validator()
    probes = ['main.byPointer:entry "{u.Age:x} {u} {}" if 12 / (u.Age - 3) > 0',
              'main.login{user, user, len(password)}', 'main.failed:entry "{err:q}"', 'main.byMap:entry ; trace']
    with live.Target(live.program("secrets")) as target:
        with live.Sonde("log", "-p", target.pid, "--format", "json", *probes) as s:
            s.tracing()
            target.release()
            target.wait()
            check(s.wait() == live.OK, s.err)
            lines, _ = live.parse_events(s.out())
    check(len(lines) == len(probes), lambda: "%d lines" % len(lines))
    for line in lines:
        check(complaint(line) is None, lambda: "%s: %s" % (line["func"], complaint(line)))
    for member in "message", "values", "condition", "args", "file", "line":
        check(any(member in e for e in lines), "no %s: nothing was tested" % member)
    unsure = next(e for e in lines if "condition" in e)
    check(unsure["condition"] == {"unavailable": "division by zero"} and unsure["message"].startswith("3 &{Name"),
          lambda: json.dumps(unsure))
    check(list(lines[0]["values"]) == ["user", "len(password)"], lambda: json.dumps(lines[0]))
    for wrong in dict(unsure, condition="x"), dict(unsure, message=1), dict(unsure, values=[]):
        check(complaint(wrong) is not None, lambda: "accepted: %s" % json.dumps(wrong)[:300])


def refuses():
    """The schema is no rubber stamp: what no line may have is refused."""
    live.need_live()
    validator()
    path = live.program("structs")
    r = live.trace(path, build.functions(path)[:1])
    good = r.events[0]
    check(complaint(good) is None, lambda: complaint(good))
    wrong = []
    for member in "ts", "pid", "tid", "func", "kind", "site":
        wrong.append({k: v for k, v in good.items() if k != member})
    wrong.append(dict(good, more=1))
    wrong.append(dict(good, kind="visit"))
    wrong.append(dict(good, ts=-1))
    wrong.append(dict(good, site=dict(good["site"], addr=4096)))
    wrong.append(dict(good, args=[1]))
    for counter in live.COUNTERS:
        wrong.append({k: v for k, v in r.summary.items() if k != counter})
        bad = copy.deepcopy(r.summary)
        del bad["probes"][0][counter]
        wrong.append(bad)
    for line in wrong:
        check(complaint(line) is not None, lambda: "accepted: %s" % json.dumps(line)[:300])
    return "%d wrong lines" % len(wrong)


def cases(ctx):
    yield Case("schema refuses", refuses)
    yield Case("schema stacks", with_stacks)
    yield Case("schema expressions", with_expressions)
    for version in ctx.versions if not ctx.quick else ctx.versions[:1]:
        for theme in (t for t in THEMES if build.exists(t, version)):
            for mode in ("default", "noopt", "sw") if version in ctx.ends() else ("default",):
                yield Case("schema %s %s %s" % (theme, build.label(version), mode), valid(theme, version, mode))
