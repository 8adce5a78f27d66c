# SPDX-License-Identifier: BSD-2-Clause
"""Wrong expressions: exit code 2, one line that says what is wrong, carets under the very place, and a hint where one helps."""
import os
import re
import tempfile

import live
from live import Case, Failure, check

# (probe, what the carets are under, the message or its beginning, the hint or its beginning)
WRONG = (
    ("main.scalars{i9}", "i9",
     "no variable 'i9' in main.scalars", "sonde explain TARGET 'main.scalars' lists what is in scope there"),
    ('main.scalars{i8 == "x"}', 'i8 == "x"',
     "'i8' is int8 and '\"x\"' is a string: == wants both of one type", "a character is written in single quotes: 'x'"),
    ("main.scalars{i8 == 300}", "300", "300 does not fit int8 (-128 to 127)"),
    ("main.scalars{i8 + u8}", "i8 + u8",
     "'i8' is int8 and 'u8' is uint8: + wants both of one type", "convert one of them: uint8(i8)"),
    ("main.scalars{s + 1}", "s + 1", "'s' is string and '1' is an integer: + wants both of one type"),
    ("main.scalars{s.len}", "s", "'s' is of type string, which has no fields"),
    ("main.scalars{s[}", "}", "unexpected '}' where an operand should be"),
    ("main.scalars{len(i8)}", "i8", "'i8' is of type int8, which has no length"),
    ("main.scalars{i8.x}", "i8", "'i8' is of type int8, which has no fields"),
    ("main.scalars{*i8}", "*i8", "'i8' is of type int8, which is no pointer"),
    ("main.scalars{i8 = 3}", "=", "did you mean '=='?"),
    ("main.scalars{foo(i8)}", "foo",
     "'foo' is not there: the program's own functions are not called", "there are len cap matches"),
    ("main.scalars{b && i8}", "i8", "an operand of && is a bool, and 'i8' is int8"),
    ("main.scalars if i8", "i8", "a condition is a bool, and 'i8' is int8"),
    ("main.scalars{!i8}", "i8", "the operand of ! is a bool, and 'i8' is int8"),
    ('main.scalars{strings.HasPrefx(s, "a")}', "strings.HasPrefx",
     "strings.HasPrefx is not there: strings has HasPrefix, HasSuffix"),
    ("main.scalars{strings.HasPrefix(s)}", "strings.HasPrefix(s)", "strings.HasPrefix takes two strings"),
    ("main.scalars{strings.HasPrefix(s, 1)}", "1", "text is wanted, and '1' is int"),
    ('main.scalars{matches(s, "(")}', '"("', "bad regular expression: Unmatched ( or \\("),
    ("main.scalars{matches(s, s)}", "s", 'a regular expression is a constant string: "^user/"'),
    ("main.scalars{i8 << 1.5}", "1.5", "shifts are for integers, and '1.5' is a float"),
    ("main.scalars{f64 & 1}", "f64 & 1", "& is not there for float64"),
    ("main.scalars{i8 % 0}", "0", "division by zero"),
    ("main.scalars{u8 / 0}", "0", "division by zero"),
    ("main.scalars{c == Purple}", "Purple",
     "no variable 'Purple' in main.scalars", "sonde explain TARGET 'main.scalars' lists what is in scope there"),
    ("main.scalars{d > 1parsec}", "1parsec", "malformed number '1parsec'"),
    ("main.scalars{ret.2}", "ret.2", "main.scalars has 2 results: ret.0 to ret.1"),
    ("main.scalars:entry{ret.0}", "ret.0", "'ret.0' is there at a return, not at the entry", "leave out :entry"),
    ("main.scalars{stack(3) + 1}", "stack(3) + 1",
     "'stack(3)' is []string and '1' is an integer: + wants both of one type"),
    ("main.scalars{stack(500)}", "500", "the number of frames is 1 to 127"),
    ("main.scalars{}{i8}", "{", "a probe shows { } or a template, not two of them"),
    ("main.scalars{i8", "{", "'{' is never closed"),
    ('main.scalars "text {i8"', '"', "unexpected '\"' where '}' should be", "a brace that is text is written {{"),
    ('main.scalars "text {i8:z}"', "z", "'z' is no format", "formats are x X d b o c q s t v e f g and .2f .2e .2g: {n:x}"),
    ("main.scalars 'text }'", "}", "'}' without a '{' before it", "a brace that is text is written }}"),
    ("main.scalars{i8} if", "if", "a condition is missing behind 'if'"),
    ("main.scalars if b or s", "or", "did you mean '||'?"),
    ("main.scalars{'text'}", "'text'", 'more than one character in single quotes: strings are written "..."'),
    ("main.scalars:entry{duration()}", "duration()",
     "'duration()' is there at a return, not at the entry", "leave out :entry"),
    ("main.(*store).Get{p.Nam}", "Nam", "main.person has no field 'Nam'; nearest: Name"),
    ("main.(*store).Get{p.Next.Nex.Name}", "Nex", "main.person has no field 'Nex'; nearest: Next"),
    ("main.(*store).Get{p.Tags.x}", "p.Tags", "'p.Tags' is of type []string, which has no fields"),
    ('main.(*store).Get{p.Tags["x"]}', '"x"', "an index is an integer, and '\"x\"' is string"),
    ("main.(*store).Get{p.attr[1]}", "1", "'1' is an integer, and the keys of map[string]string are string"),
    ("main.(*store).Get{p == 3}", "p == 3",
     "'p' is *main.person and '3' is an integer: == wants both of one type", "an address is compared as uintptr(p)"),
    ("main.(*store).Get{p.Err.(*nosuch.T)}", "*nosuch.T", "no type '*nosuch.T' in the binary"),
    ("main.(*store).Get{p.Age.(int)}", "p.Age", "'p.Age' is of type int, which is no interface: it has that type always"),
    ("main.(*store).Get{p.Err.(type)}", "p.Err.(type)",
     ".(type) is only compared with a type", "x.(type) == *net.OpError, x.(type) != nil"),
    ("main.(*store).Get{p.Tags == p.Tags}", "p.Tags == p.Tags", "a slice can only be compared with nil"),
    ("main.(*store).Get{p.grid[5]}", "5", "index 5 is out of range of [2][3]int16 (0 to 1)"),
    ("main.(*store).Get{p.grid[-1]}", "-1", "an index is not negative"),
    ("main.(*store).Get{p.Name[3:1]}", "p.Name[3:1]", "the bounds are the wrong way round: 3 > 1"),
    ("main.(*store).Get{&3}", "&3", "'3' has no address"),
    ("main.(*store).Get{p.address.geo.Latt}", "Latt", "has no field 'Latt'; nearest: Lat"),
    ("main.(*store).Get{nil == nil}", "nil == nil", "nil is compared with nil"),
    ("main.(*store).Get{os.Foo}", "os.Foo",
     "no variable 'os' in main.(*store).Get, and no package variable or constant 'os.Foo'",
     "sonde explain TARGET 'main.(*store).Get' lists what is in scope there"),
    ("main.(*store).Get{key} if p.Name > 3; rate=10", "p.Name > 3",
     "'p.Name' is string and '3' is an integer: > wants both of one type"),
    ("main.(*store).Get{key}; rate=x", "rate=x", "write it as in rate=100/s"),
    ("main.(*store).Get{key}; sample=2", "sample=2", "write it as in sample=1/10"),
    ("main.(*store).Get{key}; bogus=2", "bogus",
     "no option of a probe is called 'bogus'", "there are rate=100/s, sample=1/10"),
    ("main.(*store).Get{key}; sample-by=kee", "sample-by=kee",
     "sample-by says what to sample by, not how much of it", "add sample=1/N"),
    ("main.scalars{goid(1)}", "goid(1)", "goid() takes no arguments, not 1"),
    ("main.scalars{hits}", "hits", "'hits' is a function: hits()"),
    ('main.scalars{int8("x")}', '"x"', "string cannot be converted to int8"),
    ('main.scalars{"abc}', '"abc}', "the string is never closed"),
    ("main.scalars{i8 i16}", "i16", "unexpected 'i16' where ',' or '}' should be"),
    ("main.scalars{,}", ",", "unexpected ',' where an operand should be"),
    ("main.scalars{i8,}", "}", "unexpected '}' where an expression should be"),
    ("main.scalars{99999999999999999999}", "99999999999999999999",
     "malformed number '99999999999999999999': larger than 64 bits"),
    ("main.scalars{i8..x}", ".", "unexpected '.' where a field's name should be"),
    ("main.scalars{i8}:return", ":", "unexpected ':' where 'if' or the end of the probe should be",
     "write main.scalars:return {i8}"),
    ("main.scalars if ret.error == nil", "ret", "main.scalars has 2 results: ret.0 to ret.1"),
)

