# SPDX-License-Identifier: BSD-2-Clause
"""Random statements of Go: each knows what is visible at its lines, and that its loops end."""
from exprs import INTS, STRUCTS, Expressions
from program import Call, Head, Stmt

USE = {"uint64": "useUint64", "bool": "useBool", "string": "useString", "float64": "useFloat", "S1": "useS1",
       "S2": "useS2", "S3": "useS3", "S4": "useS4", "[]int": "useInts", "[]string": "useStrings", "[3]int": "useArray",
       "S5": "useS5", "map[string]int": "useMap", "*int": "usePointer", "*S2": "useStructs"}


class Body:
    """What holds inside one function or closure: what it returns, the loops it may leave."""

    def __init__(self, results, named=()):
        self.results, self.named, self.loops, self.switches = results, named, [], 0


class Statements(Expressions):
    def line(self, text):
        return Stmt(Head(text, self.seen(), "before"))

    def block(self, depth, least=1, most=4, own=(), scope=None, last=None, inner=()):
        """Statements in a scope of their own. own: the variables of a loop's head; inner: those that its body begins with.
        last: the text of one more, or what makes more; a loop that never leaves its line is come to once."""
        self.scopes.append({} if scope is None else scope)
        for v in own:
            self.declare(v)
        if own:
            self.scopes.append({v.name: v for v in inner})
        out = []
        for _ in range(self.random.randint(least, most)):
            s = self.statement(depth)
            out += s
            if s and s[-1].to is not None or s and s[-1].head().text.startswith("return"):
                break
        else:
            out += self.uses_of(self.scopes[-1].values())
            if last:
                out += last() if callable(last) else [self.line(last)]
        if own:
            self.scopes.pop()
        self.scopes.pop()
        return out

    def makers(self, depth):
        """(what makes a statement, how often, whether it may stand here)"""
        if self.tiny:
            return [(self.declaration, 2, True), (self.assignment, 3, True), (self.compound, 3, True), (self.swap, 5, True),
                    (self.if_, 2, depth < 1), (self.return_, 1, depth > 0), (self.for_, 1, depth < 1 and self.has("for"))]
        return [(self.declaration, 8, True), (self.assignment, 6, True), (self.use, 4, True),
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

    def statement(self, depth):
        usable = [m for m in self.makers(depth) if m[2]]
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

    def loop(self, head, depth, own, inner=()):
        loop = Stmt(head, label="L%d" % self.number())
        self.fn.loops.append(loop)
        loop.parts += [self.block(depth + 1, 1, 4, own, last="sink++", inner=inner), Head("}")]
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
        elif self.fn.switches:
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
        self.fn.switches += 1
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
        self.fn.switches += 1
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
        return self.line(self.return_text())

    def return_text(self):
        if self.fn.named and self.chance(0.3) and all(
                any(w is v for w in self.seen()) for v in self.fn.named):
            return "return"
        return ("return " + ", ".join((self.mixed if self.tiny else self.expr)(k) for k in self.fn.results)).strip()

    def mixed(self, kind):
        """An expression of several variables: none of them is dead."""
        places = [str(v) for v in self.seen() if v.kind == kind] or self.places(kind)
        if kind in INTS and len(places) > 1:
            places = self.random.sample(places, min(len(places), 3))
            return " ".join("%s*%d %s" % (x, self.random.randint(2, 9), self.pick("+-^")) for x in places)[:-2]
        return self.pick(places) if places else self.expr(kind)

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
        call = Call("func", [], [], seen=seen)
        if self.chance(0.4):
            body = self.inside(Body(()), depth + 1, 3, [])
            return Stmt(Head("func() {", seen, None, call=call), body, Head("}()"))
        p = self.new(self.free_name(), "int")
        body = self.inside(Body(("int",)), depth + 1, 3, [p])
        f = self.declare(self.new("f%d" % self.number(), "func", True))
        call = Call("func", [p], ["int"], seen=seen)
        return Stmt(Head("%s := func(%s int) (¶) {" % (f, p), seen, "before", call=call), body, Head("}"), Head("_ = %s" % f))

    def defer(self, depth):
        seen = self.seen()
        call = Call("func", [], [], seen=seen)
        body = self.inside(Body(()), depth + 1, 2, [])
        return Stmt(Head("defer func() {", seen, "before", call=call), body, Head("}()"))

    def go(self, depth):
        done = self.declare(self.new("done%d" % self.number(), "chan", True))
        seen = self.seen()
        body = self.inside(Body(()), depth + 1, 3, [])
        # while the goroutine runs nobody knows what its variables are: nothing is told about the last lines
        return Stmt(Head("%s := make(chan bool)" % done, [v for v in seen if v is not done], "before"),
                    Head("go func() {", call=Call("func", [], [], seen=seen)), [self.line("defer close(%s)" % done)] + body, Head("}()"), Head("<-%s" % done))

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
