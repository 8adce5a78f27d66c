# SPDX-License-Identifier: BSD-2-Clause
"""A Go program as a tree of statements that knows which variables each of its lines can see, and its two prints: the
plain one, which is traced, and its twin, which tells the value of every visible variable before each line is executed.

Variables stand in texts as «N». The plain print has their names; in the twin each has a name of its own, so that what an
inner variable hides can be told too. § in a condition is where the twin tells its line before each test."""
import re

TOKEN = re.compile("«(\\d+)»")

TELL = """
//go:noinline
func enter(line int, name string, kv ...interface{}) int {
    var pcs [1]uintptr
    runtime.Callers(3, pcs[:])
    frame, _ := runtime.CallersFrames(pcs[:]).Next()
    tellAll("call "+name+" "+strconv.Itoa(line)+" "+strconv.Itoa(frame.Line), kv)
    calls++
    return calls - 1
}

func leave(call int, results ...interface{}) {
    b := []byte("return " + strconv.Itoa(call) + " [")
    for i, r := range results {
        if i > 0 {
            b = append(b, ", "...)
        }
        b = tellValue(b, reflect.ValueOf(r))
    }
    tale.Write(append(b, "]\\n"...))
}

func tell(line int, kv ...interface{}) bool {
    return tellAll(strconv.Itoa(line), kv)
}

func tellAll(about string, kv []interface{}) bool {
    told++
    if told > 60000 {
        panic("too long")
    }
    b := []byte(about + " {")
    for i := 0; i < len(kv); i += 2 {
        if i > 0 {
            b = append(b, ", "...)
        }
        b = append(b, strconv.Quote(kv[i].(string))+": "...)
        b = tellValue(b, reflect.ValueOf(kv[i+1]))
    }
    tale.Write(append(b, "}\\n"...))
    return true
}

func finish() { tale.Flush() }

var told, calls int
var tale = bufio.NewWriter(os.Stdout)

func tellValue(b []byte, v reflect.Value) []byte {
    switch v.Kind() {
    case reflect.Bool:
        return strconv.AppendBool(b, v.Bool())
    case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
        return strconv.AppendInt(b, v.Int(), 10)
    case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
        return strconv.AppendUint(b, v.Uint(), 10)
    case reflect.Float32, reflect.Float64:
        b = append(b, "{\\"$float\\": \\""...)
        return append(strconv.AppendFloat(b, v.Float(), 'g', -1, v.Type().Bits()), "\\"}"...)
    case reflect.String:
        return strconv.AppendQuoteToASCII(b, v.String())
    case reflect.Ptr:
        if v.IsNil() {
            return append(b, "null"...)
        }
        return tellValue(b, v.Elem())
    case reflect.Slice, reflect.Array:
        if v.Kind() == reflect.Slice && v.IsNil() {
            return append(b, "null"...)
        }
        b = append(b, '[')
        for i := 0; i < v.Len(); i++ {
            if i > 0 {
                b = append(b, ", "...)
            }
            b = tellValue(b, v.Index(i))
        }
        return append(b, ']')
    case reflect.Struct:
        b = append(b, '{')
        for i := 0; i < v.NumField(); i++ {
            if i > 0 {
                b = append(b, ", "...)
            }
            b = append(b, strconv.Quote(v.Type().Field(i).Name)+": "...)
            b = tellValue(b, v.Field(i))
        }
        return append(b, '}')
    }
    return append(b, "{\\"$any\\": true}"...)
}
"""


class Var:
    """A variable: its name, its type, whether the program may assign to it, and the one of its name that it hides."""

    def __init__(self, number, name, kind, fixed=False, hides=None):
        self.number, self.name, self.kind, self.fixed, self.hides = number, name, kind, fixed, hides

    def __str__(self):
        return "«%d»" % self.number


class Call:
    """What is told about the calls of a function: its parameters, its results as they stand in the source, and what a
    closure may have captured."""

    def __init__(self, name, params, results, noinline=False, seen=()):
        self.name, self.params, self.results, self.noinline, self.seen = name, params, results, noinline, list(seen)

    def results_text(self, twin):
        if not twin or not self.results or " " in self.results[0]:
            return ", ".join(self.results)
        return ", ".join("result%d %s" % x for x in enumerate(self.results))

    def results_names(self):
        return [k.split(" ")[0] if " " in k else "result%d" % i for i, k in enumerate(self.results)]


class Head:
    """A line. tell: "before" it, at each of its tests ("test": the text has a §), "range" (before the loop and after each
    turn), or None: nothing is asked about it. seen: the visible variables; own: those that the line itself sets. call: of
    the function that begins with the line; ¶ in its text: the results."""

    def __init__(self, text, seen=(), tell=None, own=(), call=None):
        self.text, self.seen, self.tell, self.own, self.call = text, list(seen), tell, list(own), call


class Stmt:
    """Lines and the blocks between them. label: of a loop; to: the loop that a break or continue means."""

    def __init__(self, *parts, label=None, to=None, keep=False):
        self.parts, self.label, self.to, self.keep = list(parts), label, to, keep

    def head(self):
        return self.parts[0]

    def blocks(self):
        return [p for p in self.parts if isinstance(p, list)]