# Files of probes: (text, lines of errors, what each says).
FILES = (
    ("main.scalars{i8}\nmain.scalars{i9}\n", ((2, "no variable 'i9' in main.scalars"),)),
    ("# a comment\n\na: main.scalars{i8\nb: main.seqs{n} if\nmain.maps{k}\n",
     ((3, "'{' is never closed"), (4, "a condition is missing behind 'if'"))),
    ("a: main.scalars{i8}\na: main.seqs{n}\n", ((2, "'a'"),)),
    ("main.scalars{i8} if i8 > 0 && \\\n  nope > 1\nmain.seqs{xs.y}\n",
     ((2, "no variable 'nope' in main.scalars"), (3, "'xs' is of type []int, which has no fields"))),
    ("s: main.scalars \\\n   'a {i8} \\\n    {i9}' \\\n  if i8 > 0 # no\nmain.seqs; \\\n  sample-by=n\nmain.nope \\\n  if x\n",
     ((3, "no variable 'i9' in main.scalars"), (6, "sample-by says what to sample by"), (7, "no function matches 'main.nope'"))),
    ("main.scalars{i8} # fine\nmain.seqs{n}; rate=fast\n", ((2, "write it as in rate=100/s"),)),
)


def shape(err):
    """(message, text above the carets, hint) of an error; None for what is not there."""
    lines = err.splitlines()
    check(lines and lines[0].startswith("sonde: "), lambda: err)
    span = hint = None
    for above, line in zip(lines, lines[1:]):
        m = re.match(r"^( +)(\^+)$", line)
        if m:
            span = above[len(m.group(1)):len(m.group(1)) + len(m.group(2))]
        if line.startswith("hint: "):
            hint = line[len("hint: "):]
    return lines[0][len("sonde: "):], span, hint


