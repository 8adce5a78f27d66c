# SPDX-License-Identifier: BSD-2-Clause
"""Compares what sonde said with what the traced program did, value by value.

A value is right, or a reason ({"unavailable": ...}) is given for not having it, which is counted; anything else is
wrong. The shapes of the truth are described in targets/truth/truth.go. deep=True: an interface, map, channel or function
of which only the type and the address are shown counts as a reason as well.
"""
import collections
import json
import os
import math
import re

STRING_LIMIT = 256
ITEM_LIMIT = 16


class Comparison:
    def __init__(self, deep=False):
        self.deep = deep
        self.path = []  # addresses of the pointers above this value
        self.values = 0
        self.missing = 0  # messages of errors that are not shown
        self.parts = 0  # large or scattered maps of which fewer than the limit are shown
        self.calls = 0
        self.reasons = collections.Counter()
        self.wrong = []
        self.notes = []

    def bad(self, where, text):
        self.wrong.append("%s: %s" % (where, text))

    def reason(self, text):
        if text == "unused argument, lost in the stack check":  # up to the scheduler; test_exact.py counts them
            return
        self.reasons[re.sub(r"0x[0-9a-f]+|\d+", "N", str(text))] += 1

    def summary(self):
        text = "%d calls, %d values, %d reasons" % (self.calls, self.values, sum(self.reasons.values()))
        if self.missing:
            text += ", %d errors without their message" % self.missing
        if self.parts:
            text += ", %d maps shown below the limit" % self.parts
        return text + "".join(", " + n for n in self.notes)


def short(value):
    text = json.dumps(value)
    return text if len(text) <= 160 else text[:120] + " ... " + text[-30:]


def plain_name(function):
    """A function's name without type arguments: main.(*list[go.shape.int]).Push is main.(*list).Push."""
    out, depth = [], 0
    for c in function:
        if c == "[":
            depth += 1
        elif c == "]" and depth:
            depth -= 1
        elif not depth:
            out.append(c)
    return "".join(out)


def plain_type(name):
    name = re.sub(r"[\w.\-]+/", "", name).replace(" ", "")
    return re.sub(r"\bany\b", "interface{}", name)


def is_number(v):
    return isinstance(v, (int, float)) and not isinstance(v, bool)


def text_bytes(got):
    """(bytes, cut or None) of a string or []byte as sonde shows it; None if it is neither."""
    cut = None
    if isinstance(got, dict) and "cut" in got:
        cut = got["cut"]
        rest = {k: v for k, v in got.items() if k != "cut"}
        got = rest["value"] if set(rest) == {"value"} else rest
    if isinstance(got, dict) and set(got) == {"hex"} and isinstance(got["hex"], str):
        try:
            return bytes.fromhex(got["hex"]), cut, "hex"
        except ValueError:
            return None
    if isinstance(got, str):
        try:
            return got.encode("utf-8"), cut, "text"
        except UnicodeEncodeError:
            return None
    return None


def compare_text(c, where, truth, got, is_bytes):
    found = text_bytes(got)
    if found is None:
        return c.bad(where, "%s, not %s" % (short(got), short(truth.decode("utf-8", "backslashreplace"))))
    data, cut, form = found
    if cut is None:
        if data != truth:
            return c.bad(where, "%s, not %r" % (short(got), truth[:200]))
        if len(truth) > STRING_LIMIT:
            return c.bad(where, "%d bytes, and %d are the most" % (len(truth), STRING_LIMIT))
    else:
        if cut.get("len") != len(truth) or cut.get("shown") != len(data) or not 0 <= len(data) < len(truth):
            return c.bad(where, "cut %r of %d bytes, %d of %d shown" % (cut, len(truth), len(data), len(truth)))
        if not truth.startswith(data):
            return c.bad(where, "%s does not start %r" % (short(got), truth[:64]))
        if len(data) > STRING_LIMIT:
            return c.bad(where, "%d bytes, and %d are the most" % (len(data), STRING_LIMIT))
        if len(truth) <= STRING_LIMIT:
            c.reason("cut below the limit")
    shown = truth[:len(data)]
    if is_bytes and form == "text" and any(b < 32 and b not in b"\t\n\r" or b == 127 for b in shown):
        c.bad(where, "bytes that are not text are shown as text: %s" % short(got))
    if form == "hex":
        try:
            # Cutting may have split the last character.
            text = shown.decode("utf-8")
            if not is_bytes or (shown.isascii() and all(b in b"\t\n\r" or 32 <= b < 127 for b in shown)):
                c.bad(where, "text is shown as hex: %r" % text[:60])
        except UnicodeDecodeError:
            pass


