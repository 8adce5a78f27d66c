# SPDX-License-Identifier: BSD-2-Clause
"""For which calls conditions hold: Go decides each for each call, and sonde must print those, mark the undecided ones, and
count the rest as filtered; with panics and recursion in between, and many goroutines at full speed."""
import json
import os
import re
import tempfile

import build
import live
from live import Case, Failure, check, happens

AT_ONCE = 28
CROWD = 400
MODES = ("default", "noopt", "pie")
# What tells a call from all others: of results, when there are no arguments.
SEQ_OF = {"main.ask": lambda out: out // 8, "main.hot": lambda out: out // 3, "main.walk": lambda out: None}
OF_RETURN = re.compile(r"\bret\b|\bduration\(|\bok\b|\bout\b|\brerr\b")
OF_ENTRY = re.compile(r"\b(seq|key|p|n|u|m|x|err|xs|f|g|b|d|depth|mode|hits|duration)\b(?!\")")


def truths(lines):
    found = [json.loads(l) for l in lines if l.startswith('{"kind":"cond"')]
    check(found, "the program told nothing")
    for t in found:
        for of in "true", "unsure", "gone", "large":
            t[of] = set(t[of])
    return found


def parts(text):
    """The parts of a function that the condition can be asked at."""
    bare = re.sub(r'"[^"]*"', '""', text)
    yield ""
    if not OF_RETURN.search(bare):
        yield ":entry"
    elif not OF_ENTRY.search(re.sub(r"ret\.\d", "ret", bare)):
        yield ":return"


def traced(path, probes, target_args, options=()):
    with tempfile.TemporaryDirectory(prefix="sonde-live-") as tmp:
        file = os.path.join(tmp, "probes")
        with open(file, "w", encoding="utf-8") as f:
            f.write("".join("%s: %s\n" % p for p in probes))
        r = live.trace(path, ["-f", file], options, target_args)
    happens(not any("fault at" in json.dumps(e["condition"]) for e in r.events if "condition" in e),
            "a page was away when a condition was asked")
    return r


def judge(name, part, truth, events, account):
    """What is wrong with what was printed of one condition. :return+ is a return with what is known at the entry alone."""
    function, unsure = truth["func"], truth["unsure"]
    calls, wanted = truth["calls"], truth["true"] | unsure
    if part == ":return":
        calls -= len(truth["gone"])
        wanted, unsure = wanted - truth["gone"], unsure - truth["gone"]
    elif part == ":return+":
        wanted, unsure = wanted - truth["gone"], unsure - truth["gone"]
    seen, marked = [], set()
    for e in events:
        values = e["values"]
        out = values.get("ret.0")
        seq = values["seq"] if part != ":return" else SEQ_OF[function](out)
        seen.append(seq)
        if "condition" in e:
            marked.add(seq)
        if part == ":return+" and not 0 < values["duration()"] == e["duration_ns"]:
            return "%d took %s and %s" % (seq, values["duration()"], e["duration_ns"])
        if part in ("", ":return+"):
            kind = "unwound" if seq in truth["gone"] else "call"
            if e["kind"] != kind:
                return "%d is %s, not %s" % (seq, e["kind"], kind)
            if kind == "call" and not right_result(function, seq, out):
                return "%d has the result %s" % (seq, out)
    if re.search(r"\bm\[", truth["text"]):
        # What is not among the captured part of a large map may be in the rest.
        more = marked & truth["large"] - wanted
        wanted, unsure = wanted | more, unsure | marked & truth["large"]
    if len(set(seen)) != len(seen):
        return "calls are printed twice: %s" % [s for s in set(seen) if seen.count(s) > 1][:5]
    if set(seen) != wanted:
        return "%d too many: %s, %d missing: %s" % (
            len(set(seen) - wanted), sorted(set(seen) - wanted)[:5], len(wanted - set(seen)),
            sorted(wanted - set(seen))[:5])
    if marked != unsure:
        return "marked but decided: %s, undecided but not marked: %s" % (
            sorted(marked - unsure)[:5], sorted(unsure - marked)[:5])
    exact = {"hits": calls, "delivered": len(wanted), "filtered": calls - len(wanted), "limited": 0, "lost": 0}
    for c, n in exact.items():
        if account[c] != n:
            return "%s %d, not %d: %r" % (c, account[c], n, account)
    if account.get("undecided", 0) != len(unsure):
        return "%d counted as undecided, not %d" % (account.get("undecided", 0), len(unsure))
    return None


def right_result(function, seq, out):
    if not isinstance(out, int):
        return False
    return 0 <= out - seq * 5 <= 6 if function == "main.walk" else SEQ_OF[function](out) == seq


def decided(version, mode, crowd, returns=False):
    """returns: as returns that know their entries, instead of in all other ways."""
    def run():
        live.need_live()
        path = live.program("conds", version, mode)
        args = [CROWD] if crowd else []
        without_results = build.go(version).minor == 17 and mode != "noopt"
        told = truths(build.untraced_with(path, *args))
        plan = [(t["text"], t["func"], part) for t in told for part in ([":return+"] if returns else parts(t["text"]))
                if (t["func"], part) != ("main.walk", ":return") and (part == ":entry" or not without_results)]
        wrong, count, unsure = [], 0, 0
        for i in range(0, len(plan), AT_ONCE):
            probes, by = [], {}
            for k, (text, function, part) in enumerate(plan[i:i + AT_ONCE]):
                show = {"": "seq, ret.0", ":entry": "seq", ":return": "ret.0",
                        ":return+": "seq, ret.0, duration()"}[part]
                probes.append(("c%d" % k, "%s%s{%s} if %s" % (function, part.rstrip("+"), show, text)))
            r = traced(path, probes, args, ("--ring-size", "128M") if crowd else ())
            now = {(t["func"], t["text"]): t for t in truths(r.truth)}
            for e in r.events:
                by.setdefault(e["probe"], []).append(e)
            accounts = {a["probe"]: a for a in r.summary["probes"]}
            for (name, probe), (text, function, part) in zip(probes, plan[i:i + AT_ONCE]):
                truth = now[function, text]
                bad = judge(name, part, truth, by.get(name, []), accounts[name])
                count, unsure = count + 1, unsure + len(truth["unsure"])
                if bad:
                    wrong.append("%s: %s" % (probe, bad))
        if wrong:
            raise Failure("%d of %d wrong: %s" % (len(wrong), count, "\n".join(wrong[:40])))
        return "%d conditions, %d times undecided" % (count, unsure)
    return run


def cases(ctx):
    for version in ctx.versions:
        for mode in MODES if version in ctx.ends() else MODES[:2 if ctx.quick else 1]:
            for crowd in False, True:
                yield Case("conds %s %s %s" % ("crowd" if crowd else "quiet", build.label(version), mode),
                           decided(version, mode, crowd))
        if version in ctx.ends():
            yield Case("conds returns %s" % build.label(version), decided(version, "default", True, returns=True))
