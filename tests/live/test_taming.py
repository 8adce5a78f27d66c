# SPDX-License-Identifier: BSD-2-Clause
"""What --rate, --sample, --sample-by and --first-per let through of a hot loop, and that the rest is counted as
limited: which hits is exact but for rates, which depend on the clock."""
import collections

import live
from live import Case, check

CALLS = 200000


def run(options, probes, first=None):
    """(indices that were shown for each probe's name, the summary's account by name)."""
    live.need_live()
    r = live.trace(live.program("hot"), probes, options, target_args=[CALLS], target_status=7)
    shown = {}
    for e in r.events:
        shown.setdefault(e.get("probe"), []).append(e["values"]["i"])
    accounts = {p["probe"]: p for p in r.summary["probes"]}
    for name, account in accounts.items():
        check(account["hits"] == CALLS, lambda: "%r" % account)
        check(account["delivered"] == len(shown.get(name, [])), lambda: "%r, %d shown" % (account, len(shown[name])))
        check(account["hits"] == account["delivered"] + account["filtered"] + account["limited"], lambda: "%r" % account)
    check(set(accounts) == set(shown), lambda: "shown %r of %r" % (set(shown), set(accounts)))
    return shown, accounts


def exact(options, probe, want):
    """The indices that are let through are exactly those for which want(i) holds."""
    def case():
        shown, _ = run(options, ["p: main.hot:entry " + probe])
        wanted = [i for i in range(CALLS) if want(i)]
        check(shown["p"] == wanted, lambda: "%d shown, %d wanted; %r, %r" % (
            len(shown["p"]), len(wanted), shown["p"][:5], wanted[:5]))
    return case


def log_firsts():
    """What is no first is limited, but not by the rate of sonde log: no warning says so."""
    live.need_live()
    with live.Target(live.program("hot"), 10 * CALLS) as target:
        with live.Sonde("log", "-p", target.pid, 'main.hot "{i}"; first-per=i%5') as sonde:
            sonde.tracing()
            target.release()
            target.wait()
            sonde.wait()
            check("5 delivered, 0 filtered, %d limited" % (10 * CALLS - 5) in sonde.err(), sonde.err())
            check("--rate" not in sonde.err(), sonde.err())


def by_key():
    """All hits of a key or none, about one key of eight; a key that is sampled elsewhere is the same."""
    shown, _ = run(["--sample", "1/8", "--sample-by", "i % 1000"],
                   ["p: main.hot:entry {i}", "q: main.hot:entry {i} if i < 100000"])
    keys = set(i % 1000 for i in shown["p"])
    check(shown["p"] == [i for i in range(CALLS) if i % 1000 in keys], "a key was shown in part")
    check(60 <= len(keys) <= 200, lambda: "%d keys of 1000, 125 were to be expected" % len(keys))
    check(shown["q"] == [i for i in shown["p"] if i < 100000], "the two probes chose different keys")
    return "%d of 1000 keys" % len(keys)


def rate(options, probe, least, most):
    """Between what may be saved up and what some seconds let through."""
    def case():
        shown, accounts = run(options, ["p: main.hot:entry " + probe])
        n = len(shown["p"])
        check(shown["p"][:least] == list(range(least)), lambda: "the first ones were not let through: %r" % shown["p"][:5])
        check(least <= n <= most, lambda: "%d let through, not %d to %d" % (n, least, most))
        check(accounts["p"]["limited"] == CALLS - n, lambda: "%r" % accounts)
        return "%d let through" % n
    return case


def pairs():
    """A call is let through or not as a whole: no return passes for another call's."""
    live.need_live()
    r = live.trace(live.program("hot"), ["main.hot"], ["--sample", "1/97"], target_args=[CALLS], target_status=7)
    check(len(r.events) == -(-CALLS // 97), lambda: "%d calls" % len(r.events))
    for k, e in enumerate(r.events):
        i, x = e["args"]["i"], e["args"]["x"]
        check(e["kind"] == "call" and i == 97 * k, lambda: "%r" % e)
        if i & 0xffff != 0xffff:
            check(e["results"]["~r0" if "~r0" in e["results"] else next(iter(e["results"]))] ==
                  (x * 6364136223846793005 + i) % 2**64, lambda: "another call's result: %r" % e)
    check(r.summary["limited"] == CALLS - len(r.events), lambda: "%r" % r.summary)


def wrong():
    """What makes no sense is said so."""
    for options, words in ((["--sample-by", "i"], "--sample 1/N"),
                           (["--sample", "1/2", "--sample-by", "i", "--first-per", "i"], "exclude each other"),
                           (["--first-per", "nosuch"], "nosuch"), (["--first-per", "i +"], "i +"),
                           (["--rate", "0"], "--rate"), (["--sample", "2/3"], "--sample")):
        status, out, err = live.sonde("trace", *options, live.program("hot"), "main.hot:entry")
        check(status == 2 and words in err and not out, lambda: "%r: %d %r" % (options, status, err))


def equals(*options):
    status, out, err = live.sonde("trace", "--format", "json", *options, "runtime.memequal", "--", live.program("hot"), "1")
    events, summary = live.parse_events("\n".join(line for line in out.split("\n") if line.startswith("{")))
    check(status == 9, lambda: "%d, not that of a target that is not released: %s" % (status, err))
    return collections.Counter(e["kind"] for e in events), summary["probes"][0]


def apart():
    """Calls that leave through a jump end unseen: with entries left out a return could belong to any of them."""
    live.need_live()
    kinds, _ = equals()
    check(kinds["call"] and kinds["unwound"], lambda: "it was to end seen and unseen: %r" % kinds)
    kinds, a = equals("--sample", "1/2")
    check(set(kinds) == {"entry"} and kinds["entry"] == a["delivered"] > 10, lambda: "%r, %r" % (kinds, a))
    check(a["hits"] == a["delivered"] + a["limited"], lambda: "%r" % a)
    return "%d entries" % kinds["entry"]


def cases(ctx):
    yield Case("taming sample", exact(["--sample", "1/1000"], "{i}", lambda i: i % 1000 == 0))
    yield Case("taming sample behind a condition", exact(["--sample", "1/10"], "{i} if i % 7 == 3", lambda i: i % 70 == 3))
    yield Case("taming sample option", exact([], "{i}; sample=1/500", lambda i: i % 500 == 0))
    yield Case("taming first-per", exact(["--first-per", "i / 1000"], "{i}", lambda i: i % 1000 == 0))
    yield Case("taming first-per option", exact([], "{i}; first-per=i%5", lambda i: i < 5))
    yield Case("taming log first-per", log_firsts)
    yield Case("taming sample-by", by_key)
    yield Case("taming rate", rate(["--rate", "100/s"], "{i}", 100, 100 * 60))
    yield Case("taming rate option", rate(["--rate", "7"], "{i}; rate=20/s", 20, 20 * 60))
    yield Case("taming pairs", pairs)
    yield Case("taming of calls that end unseen", apart)
    yield Case("taming wrong", wrong)