def compare_list(c, where, truth, got):
    cut = None
    if isinstance(got, dict) and set(got) == {"value", "cut"}:
        got, cut = got["value"], got["cut"]
    if not isinstance(got, list):
        return c.bad(where, "%s, not %s" % (short(got), short(truth)))
    if cut is None:
        if len(got) != len(truth):
            return c.bad(where, "%d elements, not %d" % (len(got), len(truth)))
        if len(truth) > ITEM_LIMIT:
            return c.bad(where, "%d elements, and %d are the most" % (len(truth), ITEM_LIMIT))
    else:
        if cut.get("len") != len(truth) or cut.get("shown") != len(got) or not len(got) < len(truth):
            return c.bad(where, "cut %r of %d elements, %d shown" % (cut, len(truth), len(got)))
        if len(got) > ITEM_LIMIT:
            return c.bad(where, "%d elements, and %d are the most" % (len(got), ITEM_LIMIT))
        if len(truth) <= ITEM_LIMIT:
            c.reason("cut below the limit")
    for i, one in enumerate(got):
        compare_value(c, "%s[%d]" % (where, i), truth[i], one)


def compare_object(c, where, truth, got):
    if not isinstance(got, dict) or list(got) != list(truth):
        return c.bad(where, "%s, not %s" % (short(got), short(truth)))
    for name in truth:
        compare_value(c, "%s.%s" % (where, name), truth[name], got[name])


def compare_word(c, where, truth, got):
    """Interfaces, maps, channels and functions: type, address, what is in them."""
    kind = truth["$kind"]
    if kind == "map" and is_contents(got):
        if not (isinstance(got, dict) and set(got) == {"value", "cut"}):
            got = {"value": got}
        compare_map(c, where, truth, got)
        return None
    if not isinstance(got, dict):
        return c.bad(where, "%s, not a %s" % (short(got), kind))
    if "type" not in got:
        c.reason("no type of a %s" % kind)
    elif "go.shape." in str(got["type"]):
        c.reason("only the shape of a generic type")
    elif plain_type(str(got["type"])) != plain_type(truth["type"]):
        c.bad(where, "type %s, not %s" % (got["type"], truth["type"]))
    addresses = [a for a in (truth["addr"], truth.get("code")) if a and a != "0x0"]
    if kind == "iface" and truth["type"].startswith("*") and truth["value"] is None:
        addresses = ["0x0"]
    if "addr" not in got:
        if kind != "iface" or "value" not in got:
            c.reason("no address of a %s" % kind)
    elif addresses and got["addr"] not in addresses:
        c.bad(where, "address %s, not %s" % (got["addr"], " or ".join(addresses)))
    for name in ("len", "cap"):
        if name not in truth:
            continue
        value = got.get(name)
        if value is None or is_unavailable(value):
            c.reason("no %s of a %s" % (name, kind))
        elif value != truth[name] or isinstance(value, bool):
            c.bad(where, "%s %s, not %s" % (name, value, truth[name]))
    known = {"type", "addr"} | CONTENTS[kind](c, where, truth, got)
    for name in got:
        if name not in known:
            c.bad(where, "a member %s that nobody can check: %s" % (name, short(got[name])))


def is_contents(got):
    """Whether this is what a map holds, and not only its type, address and length."""
    return isinstance(got, list) or (isinstance(got, dict) and not {"type", "addr"} <= set(got))


def undecoded(c, what):
    if c.deep:
        c.reason(what)