def each(stmts, above=()):
    """All statements with the list that holds them and the statements around them, outermost first."""
    for s in stmts:
        yield s, stmts, above
        for block in s.blocks():
            yield from each(block, above + (s,))


class Program:
    def __init__(self, variables, stmts, go, imports=()):
        self.variables, self.stmts, self.go, self.imports = variables, stmts, go, imports

    def sound(self):
        """Whether all breaks and continues stand in the loops that they mean; taking statements out can undo that."""
        return all(s.to is None or s.to in above for s, _, above in each(self.stmts))

    def plain(self):
        return Printer(self, False).program()

    def twin(self, only=None):
        """only: the only head about which it tells."""
        return Printer(self, True, only).program()

    def heads(self):
        """{line of the plain print: Head} of the lines about which something is told."""
        printer = Printer(self, False)
        printer.program()
        return printer.asked

    def calls(self):
        """{line of the plain print: Call} of the functions."""
        printer = Printer(self, False)
        printer.program()
        return printer.calls


class Printer:
    """The plain print is made too when the twin is printed, in the same walk: it has the line numbers."""

    def __init__(self, program, twin, only=None):
        self.of, self.is_twin, self.only = program, twin, only
        self.lines, self.asked, self.calls, self.out = 0, {}, {}, []
        self.used = {id(s.to) for s, _, _ in each(program.stmts) if s.to is not None and " " in s.head().text}
        self.at = {}
        self.there = {n for s, _, _ in each(program.stmts) for p in s.parts if not isinstance(p, list)
                      for n in TOKEN.findall(" ".join([p.text] + (p.call.results if p.call else [])))}

    def names(self, text):
        if self.is_twin:
            return TOKEN.sub(lambda m: "%s_%s" % (self.of.variables[int(m.group(1))].name, m.group(1)), text)
        return TOKEN.sub(lambda m: self.of.variables[int(m.group(1))].name, text)

    def tell(self, line, head):
        own = {v.name for v in head.own}
        parts = ["%d" % line]
        for v in head.seen:
            while v and str(v.number) not in self.there:
                v = v.hides
            if v and v.name not in own:
                parts.append('"%s", %s' % (v.name, self.names(str(v))))
        return "tell(%s)" % ", ".join(parts)

    def tells(self, head, *how):
        return self.is_twin and head.tell in how and self.only in (None, head)

    def line(self, text, tabs):
        """A line that both prints have."""
        self.lines += 1
        if self.is_twin:
            self.out.append("//line main.go:%d" % self.lines)
        self.out.append("\t" * tabs + text)

    def more(self, text, tabs):
        """A line that only the twin has."""
        self.out.append("\t" * tabs + text)

    def head(self, head, tabs):
        line = self.lines + 1
        text = self.names(head.text)
        if head.tell:
            self.asked[line] = head
        text = text.replace("§", self.tell(line, head) + " && " if self.tells(head, "test") else "")
        if head.call:
            text = text.replace("¶", self.names(head.call.results_text(self.is_twin)))
            self.calls[line] = head.call
        self.line(text, tabs)
        if head.call and self.is_twin and self.only in (None, head):
            params = "".join(', "%s", %s' % (v.name, self.names(str(v))) for v in head.call.params)
            params += "".join(', "&%s", %s' % (v.name, self.names(str(v))) for v in head.call.seen if str(v.number) in self.there)
            results = "".join(", &" + self.names(r) for r in head.call.results_names())
            enter = 'enter(%d, "%s"%s)' % (line, head.call.name, params)
            # what ends a goroutine is not told: others have gone on
            self.more("defer leave(%s%s)" % (enter, results) if results else enter, tabs + 1)

    def stmt(self, s, tabs):
        first = s.head()
        line = self.lines + 1 + (id(s) in self.used)
        self.at[id(s)] = line
        if self.tells(first, "before", "range"):
            self.more(self.tell(line, first), tabs)
        if s.to is not None and first.text.startswith("continue") and self.tells(s.to.head(), "range"):
            self.more(self.tell(self.at[id(s.to)], s.to.head()), tabs)
        if id(s) in self.used:
            self.line(s.label + ":", tabs - 1)
        for part in s.parts:
            if isinstance(part, list):
                for inner in part:
                    self.stmt(inner, tabs + 1)
            else:
                if part is s.parts[-1] and self.tells(first, "range"):
                    self.more(self.tell(line, first), tabs + 1)
                self.head(part, tabs)

    def program(self):
        self.line("package main", 0)
        self.line("", 0)
        self.line('import "os"', 0)
        if self.is_twin:
            self.more('import ("bufio"; "reflect"; "runtime"; "strconv")', 0)
        for s in self.of.stmts:
            self.line("", 0)
            self.stmt(s, 0)
        self.out.append(TELL if self.is_twin else "func finish() {}")
        return "\n".join(self.out) + "\n"
