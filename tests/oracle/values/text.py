# SPDX-License-Identifier: BSD-2-Clause
"""What must hold of each line of text output, whatever the values are: one event a line, the parameters by name and in order,
quotes and brackets that close, nothing that a terminal would take for more than text."""
import re

from compare import plain_name

EVENT = re.compile(r"^\d\d:\d\d:\d\d\.\d{6} g\d+ (main\..*)$")
DURATION = re.compile(r"  \d+(\.\d+)?(ns|µs|ms|s)$")
CLOSED = {")": "(", "]": "[", "}": "{"}


def scan(line):
    """(parts, fault): the text within quotes taken out, cut at the commas that no bracket encloses."""
    open_, parts, at, i = [], [""], "", 0
    while i < len(line):
        c = line[i]
        if c == '"':
            found = re.compile(r'"([^"\\]|\\.)*"').match(line, i)
            if not found:
                return None, "a quote that does not end: %s" % line[i:i + 60]
            parts[-1] += '""'
            i = found.end()
            continue
        if c == "<" and line.startswith("<-", i):
            parts[-1] += "<-"
            i += 2
            continue
        if c in "([{":
            open_.append(c)
        elif c in ")]}":
            if not open_ or open_.pop() != CLOSED[c]:
                return None, "%s that nothing opens: %s" % (c, line[max(i - 60, 0):i + 1])
        if c == "," and not open_:
            parts.append("")
        else:
            parts[-1] += c
        i += 1
    return (parts, None) if not open_ else (None, "%s is not closed" % open_[-1])


def enclosed(text, at):
    """What is between the bracket at `at` and the one that closes it, and where that is."""
    depth, i = 0, at
    while i < len(text):
        if text[i] == '"':
            found = re.compile(r'"([^"\\]|\\.)*"').match(text, i)
            i = found.end() if found else len(text)
            continue
        depth += (text[i] in "([{") - (text[i] in ")]}")
        if not depth:
            return text[at + 1:i], i
        i += 1
    return None, None


def end_of_name(text):
    """Where the parameters of main.f[int](…), main.(*T[int]).f(…) begin."""
    i, depth = len("main.") + 1, 0
    if text[i - 1] == "(":
        i = enclosed(text, i - 1)[1] or len(text)
    while i < len(text) and (depth or text[i] != "("):
        depth += (text[i] == "[") - (text[i] == "]")
        i += 1
    return i


def fault(line, params, ordered=True):
    """What is wrong with a line; params: {function without type arguments: names}, in their order if it is known. None:
    nothing."""
    if any(not c.isprintable() and c != " " for c in line):
        return "a character that does not print: %r" % line[:300]
    event = EVENT.match(line)
    if not event:
        return "no event: %s" % line[:100]
    text = DURATION.sub("", event.group(1))
    begin = end_of_name(text)
    inside, _ = enclosed(text, begin)
    names = params.get(plain_name(text[:begin]))
    if names is None or inside is None:
        return "no function of the program: %s" % text[:100]
    _, wrong = scan(text)
    if wrong:
        return wrong
    parts, _ = scan(inside)
    got = [p.strip().split("=")[0] for p in parts if p.strip()]
    if not ordered:
        got, names = sorted(got), sorted(names)
    return None if got == names else "parameters %s, not %s" % (got, names)