def compare_iface(c, where, truth, got):
    if "value" in got:
        compare_value(c, where + ".(value)", truth["value"], got["value"])
    elif truth["value"] is not None:
        undecoded(c, "no value of an interface")
    if "text" in got:
        right = [truth["error"]] if "error" in truth else truth.get("texts") or texts(truth)
        if got["text"] not in right:
            c.bad(where, "text %s, not %s" % (short(got["text"]), short(right)))
    elif "error" in truth:
        c.missing += 1
    return {"value", "text"}


def texts(truth):
    """The texts that a type's own methods would give for a value, or for what it points to."""
    while isinstance(truth, dict) and "$kind" in truth:
        if truth["$kind"] == "known":
            return truth["texts"]
        truth = truth.get("to", truth.get("value"))
    return []


def shown(c, where, what, got, size, scattered=False):
    """The elements that are shown of `size`; None if none. What is missing below the limit counts as reasons."""
    value, cut = got.get("value"), got.get("cut")
    if isinstance(value, dict) and set(value) == {"value", "cut"}:
        value, cut = value["value"], value["cut"]
    if is_unavailable(value):
        if scattered and got.get("len") == size:
            c.parts += 1
        else:
            c.reason(value["unavailable"])
        return None
    if value is None:
        if size and os.environ.get("SONDE_LIVE_REASONS"):
            print("reason: %s: %s of %d" % (where, short(got), size))
        if scattered and got.get("len") == size:
            c.parts += 1
        elif size:
            undecoded(c, "no contents of a %s" % what)
        return None
    if not isinstance(value, (list, dict)):
        c.bad(where, "contents %s" % short(value))
        return None
    if len(value) > min(size, ITEM_LIMIT):
        c.bad(where, "%d elements, and there are %d, of which %d at most are shown" % (len(value), size, ITEM_LIMIT))
        return None
    if cut is not None and (cut.get("len") != size or cut.get("shown") != len(value) or len(value) == size):
        c.bad(where, "cut %r of %d elements, %d shown" % (cut, size, len(value)))
    if cut is None and len(value) < size:
        c.bad(where, "%d elements, and there are %d, and no cut" % (len(value), size))
    if scattered or (what == "map" and size > ITEM_LIMIT and value):
        # How many of a large one are found within the limits depends on where their hashes put them.
        c.parts += len(value) < min(size, ITEM_LIMIT)
        return value
    if len(value) < min(size, ITEM_LIMIT) and os.environ.get("SONDE_LIVE_REASONS"):
        print("reason: %s: %d of %d" % (where, len(value), size))
    for _ in range(min(size, ITEM_LIMIT) - len(value)):
        c.reason("element of a %s not shown" % what)
    return value


def compare_map(c, where, truth, got):
    value = shown(c, where, "map", got, truth["len"], truth.get("scattered"))
    if isinstance(value, dict):
        value = [list(pair) for pair in value.items()]
    rest = list(truth["pairs"]) if "pairs" in truth else None
    c.path.append(truth["addr"])
    for pair in value or ():
        if not isinstance(pair, list) or len(pair) != 2:
            c.bad(where, "%s is no pair" % short(pair))
            continue
        for i, one in enumerate(rest):
            trial = Comparison(c.deep)
            trial.path = c.path
            compare_value(trial, where + " key", one[0], pair[0])
            compare_value(trial, "%s[%s]" % (where, short(pair[0])), one[1], pair[1])
            if not trial.wrong:
                c.values += trial.values
                c.missing += trial.missing
                c.reasons.update(trial.reasons)
                del rest[i]
                break
        else:
            c.bad(where, "%s is not in it" % short(pair))
    c.path.pop()
    return {"len", "value", "cut"}


