# SPDX-License-Identifier: BSD-2-Clause
"""Random Go programs, of the constructs that are asked for: a few small functions (inlined ones, methods, generic ones),
functions that use them, and a main that calls each of those three times."""
import random

from program import Head, Program, Stmt, Var

# what can be asked for → the Go 1.N that it needs
FEATURES = {
    "uses": 15,  # variables are looked at before their blocks end
    "sized": 15,  # ints of all sizes
    "bool": 15, "string": 15, "float": 15,
    "struct": 15, "pointer": 15, "slice": 15, "array": 15, "map": 15,
    "compound": 15,  # x += y, x++
    "swap": 15,
    "shadow": 15,
    "if": 15, "ifinit": 15,
    "for": 15,  # with a counter
    "while": 15,
    "range": 15, "rangeint": 22,
    "labels": 15,
    "switch": 15, "fallthrough": 15, "select": 15,
    "call": 15,  # of functions that are not inlined
    "inline": 15, "inlineloop": 15,
    "results": 15,  # several, named ones
    "method": 15,
    "generic": 18,
    "closure": 15,
    "defer": 15,
    "go": 15,
    "return": 15,  # early
    "const": 15,  # branches that are folded
    "escape": 15,  # &x outlives the function
}
INTS = ("int", "int8", "int16", "int32", "int64", "uint", "uint8", "uint16", "uint32", "uint64", "uintptr")
STRUCTS = {
    "S1": (("N", "int"),),
    "S2": (("X", "int"), ("Y", "int")),
    "S3": (("A", "int"), ("B", "string"), ("C", "bool")),
    "S4": (("A", "uint8"), ("B", "int64"), ("C", "float64"), ("D", "int32")),
}
NAMES = "a b c d e k n q s t u v w x y z".split()

PROLOGUE = """
var zero = len(os.Args) - 1
var sink int
var kept *int

type S1 struct{ N int }
type S2 struct{ X, Y int }
type S3 struct {
	A int
	B string
	C bool
}
type S4 struct {
	A uint8
	B int64
	C float64
	D int32
}

//go:noinline
func use(x int) { sink ^= x }

//go:noinline
func useUint64(x uint64) { sink ^= int(x) }

//go:noinline
func useBool(x bool) {
	if x {
		sink++
	}
}

//go:noinline
func useString(x string) { sink += len(x) }

//go:noinline
func useFloat(x float64) { sink ^= int(x) }

//go:noinline
func useS1(x S1) { sink += x.N }

//go:noinline
func useS2(x S2) { sink += x.X }

//go:noinline
func useS3(x S3) { sink += x.A }

//go:noinline
func useS4(x S4) { sink += int(x.B) }

//go:noinline
func useInts(x []int) { sink += len(x) + x[0] }

//go:noinline
func useStrings(x []string) { sink += len(x) + len(x[0]) }

//go:noinline
func useArray(x [3]int) { sink += x[1] }

//go:noinline
func useMap(x map[string]int) { sink += len(x) }

//go:noinline
func usePointer(x *int) { sink += *x }

//go:noinline
func useStructs(x *S2) { sink += x.X }

//go:noinline
func away(x int) int { return x*7 + 1 }

func keep(x *int) { kept = x }
"""
USE = {"uint64": "useUint64", "bool": "useBool", "string": "useString", "float64": "useFloat", "S1": "useS1",
       "S2": "useS2", "S3": "useS3", "S4": "useS4", "[]int": "useInts", "[]string": "useStrings", "[3]int": "useArray",
       "map[string]int": "useMap", "*int": "usePointer", "*S2": "useStructs"}


class Callee:
    def __init__(self, name, params, results, receiver=None):
        self.name, self.params, self.results, self.receiver = name, params, results, receiver


class Body:
    """What holds inside one function or closure: what it returns, the loops it may leave."""

    def __init__(self, results, named=()):
        self.results, self.named, self.loops, self.can_return = results, named, [], True