def pointed_at(version):
    def run():
        path = live.program("exprs", version)
        wrong = []
        for probe, span, message, *hint in WRONG:
            for command in ("explain", "trace", "log") if probe == WRONG[0][0] else ("explain",):
                status, out, err = live.sonde(command, path, probe, prefix=[])
                got = shape(err)
                if status != live.USAGE or out or got[1] != span or message not in got[0] or \
                        (hint and not (got[2] or "").startswith(hint[0])):
                    wrong.append("%s %s: %d, %r" % (command, probe, status, got))
        check(not wrong, lambda: "%d wrong: %s" % (len(wrong), "\n".join(wrong[:20])))
        return "%d wrong probes" % len(WRONG)
    return run


# (probe, the beginning of the message, the hint or its beginning)
NOT_THERE = (
    ("main.scalrs{i8, u8} if i8 > 0", "no function matches 'main.scalrs': searched ", "sonde list "),
    ("type.go:40", "type.go may be any of ", "give more of the path, as in "),
    ("reflect/typ.go:40", "no source file of ", None),
    ("nowhere/reflect/type.go:40", "no source file of ", None),
)


def not_there(version):
    """What names nothing, or several things, says what there is."""
    def run():
        path = live.program("exprs", version)
        for probe, message, hint in NOT_THERE:
            status, out, err = live.sonde("explain", path, probe, prefix=[])
            got = shape(err)
            check(status == live.NOTHING_MATCHED and not out and got[0].startswith(message), lambda: err)
            check(hint is None or (got[2] or "").startswith(hint), lambda: err)
        status, out, err = live.sonde("explain", path, "type.go:40", prefix=[])
        tails = re.search(r"may be any of (.*)", err).group(1).split(", ")
        check({"reflect/type.go", "runtime/type.go"} <= set(tails), lambda: "not the shortest tails: %s" % err)
        for tail in tails:
            status, out, err = live.sonde("explain", path, tail + ":1", prefix=[])
            check("may be any of" not in err and "is called" not in err, lambda: err)
        status, out, err = live.sonde("explain", path, "nowhere/reflect/type.go:40", prefix=[])
        check("there are reflect/type.go, " in err, lambda: err)
        check("main.go:1 has no code" in live.sonde("explain", path, "./main.go:1", prefix=[])[2], "./main.go")
    return run


def in_files(version):
    """All that is wrong in a file is told, each with its line; nothing is attached."""
    def run():
        path = live.program("exprs", version)
        for text, errors in FILES:
            with tempfile.TemporaryDirectory(prefix="sonde-live-") as tmp:
                file = os.path.join(tmp, "probes")
                with open(file, "w") as f:
                    f.write(text)
                status, out, err = live.sonde("explain", path, "-f", file, prefix=[])
            check(status == live.USAGE, lambda: "%r: exit status %d: %s" % (text, status, err))
            told = re.findall(re.escape(file) + r":(\d+): (.*)", err)
            if [int(n) for n, _ in told] != [n for n, _ in errors] or \
                    any(want not in said for (_, said), (_, want) in zip(told, errors)):
                raise Failure("%r: %s" % (text, err))
            check(err.count("^") > 0, lambda: "no carets: %s" % err)
        return "%d files" % len(FILES)
    return run


def cases(ctx):
    for version in ctx.versions[:1]:
        yield Case("wrong exprs %s" % version, pointed_at(version))
        yield Case("wrong exprs not there %s" % version, not_there(version))
        yield Case("wrong exprs in files %s" % version, in_files(version))