def compare_chan(c, where, truth, got):
    if "elems" not in truth:
        # Reflection cannot look into it, and the program did not say.
        return {"len", "cap", "value", "cut", "closed", "senders", "receivers"}
    value = shown(c, where, "chan", got, truth["len"])
    for i, one in enumerate(value or ()):
        compare_value(c, "%s[%d]" % (where, i), truth["elems"][i], one)
    for name in ("closed", "senders", "receivers"):
        if name not in got:
            if truth[name]:
                undecoded(c, "no %s of a chan" % name)
        elif type(got[name]) is not type(truth[name]) or got[name] != truth[name]:
            c.bad(where, "%s %s, not %s" % (name, got[name], truth[name]))
    return {"len", "cap", "value", "cut", "closed", "senders", "receivers"}


def compare_func(c, where, truth, got):
    if "name" not in truth:
        pass
    elif "name" not in got:
        undecoded(c, "no name of a func")
    elif plain_name(str(got["name"])).replace("-fm", "") != plain_name(truth["name"]).replace("-fm", ""):
        # The runtime may name a method value after the method that is inlined into it.
        c.bad(where, "%s, not %s" % (got["name"], truth["name"]))
    if "file" in got and os.path.basename(str(got["file"])) != os.path.basename(truth["file"]):
        c.bad(where, "file %s, not %s" % (got["file"], truth["file"]))
    if "line" in got and got["line"] != truth["line"]:
        c.bad(where, "line %s, not %s" % (got["line"], truth["line"]))
    if "captured" in truth:
        variables = got.get("captured")
        if not isinstance(variables, dict) or is_unavailable(variables):
            undecoded(c, "no captured variables")
        else:
            for name, value in variables.items():
                if name.lstrip("&") not in truth["captured"]:
                    c.bad(where, "a variable %s that is not captured" % name)
                elif name[0] == "&" and is_unavailable(value):
                    c.reason(value["unavailable"])  # its address is not told
                else:
                    compare_value(c, "%s %s" % (where, name), truth["captured"][name.lstrip("&")], value)
    return {"name", "file", "line", "captured"}


CONTENTS = {"iface": compare_iface, "map": compare_map, "chan": compare_chan, "func": compare_func}


def is_prefix(got, texts):
    """Whether what is shown of a text that is cut is the beginning of one of these."""
    data, cut, _ = text_bytes(got)
    wholes = [text_bytes(t)[0] for t in texts]
    return any(cut == {"shown": len(data), "len": len(w)} and len(data) < len(w) and w.startswith(data) and
               len(data) <= STRING_LIMIT for w in wholes)


def compare_known(c, where, truth, got):
    """A type with a text of its own: one of the texts, or its plain structure."""
    if isinstance(got, dict) and set(got) == {"text", "value"}:
        if got["text"] not in truth["texts"]:
            c.bad(where, "text %s, not %s" % (short(got["text"]), short(truth["texts"])))
        got = got["value"]
    elif not is_number(got) and got is not None and got in truth["texts"]:
        return None
    elif isinstance(got, int) and not isinstance(got, bool) and str(got) in truth["texts"]:
        return None
    elif isinstance(got, dict) and "cut" in got and text_bytes(got) and is_prefix(got, truth["texts"]):
        return None
    elif "held" in truth and (got is None or (isinstance(got, dict) and "type" in got)):
        return compare_value(c, where, truth["held"], got)
    c.values -= 1
    return compare_value(c, where, truth["plain"], got)


def compare_gone(c, where, truth, got):
    """What lies in memory that cannot be read: a reason, or a prefix marked as one; never anything else."""
    if isinstance(got, dict) and "cut" in got:
        prefix, found = bytes.fromhex(truth["hex"]), text_bytes(got)
        if found and found[1].get("len") == truth["len"] and prefix.startswith(found[0]):
            return None
    if isinstance(got, dict) and set(got) == {"value", "cut"} and got["value"] == [] and got["cut"]["shown"] == 0:
        return None
    if isinstance(got, dict) and got and all(is_unavailable(v) for v in got.values()):
        return None  # a struct, field by field
    return c.bad(where, "%s, and it cannot be read" % short(got))


def pointers(truth):
    """The addresses of a pointer and of the pointers that it leads to directly: JSON shows only what is at their end."""
    found = []
    while isinstance(truth, dict) and truth.get("$kind") == "ptr":
        found.append(truth["addr"])
        truth = truth["to"]
    return found, truth