class Generator:
    def __init__(self, seed, features, functions=25):
        self.random = random.Random(seed)
        self.features = set(features)
        self.functions = functions
        self.variables, self.callees, self.scopes, self.count = [], [], [], 0

    def has(self, *names):
        return all(n in self.features for n in names)

    def chance(self, p):
        return self.random.random() < p

    def pick(self, of):
        return self.random.choice(list(of))

    # names and types

    def number(self):
        self.count += 1
        return self.count

    def new(self, name, kind, fixed=False):
        v = Var(len(self.variables), name, kind, fixed, next((w for w in self.seen() if w.name == name), None))
        self.variables.append(v)
        return v

    def declare(self, v):
        self.scopes[-1][v.name] = v
        return v

    def seen(self):
        """The variables that are visible here; inner ones hide outer ones of their name."""
        found = {}
        for scope in self.scopes:
            found.update(scope)
        return list(found.values())

    def free_name(self):
        taken = self.scopes[-1] if self.has("shadow") else {v.name for v in self.seen()}
        free = [n for n in NAMES if n not in taken]
        return self.pick(free) if free else "v%d" % self.number()

    def kinds(self):
        """Types of variables, the likelier the more often they stand here."""
        found = ["int"] * 6
        if self.has("sized"):
            found += [self.pick(INTS) for _ in range(4)]
        for feature, kinds in (("bool", ["bool"]), ("string", ["string"] * 2), ("float", ["float64"] * 2),
                               ("struct", ["S1", "S2", "S2"]), ("array", ["[3]int"]), ("slice", ["[]int"] * 2),
                               ("map", ["map[string]int"])):
            if self.has(feature):
                found += kinds
        if self.has("struct", "string", "bool"):
            found.append("S3")
        if self.has("struct", "float", "sized"):
            found.append("S4")
        if self.has("slice", "string"):
            found.append("[]string")
        return found

    # expressions: (text, whether it is a constant)

    def literal(self, kind):
        if kind in INTS:
            n = self.random.randint(0, 99)
            return "(-%d)" % n if kind[0] != "u" and n and self.chance(0.2) else str(n)
        if kind == "bool":
            return self.pick(("true", "false"))
        if kind == "string":
            return '"%s"' % self.pick(("", "a", "go", "lines", "a longer text"))
        if kind == "float64":
            return self.pick(("0.5", "1.25", "3.0", "100.75"))
        if kind in STRUCTS:
            return "%s{%s}" % (kind, ", ".join(self.literal(k) for _, k in STRUCTS[kind]))
        if kind[0] == "*":
            return "&" + self.literal(kind[1:]) if kind != "*int" else "new(int)"
        if kind.startswith("map"):
            return 'map[string]int{"a": %s}' % self.literal("int")
        element = kind[kind.index("]") + 1:]
        return "%s{%s}" % (kind, ", ".join(self.literal(element) for _ in range(3)))

    def places(self, kind, writing=False):
        """Texts of the places of that type that can be reached from the visible variables."""
        found = []
        for v in self.seen():
            if v.kind == kind and not (writing and v.fixed):
                found += [str(v)] * 3
            if v.kind in STRUCTS and not (writing and v.fixed):
                found += ["%s.%s" % (v, name) for name, k in STRUCTS[v.kind] if k == kind]
            elif v.kind[1:] in STRUCTS and v.kind[0] == "*":
                found += ["%s.%s" % (v, name) for name, k in STRUCTS[v.kind[1:]] if k == kind]
            elif v.kind == "*" + kind:
                found.append("*%s" % v)
            elif v.kind == "map[string]int" and kind == "int":
                found.append('%s["%s"]' % (v, self.pick("ab")))
            elif v.kind in ("[]" + kind, "[3]" + kind) and not (writing and v.fixed):
                found.append("%s[%d]" % (v, self.random.randint(0, 1)))
                indices = [w for w in self.seen() if w.kind == "int"]
                if indices:
                    found.append("%s[uint(%s)%%2]" % (v, self.pick(indices)))
        return found

    def expr(self, kind):
        text, constant = self.operand(kind, 0)
        if text.startswith("(") and text.endswith(")") and not constant and self.closes_at_end(text):
            text = text[1:-1]
        return text

    @staticmethod
    def closes_at_end(text):
        depth = 0
        for i, c in enumerate(text):
            depth += (c == "(") - (c == ")")
            if depth == 0:
                return i == len(text) - 1
        return False

    def typed(self, kind):
        """An expression that has its type by itself."""
        text, constant = self.operand(kind, 0)
        return "%s(%s)" % (kind, text) if constant and kind in INTS + ("float64",) and kind != "int" else text

    def called(self, results, depth):
        """The text of a call with these results, or None."""
        fitting = []
        for c in self.callees:
            if c.results == results:
                if c.receiver is None:
                    fitting.append((c, ""))
                else:
                    fitting += [(c, "%s." % v) for v in self.seen()
                                if v.kind in (c.receiver, c.receiver.lstrip("*"), "*" + c.receiver)
                                and not (v.fixed and c.receiver[0] == "*")]
        if not fitting:
            return None
        c, receiver = self.pick(fitting)
        return "%s%s(%s)" % (receiver, c.name, ", ".join(self.argument(k, depth + 1) for k in c.params))

    def argument(self, kind, depth):
        if kind == "T":
            ours = [str(v) for v in self.seen() if v.kind in ("int", "string", "S2")]
            return self.pick(ours) if ours else "zero"
        return self.operand(kind, depth)[0]

    def operand(self, kind, depth):
        places = self.places(kind)
        if places and self.chance(0.45 + 0.2 * depth):
            return self.pick(places), False
        if self.has("closure") and kind == "int" and self.chance(0.1):
            functions = [v for v in self.seen() if v.kind == "func"]
            if functions:
                return "%s(%s)" % (self.pick(functions), self.operand("int", depth + 1)[0]), False
        if depth < 2 and self.chance(0.15):
            call = self.called((kind,), depth)
            if call:
                return call, False
        if kind in INTS:
            return self.int_operand(kind, depth)
        if kind == "bool":
            return self.bool_operand(depth)
        if kind == "string" and depth < 2 and places and self.chance(0.5):
            return "(%s + %s)" % (self.pick(places), self.literal("string")), False
        if kind == "float64" and depth < 3 and self.chance(0.7):
            return self.float_operand(depth)
        if kind in STRUCTS and self.chance(0.8):
            return "%s{%s}" % (kind, ", ".join(self.operand(k, depth + 1)[0] for _, k in STRUCTS[kind])), False
        if kind == "T":
            return self.pick(places), False
        if kind in ("[3]int", "[]int") and self.chance(0.7):
            return "%s{%s}" % (kind, ", ".join(self.operand("int", depth + 2)[0] for _ in range(3))), False
        return self.literal(kind), True

    def int_operand(self, kind, depth):
        if depth > 2 or self.chance(0.3):
            return self.literal(kind), True
        if kind == "int" and self.has("call") and self.chance(0.06):
            return "away(%s)" % self.operand("int", depth + 1)[0], False
        if kind == "int" and self.chance(0.06):
            sized = [v for v in self.seen() if v.kind[:2] in ("[]", "ma") or v.kind == "string"]
            if sized:
                return "len(%s)" % self.pick(sized), False
        if self.has("sized") and self.chance(0.4):
            others = [v for v in self.seen() if v.kind in INTS and v.kind != kind]
            if others:
                return "%s(%s)" % (kind, self.pick(others)), False
        left, a = self.operand(kind, depth + 1)
        if a:
            return left, True
        if self.chance(0.15):
            return "(%s %s %d)" % (left, self.pick(("/", "%", "<<", ">>")), self.random.randint(1, 6)), False
        right, _ = self.operand(kind, depth + 1)
        return "(%s %s %s)" % (left, self.pick(("+", "-", "*", "^", "&", "|", "+", "-")), right), False

    def bool_operand(self, depth):
        if depth < 2 and self.chance(0.25):
            a, b = self.operand("bool", depth + 1)[0], self.operand("bool", depth + 1)[0]
            return "(%s %s %s)" % (a, self.pick(("&&", "||")), b), False
        kind = self.pick([k for k in self.kinds() if k in INTS + ("string", "float64")])
        places = self.places(kind)
        if not places:
            return self.literal("bool"), True
        right = self.operand(kind, depth + 2)[0]
        return "(%s %s %s)" % (self.pick(places), self.pick(("<", ">", "==", "!=", "<=")), right), False

    def float_operand(self, depth):
        left, a = self.operand("float64", depth + 1)
        ints = [v for v in self.seen() if v.kind == "int"]
        if ints and self.chance(0.2):
            return "float64(%s)" % self.pick(ints), False
        if a:
            return left, True
        if self.chance(0.4):
            return "(%s * %s)" % (left, self.pick(("0.5", "1.5"))), False
        return "(%s %s %s)" % (left, self.pick("+-"), self.operand("float64", depth + 1)[0]), False

    # statements

    def line(self, text):
        return Stmt(Head(text, self.seen(), "before"))

    def block(self, depth, least=1, most=4, own=(), scope=None, last=None):
        """Statements in a scope of their own. last: the text of one more; a loop that never leaves its line is come to
        once."""
        self.scopes.append({} if scope is None else scope)
        for v in own:
            self.declare(v)
        if own:
            self.scopes.append({})
        out = []
        for _ in range(self.random.randint(least, most)):
            s = self.statement(depth)
            out += s
            if s and s[-1].to is not None or s and s[-1].head().text.startswith("return"):
                break
        else:
            out += self.uses_of(self.scopes[-1].values())
            if last:
                out.append(self.line(last))
        if own:
            self.scopes.pop()
        self.scopes.pop()
        return out

    def statement(self, depth):
        makers = [(self.declaration, 8, True), (self.assignment, 6, True), (self.use, 4, True),
                  (self.compound, 4, self.has("compound")), (self.swap, 3, self.has("swap")),
                  (self.if_, 5, depth < 3 and self.has("if")), (self.for_, 3, depth < 2 and self.has("for")),
                  (self.while_, 1.5, depth < 2 and self.has("while")),
                  (self.range_, 3, depth < 2 and self.has("range")), (self.leave_loop, 1.5, depth > 0),
                  (self.switch, 2, depth < 3 and self.has("switch")), (self.select, 1, depth < 3 and self.has("select")),
                  (self.several, 2, self.has("results")), (self.return_, 1, depth > 0 and self.has("return")),
                  (self.closure, 1.5, depth < 2 and self.has("closure")), (self.defer, 0.7, self.has("defer")),
                  (self.go, 0.7, depth < 2 and self.has("go")), (self.pointer, 1.5, self.has("pointer")),
                  (self.escape, 0.6, self.has("escape")), (self.append, 1, self.has("slice")),
                  (self.lookup, 1, self.has("map")), (self.constant, 1, self.has("const"))]
        usable = [m for m in makers if m[2]]
        made = self.random.choices([m[0] for m in usable], [m[1] for m in usable])[0](depth)
        return made if isinstance(made, list) else [] if made is None else [made]

    def declaration(self, depth, kind=None, text=None):
        kind = kind or self.pick(self.kinds() + [v.kind for v in self.seen() if v.kind == "T"])
        seen = self.seen()
        if text is None:
            text = self.typed(kind)
            form = "%s := %s"
            if self.chance(0.15):
                text, form = self.expr(kind), "var %%s %s = %%s" % kind
            elif self.chance(0.1) and kind in INTS:
                text, form = "", "var %%s %s%%s" % kind
        else:
            form = "%s := %s"
        v = self.new(self.free_name(), kind)
        self.declare(v)
        return Stmt(Head(form % (v, text), seen, "before"), Head("_ = %s" % v))

    def assignment(self, depth):
        kind = self.pick(self.kinds())
        places = self.places(kind, True)
        return self.line("%s = %s" % (self.pick(places), self.expr(kind))) if places else None

    def compound(self, depth):
        kind = self.pick([k for k in self.kinds() if k in INTS + ("float64",)])
        places = self.places(kind, True)
        if not places:
            return None
        place = self.pick(places)
        if self.chance(0.3):
            return self.line(place + self.pick(("++", "--")))
        operators = ("+=", "-=") if kind == "float64" else ("+=", "-=", "*=", "^=", "|=", "&=", "<<=")
        operator = self.pick(operators)
        value = str(self.random.randint(1, 5)) if operator == "<<=" else self.expr(kind)
        return self.line("%s %s %s" % (place, operator, value))

    def swap(self, depth):
        kind = self.pick(self.kinds() + [v.kind for v in self.seen() if v.kind == "T"])
        places = sorted(set(self.places(kind, True)))
        if len(places) < 2:
            return None
        n = 3 if len(places) > 2 and self.chance(0.2) else 2
        places = self.random.sample(places, n)
        return self.line("%s = %s" % (", ".join(places), ", ".join(places[1:] + places[:1])))

    def use(self, depth):
        usable = [v for v in self.seen() if v.kind in USE or v.kind in INTS]
        return self.used(self.pick(usable)) if usable else None

    def used(self, v):
        if v.kind in USE:
            return self.line("%s(%s)" % (USE[v.kind], v))
        return self.line("use(int(%s))" % v if v.kind != "int" else "use(%s)" % v)

    def uses_of(self, variables):
        """Uses of some of these: without any, what is computed is dead, and the compiler drops it."""
        if not self.has("uses"):
            return []
        return [self.used(v) for v in variables if (v.kind in USE or v.kind in INTS) and self.chance(0.6)]

    def condition(self):
        if self.has("const") and self.chance(0.1):
            return self.pick(("zero > 5", "len(NAME) > 3", "DEBUG")).replace("NAME", '"name"').replace("DEBUG", "1 > 2")
        return self.expr("bool") if self.has("bool") else self.comparison()

    def comparison(self):
        return "%s %s %s" % (self.pick(self.places("int") or ["zero"]), self.pick(("<", ">", "==", "!=")),
                             self.operand("int", 2)[0])

    def if_(self, depth):
        seen = self.seen()
        if self.has("ifinit") and self.chance(0.25):
            kind = "int" if self.chance(0.6) else self.pick(self.kinds())
            init = self.typed(kind)
            if kind in STRUCTS:
                init = "(%s)" % init
            v = self.new(self.free_name(), kind)
            self.scopes.append({v.name: v})
            if kind in INTS:
                test = "%s > %s" % (v, self.operand(kind, 2)[0])
            else:
                test = self.condition()
            # the line is come to before v is there: what is told is what was visible then
            parts = [Head("if %s := %s; %s {" % (v, init, test), seen, "before"), [Stmt(Head("_ = %s" % v))] +
                     self.block(depth + 1)]
        else:
            self.scopes.append({})
            parts = [Head("if %s {" % self.condition(), seen, "before"), self.block(depth + 1)]
        while self.chance(0.15):
            parts += [Head("} else if §%s {" % self.test(), self.seen(), "test"), self.block(depth + 1)]
        if self.chance(0.45):
            parts += [Head("} else {"), self.block(depth + 1)]
        self.scopes.pop()
        return Stmt(*parts, Head("}"))

    def test(self):
        """A condition that can stand behind an &&."""
        return "(%s)" % self.condition()

    def loop(self, head, depth, own, most=4):
        loop = Stmt(head, label="L%d" % self.number())
        self.fn.loops.append(loop)
        loop.parts += [self.block(depth + 1, 1, most, own, last="sink++"), Head("}")]
        self.fn.loops.pop()
        return loop

    def for_(self, depth):
        v = self.new(self.pick("ijm"), "int", True)
        turns = self.random.randint(1, 4)
        form = self.pick(("for {0} := 0; §{0} < {1}; {0}++ {{", "for {0} := {1}; §{0} > 0; {0}-- {{",
                          "for {0} := 0; §{0} <= {1}; {0} += 2 {{"))
        bound = str(turns)
        ints = [w for w in self.seen() if w.kind == "int" and w.fixed and w.name != v.name]
        if form[-5] == "+" and ints and self.chance(0.2):
            bound = str(self.pick(ints))
        self.scopes.append({v.name: v})
        seen = self.seen()
        self.scopes.pop()
        return self.loop(Head(form.format(v, bound), seen, "test"), depth, [v])

    def while_(self, depth):
        v = self.declare(self.new("w%d" % self.number(), "int", True))
        begin = Stmt(Head("%s := %d" % (v, self.random.randint(0, 3)), [w for w in self.seen() if w is not v], "before"))
        test = "%s > 0" % v
        if self.chance(0.3):
            test += " && " + self.test()
        if self.chance(0.2):
            loop = self.loop(Head("for {"), depth, [])
            stop = Stmt(Head("if %s <= 0 {" % v, self.seen(), "before"),
                        [Stmt(Head("break", self.seen(), "before"), to=loop)], Head("}"))
            loop.parts[1].insert(0, stop)
        else:
            loop = self.loop(Head("for §%s {" % test, self.seen(), "test"), depth, [])
        at = 1 if loop.head().text == "for {" else 0
        loop.parts[1].insert(at, Stmt(Head("%s--" % v, self.seen(), "before")))
        return [begin, loop]

    def range_(self, depth):
        seen = self.seen()
        choices = []
        for w in seen:
            element = {"[]int": "int", "[3]int": "int", "[]string": "string", "string": "int32"}.get(w.kind)
            if element and (element != "int32" or self.has("sized")):
                choices.append((str(w), "int", element))
        if self.has("rangeint"):
            choices += [(str(self.random.randint(1, 4)), "int", None)] * 2
        if self.has("map"):
            choices.append(('map[string]int{"a": %s}' % self.operand("int", 1)[0], "string", "int"))
        if not choices:
            return None
        over, key, element = self.pick(choices)
        k = self.new(self.pick("ijk"), key, True)
        if element is None or self.chance(0.3):
            own, text = [k], "%s" % k
        elif self.chance(0.4):
            own = [self.new(self.pick("vce"), element, True)]
            text = "_, %s" % own[0]
        else:
            own = [k, self.new(self.pick("vce"), element, True)]
            text = "%s, %s" % tuple(own)
        loop = self.loop(Head("for %s := range %s {" % (text, over), seen, "range", own), depth, own)
        loop.parts[1].insert(0, Stmt(Head("%s = %s" % (", ".join("_" for _ in own), ", ".join(map(str, own))))))
        return loop

    def leave_loop(self, depth):
        if not self.fn.loops:
            return None
        to = self.fn.loops[-1]
        text = self.pick(("break", "continue"))
        if self.has("labels") and len(self.fn.loops) > 1 and self.chance(0.5):
            to = self.fn.loops[-2]
            text += " " + to.label
        elif getattr(self.fn, "switches", 0):
            if not self.has("labels"):
                return None
            text += " " + to.label
        if to.head().text == "for {" and text.startswith("continue"):
            text = text.replace("continue", "break")
        seen = self.seen()
        return Stmt(Head("if %s {" % self.condition(), seen, "before"),
                    [Stmt(Head(text, seen, "before"), to=to)], Head("}"))

    def switch(self, depth):
        seen = self.seen()
        kind = self.pick([k for k in self.kinds() if k in INTS + ("string",)])
        places = self.places(kind)
        tagless = self.chance(0.3) or not places
        parts = [Head("switch {" if tagless else "switch %s {" % self.pick(places), seen, None if tagless else "before")]
        self.fn.switches = getattr(self.fn, "switches", 0) + 1
        values = ['"a"', '"go"', '""', '"lines"'] if kind == "string" else self.random.sample(range(9), 6)
        n = self.random.randint(1, 3)
        for i in range(n):
            if tagless:
                head = Head("case %s:" % self.test())  # when it is tested is the compiler's choice
            elif self.chance(0.2) and len(values) > n:
                head = Head("case %s, %s:" % (values.pop(), values.pop()))
            else:
                head = Head("case %s:" % values.pop())
            body = self.block(depth + 1, 1, 3)
            if self.has("fallthrough") and i + 1 < n and self.chance(0.2):
                body.append(Stmt(Head("fallthrough")))
            parts += [head, body]
        if self.chance(0.5):
            parts += [Head("default:"), self.block(depth + 1, 1, 3)]
        self.fn.switches -= 1
        return Stmt(*parts, Head("}"))

    def select(self, depth):
        channel = self.declare(self.new("ch%d" % self.number(), "chan", True))
        out = [Stmt(Head("%s := make(chan int, 1)" % channel, [v for v in self.seen() if v is not channel], "before"))]
        if self.chance(0.6):
            out.append(self.line("%s <- %s" % (channel, self.expr("int"))))
        v = self.new(self.free_name(), "int")
        self.fn.switches = getattr(self.fn, "switches", 0) + 1
        body = [Stmt(Head("_ = %s" % v))] + self.block(depth + 1, 1, 3, scope={v.name: v})
        out.append(Stmt(Head("select {"), Head("case %s := <-%s:" % (v, channel)), body, Head("default:"),
                        self.block(depth + 1, 1, 3), Head("}")))
        self.fn.switches -= 1
        return out

    def several(self, depth):
        results = self.pick([c.results for c in self.callees if len(c.results) > 1] or [None])
        call = self.called(results, 0) if results else None
        if not call:
            return None
        if self.chance(0.4):
            places = [self.places(k, True) for k in results]
            if all(places):
                return self.line("%s = %s" % (", ".join(map(self.pick, places)), call))
        seen = self.seen()
        new = []
        for k in results:
            new.append(self.declare(self.new(self.free_name(), k)))
        return Stmt(Head("%s := %s" % (", ".join(map(str, new)), call), seen, "before"),
                    Head("%s = %s" % (", ".join("_" for _ in new), ", ".join(map(str, new)))))

    def return_(self, depth):
        if not self.fn.can_return:
            return None
        return self.line(self.return_text())

    def return_text(self):
        if self.fn.named and self.chance(0.3) and all(
                any(w is v for w in self.seen()) for v in self.fn.named):
            return "return"
        return ("return " + ", ".join(self.expr(k) for k in self.fn.results)).strip()

    def inside(self, fn, depth, most, own):
        """The statements of a closure."""
        outer, self.fn = self.fn, fn
        scope = {v.name: v for v in own}
        body = self.block(depth, 1, most, scope=scope)
        if fn.results:
            self.scopes.append(scope)
            body.append(self.line(self.return_text()))
            self.scopes.pop()
        self.fn = outer
        return body

    def closure(self, depth):
        seen = self.seen()
        if self.chance(0.4):
            body = self.inside(Body(()), depth + 1, 3, [])
            return Stmt(Head("func() {", seen, None), body, Head("}()"))
        p = self.new(self.free_name(), "int")
        body = self.inside(Body(("int",)), depth + 1, 3, [p])
        f = self.declare(self.new("f%d" % self.number(), "func", True))
        return Stmt(Head("%s := func(%s int) int {" % (f, p), seen, "before"), body, Head("}"), Head("_ = %s" % f))

    def defer(self, depth):
        seen = self.seen()
        body = self.inside(Body(()), depth + 1, 2, [])
        return Stmt(Head("defer func() {", seen, "before"), body, Head("}()"))

    def go(self, depth):
        done = self.declare(self.new("done%d" % self.number(), "chan", True))
        seen = self.seen()
        body = self.inside(Body(()), depth + 1, 3, [])
        # while the goroutine runs nobody knows what its variables are: nothing is told about the last lines
        return Stmt(Head("%s := make(chan bool)" % done, [v for v in seen if v is not done], "before"),
                    Head("go func() {"), [self.line("defer close(%s)" % done)] + body, Head("}()"), Head("<-%s" % done))

    def pointer(self, depth):
        targets = [v for v in self.seen() if not v.fixed and v.kind in ("int", "S2")]
        if not targets:
            return None
        v = self.pick(targets)
        return self.declaration(depth, "*" + v.kind, "&%s" % v)

    def escape(self, depth):
        targets = [v for v in self.seen() if not v.fixed and v.kind == "int"]
        return self.line("keep(&%s)" % self.pick(targets)) if targets else None

    def append(self, depth):
        kind = self.pick(("[]int", "[]string") if self.has("string") else ("[]int",))
        slices = [v for v in self.seen() if v.kind == kind and not v.fixed]
        if not slices:
            return None
        v = self.pick(slices)
        return self.line("%s = append(%s, %s)" % (v, v, self.expr(kind[2:])))

    def lookup(self, depth):
        maps = [v for v in self.seen() if v.kind == "map[string]int"]
        if not maps or not self.has("bool"):
            return None
        seen = self.seen()
        m = self.pick(maps)
        v = self.declare(self.new(self.free_name(), "int"))
        ok = self.declare(self.new(self.free_name(), "bool"))
        return Stmt(Head('%s, %s := %s["%s"]' % (v, ok, m, self.pick("ab")), seen, "before"), Head("_, _ = %s, %s" % (v, ok)))

    def constant(self, depth):
        """A variable that never changes, and a branch on it."""
        seen = self.seen()
        v = self.declare(self.new(self.free_name(), "int", True))
        out = [Stmt(Head("%s := %d" % (v, self.random.randint(0, 9)), seen, "before"), Head("_ = %s" % v))]
        seen = self.seen()
        parts = [Head("if %s > %d {" % (v, self.random.randint(0, 9)), seen, "before"), self.block(depth + 1)]
        if self.chance(0.5):
            parts += [Head("} else {"), self.block(depth + 1)]
        return out + [Stmt(*parts, Head("}"))] if depth < 3 else out

    # functions

    def function(self, name, params, results, named, least, most, receiver=None, generic=False, noinline=False):
        """A function of these types; named results are variables."""
        scope = {}
        self.scopes = [scope]
        texts = []
        taken = set()
        for k in ([receiver] if receiver else []) + params:
            v = self.new("p%d" % len(taken) if self.chance(0.5) else
                         self.pick([n for n in NAMES if n not in taken]), k)
            taken.add(v.name)
            scope[v.name] = v
            texts.append("%s %s" % (v, k))
        outs = []
        if named:
            outs = [self.declare(self.new("r%d" % i, k)) for i, k in enumerate(results)]
        self.fn = Body(results, outs)
        body = self.block(0, least, most, scope=scope)
        self.scopes = [scope]
        body.append(self.line(self.return_text()))
        self.scopes = []
        into = "(%s) " % texts.pop(0) if receiver else ""
        result = ", ".join(results)
        if named:
            result = ", ".join("%s %s" % (v, v.kind) for v in outs)
        head = "func %s%s%s(%s) (%s) {" % (into, name, "[T any]" if generic else "", ", ".join(texts), result)
        parts = [Head(head), body, Head("}")]
        return Stmt(*([Head("//go:noinline")] if noinline else []), *parts)

    def small_functions(self):
        """Those that others call."""
        out = []
        wanted = []
        if self.has("inline"):
            wanted += [("small", None, False)] * 4
        if self.has("method", "struct"):
            wanted += [("Value", "S2", False), ("Change", "*S2", False)]
        if self.has("generic"):
            wanted += [("Any", None, True)] * 2
        everything = self.features
        for name, receiver, generic in wanted:
            # Go inlines loops since 1.16
            self.features = everything - {"defer", "go", "select", "closure", "while", "labels", "escape"}
            if not self.has("inlineloop") or self.chance(0.5):
                self.features -= {"for", "range"}
            params = [self.pick(self.kinds()) for _ in range(self.random.randint(1, 2))]
            results = tuple(self.pick(("int", "int", self.pick(self.kinds())))
                            for _ in range(self.random.randint(1, 2) if self.has("results") else 1))
            if generic:
                params[0] = "T"
                if self.has("results") and self.chance(0.5):
                    results = ("int", "int")
            name = "%s%d" % (name, self.number())
            named = self.has("results") and self.chance(0.4) and not any(k[0] in "[m" for k in results)
            callees, self.callees = self.callees, self.callees[:2] if self.chance(0.3) else []
            s = self.function(name, params, results, named, 1, 3, receiver, generic)
            self.callees = callees
            out.append(s)
            self.features = everything
            self.callees.append(Callee(name, params, results, receiver))
        return out

    def program(self):
        stmts = [Stmt(*[Head(line) for line in PROLOGUE.strip().split("\n")], keep=True)]
        stmts += self.small_functions()
        calls = []
        for i in range(self.functions):
            params = [self.pick(self.kinds() + (["*S2"] if self.has("pointer", "struct") else []))
                      for _ in range(self.random.randint(1, 4))]
            results = tuple(self.pick(("int", self.pick(self.kinds())))
                            for _ in range(self.random.randint(1, 2) if self.has("results") else 1))
            named = self.has("results") and self.chance(0.4) and not any(k[0] in "[m" for k in results)
            generic = self.has("generic") and self.chance(0.15)
            if generic:
                params[0] = "T"
            s = self.function("f%d" % i, params, results, named, 3, 8, None, generic, True)
            stmts.append(s)
            calls.append(("f%d" % i, params))
        turns = [Stmt(Head("%s(%s)" % (name, ", ".join('"T"' if p == "T" else self.literal(p) for p in params))))
                 for _ in range(3) for name, params in calls]
        stmts.append(Stmt(Head("func main() {"), turns, Head("\tfinish()"), Head("}"), keep=True))
        go = max([FEATURES[f] for f in self.features], default=15)
        return Program(self.variables, stmts, go)


def program(seed, features, functions=25):
    return Generator(seed, features, functions).program()