def compare_cycle(c, where, truth, got):
    """A pointer said to be a cycle is one if it is above itself."""
    found, _ = pointers(truth)
    addr = got.get("addr", got.get("cycle"))
    if addr not in found or (c.path + found).count(addr) < 2:
        c.bad(where, "no cycle: %s" % short(got))


def is_unavailable(got):
    return isinstance(got, dict) and isinstance(got.get("unavailable"), str)


def compare_value(c, where, truth, got):
    c.values += 1
    kind = truth.get("$kind") if isinstance(truth, dict) else None
    if kind == "deep":
        return None
    if kind == "ptr" and isinstance(got, dict) and (str(got.get("unavailable", "")).startswith("cycle") or
                                                    "cycle" in got):
        return compare_cycle(c, where, truth, got)
    if kind == "map" and is_unavailable(got) and got["unavailable"] == "cycle":
        if truth["addr"] not in c.path or got.get("addr", truth["addr"]) != truth["addr"]:
            c.bad(where, "no cycle: %s" % short(got))
        return None
    if kind == "gone":
        return None if is_unavailable(got) else compare_gone(c, where, truth, got)
    if is_unavailable(got):
        if truth is None and got.get("addr", "0x0") != "0x0":
            return c.bad(where, "address %s, and it is nil" % got["addr"])
        if kind == "ptr":
            found, end = pointers(truth)
            if isinstance(end, dict) and end.get("$kind") in CONTENTS:
                found.append(end["addr"])
            if "addr" in got and got["addr"] not in found:
                c.bad(where, "address %s, not %s" % (got["addr"], " or ".join(found)))
            if isinstance(end, dict) and end.get("$kind") == "gone":
                return None
        if os.environ.get("SONDE_LIVE_REASONS"):
            print("reason: %s: %s" % (where, got))
        return c.reason(got["unavailable"])
    if kind == "bytes":
        return compare_text(c, where, bytes.fromhex(truth["hex"]), got, True)
    if kind == "ptr":
        if got is None:
            end = pointers(truth)[1]
            if end is None or (isinstance(end, dict) and "plain" in end and end.get("held", end["plain"]) is None):
                return None  # what it points to is shown in its place, and that is nil
            return c.bad(where, "nil, not a pointer to %s" % short(truth["to"]))
        c.path.append(truth["addr"])
        compare_value(c, where, truth["to"], got)
        c.path.pop()
        return None
    if kind == "known":
        return compare_known(c, where, truth, got)
    if kind:
        return compare_word(c, where, truth, got)
    if isinstance(truth, str) and isinstance(got, str) and truth == got:
        return None
    if isinstance(truth, str):
        return compare_text(c, where, truth.encode("utf-8"), got, False)
    if isinstance(truth, dict) and set(truth) == {"hex"}:
        return compare_text(c, where, bytes.fromhex(truth["hex"]), got, False)
    if isinstance(truth, dict):
        return compare_object(c, where, truth, got)
    if isinstance(truth, list):
        return compare_list(c, where, truth, got)
    if isinstance(truth, float):
        if not is_number(got) or float(got) != truth or math.copysign(1, got) != math.copysign(1, truth):
            c.bad(where, "%s, not %r" % (short(got), truth))
        return None
    if truth is None or isinstance(truth, (bool, int)):
        if type(got) is not type(truth) or got != truth:
            c.bad(where, "%s, not %s" % (short(got), short(truth)))
        return None
    raise AssertionError("a truth of no known shape: %r" % (truth,))


def compare_names(c, where, what, truth, got, blanks_known):
    """The members of args or results against the truth's, in order; yields the ones that both have."""
    if got is None:
        if truth:
            c.bad(where, "no %s" % what)
        return
    names = list(got)
    expected = list(truth)
    if what == "results":
        # A blank result may go by either name.
        names = ["_" if n == "r%d" % i and i < len(expected) and expected[i] == "_" else n for i, n in enumerate(names)]
    values = dict(zip(names, got.values()))
    missing = [n for n in expected if n not in values]
    for n in missing:
        if what == "args" and re.fullmatch(r"_\d*", n) and not blanks_known:
            c.reason("blank parameter not in the debug information")
        else:
            c.bad(where, "no %s among the %s %s" % (n, what, list(got)))
    present = [n for n in expected if n in values]
    if names != present and sorted(names) == sorted(present) and not blanks_known:
        # Go to 1.16 lists parameters of size zero after their neighbours, and nothing says where they belong.
        c.reason("order of parameters of size zero")
    elif names != present:
        c.bad(where, "%s are %s, not %s" % (what, list(got), expected))
        return
    for n in names:
        yield n, truth[n], values[n]


def compare_types(c, where, truth, function):
    """The type arguments in a function's name: main.maxOf[int], main.(*list[string]).Push."""
    found = re.search(r"\[(.*)\]", function)
    if not found or found.group(1) == "..." or "go.shape." in found.group(1):
        if os.environ.get("SONDE_LIVE_REASONS"):
            print("reason: %s: types %s of %s" % (where, truth, function))
        c.reason("no concrete type arguments")
    elif plain_type(found.group(1)) != plain_type(truth):
        c.bad(where, "type arguments %s, not %s" % (found.group(1), truth))


def compare_call(c, where, truth, got, values, blanks_known):
    c.calls += 1
    if "targs" in truth:
        compare_types(c, where, truth["targs"], str(got.get("func")))
    if "goid" in truth:
        if "goid" not in got:
            c.reason("no goroutine")
        elif got["goid"] != truth["goid"]:
            c.bad(where, "goroutine %s, not %s" % (got["goid"], truth["goid"]))
    if truth.get("kind", "call") == "call":
        duration = got.get("duration_ns")
        if not isinstance(duration, int) or isinstance(duration, bool) or duration < 0:
            c.bad(where, "duration %r" % (duration,))
        elif duration < truth.get("min_ns", 0):
            c.bad(where, "duration %d, and it slept %d" % (duration, truth["min_ns"]))
    elif got.get("results"):
        c.bad(where, "results of a call that never returned: %s" % short(got["results"]))
    for what in ("args", "results"):
        if what not in truth:
            continue
        whole = got.get(what)
        if is_unavailable(whole) and len(whole) == 1 and "unavailable" not in truth[what]:
            if values:
                for _ in truth[what]:
                    c.values += 1
                    c.reason(whole["unavailable"])
        elif values:
            for name, t, g in compare_names(c, where, what, truth[what], got.get(what), blanks_known):
                compare_value(c, "%s %s %s" % (where, what[:-1], name), t, g)
        else:
            for name, g in (got.get(what) or {}).items():
                if not is_unavailable(g):
                    c.bad(where, "a value without debug information: %s=%s" % (name, short(g)))


def matches(truth, got, values, blanks_known):
    trial = Comparison()
    compare_call(trial, "", truth, got, values, blanks_known)
    return not trial.wrong


def compare_in_order(c, where, truth, got, values, blanks_known):
    for i, (t, g) in enumerate(zip(truth, got)):
        compare_call(c, "%s call %d" % (where, i), t, g, values, blanks_known)


def compare_as_set(c, where, truth, got, values, blanks_known):
    rest = list(truth)
    for g in got:
        for i, t in enumerate(rest):
            if matches(t, g, values, blanks_known):
                compare_call(c, where, t, g, values, blanks_known)
                del rest[i]
                break
        else:
            c.bad(where, "nothing the program did: %s" % short({k: g.get(k) for k in ("kind", "goid", "args")}))


def by_goroutine(events):
    groups = collections.defaultdict(list)
    for e in events:
        groups[e.get("goid")].append(e)
    return groups


class Truth:
    """What a program's lines say, by function."""

    def __init__(self, lines):
        self.calls = collections.defaultdict(list)
        self.unwound = collections.defaultdict(list)
        self.open = collections.defaultdict(list)
        self.counts = {}
        self.unordered = set()
        self.absent = set()
        self.notes = []
        self.functions = []
        for line in lines:
            if not line.startswith("{"):
                continue
            event = json.loads(line)
            kind, function = event.get("kind", "call"), event.get("func")
            if function and function not in self.functions:
                self.functions.append(function)
            if kind == "call":
                self.calls[function].append(event)
            elif kind == "unwound":
                self.unwound[function].append(event)
            elif kind == "open":
                self.open[function].append(event)
            elif kind == "count":
                self.counts[function] = (event["calls"], event["unwound"])
            elif kind == "unordered":
                self.unordered.add(function)
            elif kind == "absent":
                self.absent.add(function)
            elif kind == "note":
                self.notes.append("%d %s" % (event["value"], event["name"]))
            else:
                raise AssertionError("a line of no known kind: %s" % line)


def compare(lines, events, pid=None, start=0, end=1 << 63, values=True, blanks_known=True, deep=False):
    """All that sonde said about a program against all that it did. values=False: names, counts, pairs only."""
    c = Comparison(deep)
    truth = Truth(lines)
    c.notes = truth.notes
    seen = collections.defaultdict(lambda: collections.defaultdict(list))
    for e in events:
        function = plain_name(str(e.get("func")))
        kind = e.get("kind")
        if kind not in ("call", "unwound", "open"):
            c.bad(function, "an event of kind %r" % (kind,))
        if function not in truth.functions:
            c.bad(function, "an event of a function that was not asked for")
        if pid is not None and e.get("pid") != pid:
            c.bad(function, "process %s, not %s" % (e.get("pid"), pid))
        if not isinstance(e.get("tid"), int) or e["tid"] <= 0:
            c.bad(function, "thread %r" % (e.get("tid"),))
        if not isinstance(e.get("ts"), int) or not start - 2_000_000_000 <= e["ts"] <= end + 2_000_000_000:
            c.bad(function, "time %r is not within the run" % (e.get("ts"),))
        seen[function][kind].append(e)
        if len(c.wrong) > 100:
            return c

    for function in truth.functions:
        calls, unwound, still = (seen[function][k] for k in ("call", "unwound", "open"))
        if function in truth.counts:
            n, gone = truth.counts[function]
            c.calls += len(calls) + len(unwound)
            if (len(calls), len(unwound), len(still)) != (n, gone, 0):
                c.bad(function, "%d calls, %d unwound, %d open, not %d, %d, 0" %
                      (len(calls), len(unwound), len(still), n, gone))
            for e in calls:
                if not isinstance(e.get("duration_ns"), int) or e["duration_ns"] < 0:
                    c.bad(function, "duration %r" % (e.get("duration_ns"),))
            continue
        expected = truth.calls[function]
        if len(calls) != len(expected):
            c.bad(function, "%d calls, not %d" % (len(calls), len(expected)))
            continue
        if function in truth.unordered:
            groups, got = by_goroutine(expected), by_goroutine(calls)
            for goid in set(groups) | set(got):
                where = "%s g%s" % (function, goid)
                if len(groups[goid]) != len(got[goid]):
                    c.bad(where, "%d calls, not %d" % (len(got[goid]), len(groups[goid])))
                compare_in_order(c, where, groups[goid], got[goid], values, blanks_known)
        else:
            compare_in_order(c, function, expected, calls, values, blanks_known)

        # A goroutine that ended by Goexit is seen to have ended only if something says so.
        gone = truth.unwound[function]
        if len(unwound) + len(still) != len(gone) + len(truth.open[function]):
            c.bad(function, "%d unwound and %d open, not %d and %d" %
                  (len(unwound), len(still), len(gone), len(truth.open[function])))
            continue
        for _ in range(len(gone) - len(unwound)):
            c.reason("open, not unwound")
        if len(unwound) > len(gone):
            c.bad(function, "%d unwound, not %d" % (len(unwound), len(gone)))
        compare_as_set(c, function + " unwound", gone + truth.open[function], unwound + still, values, blanks_known)
        if len(c.wrong) > 100:
            break
    return c
