# SPDX-License-Identifier: BSD-2-Clause
"""Statements and types that real programs have and the other files lack: what methods do through pointers, interfaces with
structs in them, embedded and large structs, structs in slices, variadic functions, functions that get closures, goto."""
from exprs import INTS
from program import Call, Head, Stmt
from rarer import RarerStatements
from stmts import Body

# what can be asked for → the Go 1.N that it needs: none of them in the programs of versions before 1.20
WIDER = {
    "moved": 20,  # methods that assign fields through their receiver, inlined or not; method values
    "embedded": 20, "large": 20,  # structs
    "interface": 20,  # that hold structs
    "structs": 20,  # in slices
    "box": 20,  # a generic type with methods
    "variadic": 20,
    "minmax": 21,
    "applied": 20,  # a literal that is called at once, or by a function that gets it
    "deferargs": 20,  # deferred calls of functions that have names, in loops too
    "switchinit": 20, "severaltypes": 20, "goto": 20, "selectsend": 20, "localconst": 20, "copied": 20, "rangeassign": 20,
    "grown": 20,  # strings that grow in loops
    "filled": 20,  # arrays that others fill
}
WIDER_STRUCTS = {
    "S6": (("S2", "S2"), ("Z", "int")),
    "S7": (("A", "int"), ("B", "int"), ("C", "[4]int"), ("D", "string"), ("E", "int64"), ("F", "int")),
    "Box[int]": (("V", "int"), ("N", "int")),
}
WIDER_USE = {"S6": "useS6", "S7": "useS7", "Shape": "useShape", "[]S2": "useS2s", "Box[int]": "useBox"}
WIDER_PROLOGUE = """
type S6 struct {
	S2
	Z int
}

type S7 struct {
	A, B int
	C    [4]int
	D    string
	E    int64
	F    int
}

type Shape interface{ Area() int }

type Box[T any] struct {
	V T
	N int
}

func (b *Box[T]) Set(v T) {
	b.V = v
	b.N++
}

func (b Box[T]) Get() T { return b.V }

func (s S1) Area() int { return s.N }

func (s S2) Area() int { return s.X * s.Y }

func (s S2) Plus(n int) int { return s.X + s.Y + n }

func (s *S2) Move(n int) {
	s.X += n
	s.Y -= n
}

//go:noinline
func (s *S2) Away(n int) { s.X, s.Y = s.Y+n, s.X }

func (s *S7) Shift() {
	s.A, s.B = s.B, s.A
	s.C[1]++
}

//go:noinline
func useS6(x S6) { sink += x.X + x.Z }

//go:noinline
func useS7(x S7) { sink += x.A + x.C[1] + len(x.D) }

//go:noinline
func useShape(x Shape) { sink += x.Area() }

//go:noinline
func useS2s(x []S2) { sink += len(x) + x[0].X }

//go:noinline
func useBox(x Box[int]) { sink += x.V + x.N }

func sum(of ...int) int {
	n := 0
	for _, x := range of {
		n += x
	}
	return n
}

//go:noinline
func sumAway(first int, of ...int) int { return first + len(of) }

func apply(f func(int) int, n int) int { return f(n) + 1 }

//go:noinline
func applyAway(f func(int) int, n int) int { return f(n) + f(n+1) }

func fill(a *[3]int, n int) {
	for i := range a {
		a[i] = n + i
	}
}

//go:noinline
func fillAway(a *[3]int, n int) { a[n&1] = n }
"""


class WiderStatements(RarerStatements):
    def makers(self, depth):
        if self.tiny:
            return super().makers(depth)
        return super().makers(depth) + [
            (self.moved, 3, self.has("moved", "struct")),
            (self.method_value, 0.7, self.has("moved", "struct")),
            (self.boxed, 1.5, self.has("box")),
            (self.called_at_once, 1.2, self.has("applied", "closure") and depth < 2),
            (self.applied, 1.5, self.has("applied", "closure") and depth < 2),
            (self.deferred_call, 1, self.has("deferargs", "defer")),
            (self.switch_init, 1.5, self.has("switchinit", "switch") and depth < 3),
            (self.several_types, 1.2, self.has("severaltypes", "typeswitch") and depth < 3),
            (self.goto_, 1, self.has("goto", "while") and depth < 2),
            (self.select_send, 1, self.has("selectsend", "select") and depth < 3),
            (self.local_constant, 1, self.has("localconst", "const")),
            (self.copied, 1, self.has("copied")),
            (self.range_assign, 1.2, self.has("rangeassign", "range") and depth < 2),
            (self.grown, 1, self.has("grown", "string")),
            (self.filled, 1, self.has("filled", "array")),
        ]

    def kinds(self):
        found = super().kinds()
        if self.tiny:
            return found
        for feature, kind in (("embedded", "S6"), ("large", "S7"), ("interface", "Shape"), ("structs", "[]S2"), ("box", "Box[int]")):
            if self.has(feature, "struct", "nested", "string", "sized"):
                found.append(kind)
        return found

    # types and expressions

    def literal(self, kind):
        if kind == "Shape":
            return "Shape(%s)" % self.literal(self.pick(("S1", "S2", "*S2")))
        return super().literal(kind)

    def places(self, kind, writing=False):
        found = super().places(kind, writing)
        for v in self.seen():
            if writing and v.fixed or self.tiny:
                continue
            if v.kind == "S7" and kind == "int":
                found += ["%s.C[%d]" % (v, self.random.randint(0, 3))]
            elif v.kind == "S6" and kind == "int":
                found += ["%s.%s" % (v, self.pick("XY"))]  # promoted
            elif v.kind == "[]S2" and kind == "int":
                found += ["%s[%d].%s" % (v, self.random.randint(0, 1), self.pick("XY"))]
        return found

    def operand(self, kind, depth):
        if not self.tiny and depth < 3 and self.has_wider() and self.chance(0.12):
            made = self.wider_operand(kind, depth + 1)
            if made:
                return made, False
        if kind == "Shape" and not self.places(kind):
            struct = self.pick(("S1", "S2"))
            return "Shape(%s)" % self.operand(struct, depth + 1)[0], False
        return super().operand(kind, depth)

    def has_wider(self):
        return any(f in self.features for f in WIDER)

    def wider_operand(self, kind, depth):
        """The text of an operand that only these programs have; None: there is none."""
        ways = []
        if self.has("minmax") and kind in INTS + ("string", "float64") and self.places(kind):
            ways.append(lambda: "%s(%s, %s)" % (self.pick(("min", "max")), self.pick(self.places(kind)),
                                                self.operand(kind, depth)[0]))
        if kind == "int" and self.has("variadic"):
            ways.append(lambda: "%s(%s)" % (self.pick(("sum", "sumAway")), ", ".join(
                self.operand("int", depth + 1)[0] for _ in range(self.random.randint(1, 3)))))
            ways += [lambda v=v: "sum(%s...)" % v for v in self.seen() if v.kind == "[]int"][:1]
        if kind == "int":
            ways += [lambda v=v: "%s.Area()" % v for v in self.seen() if v.kind in ("Shape", "S2") and self.has("interface")][:2]
            ways += [lambda v=v: "%s.Get()" % v for v in self.seen() if v.kind == "Box[int]"][:1]
            ways += [lambda v=v: "%s.Plus(%s)" % (v, self.operand("int", depth)[0]) for v in self.seen()
                     if v.kind in ("S2", "*S2", "S6") and self.has("moved")][:2]
        if kind == "Shape":
            ways.append(lambda: "Shape(%s)" % self.operand(self.pick(("S1", "S2")), depth)[0])
        return self.pick(ways)() if ways else None

    # statements

    def moved(self, depth):
        targets = [v for v in self.seen() if v.kind in ("S2", "*S2", "S6", "S7") and not (v.fixed and v.kind[0] != "*")]
        if not targets:
            return None
        v = self.pick(targets)
        if v.kind == "S7":
            return self.line("%s.Shift()" % v)
        return self.line("%s.%s(%s)" % (v, self.pick(("Move", "Move", "Away")), self.operand("int", 1)[0]))

    def method_value(self, depth):
        of = [v for v in self.seen() if v.kind in ("S2", "*S2")]
        if not of:
            return None
        seen = self.seen()
        f = self.declare(self.new("m%d" % self.number(), "func", True))
        begin = Stmt(Head("%s := %s.Plus" % (f, self.pick(of)), seen, "before"), Head("_ = %s" % f))
        return [begin, self.line("use(%s(%s))" % (f, self.operand("int", 1)[0]))]

    def boxed(self, depth):
        of = [v for v in self.seen() if v.kind == "Box[int]" and not v.fixed]
        return self.line("%s.Set(%s)" % (self.pick(of), self.operand("int", 1)[0])) if of else None

    def literal_with_body(self, begin, end, depth):
        """A literal that gets an int and gives one; what is around it is told of the lines in it alone."""
        seen = self.seen()
        p = self.new(self.free_name(), "int")
        body = self.inside(Body(("int",)), depth + 1, 2, [p])
        x = self.declare(self.new(self.free_name(), "int"))
        call = Call("func", [p], ["int"], seen=seen)
        return Stmt(Head("%s := %sfunc(%s int) (¶) {" % (x, begin, p), call=call), body, Head("}" + end), Head("_ = %s" % x))

    def called_at_once(self, depth):
        return self.literal_with_body("", "(%s)" % self.operand("int", 1)[0], depth)

    def applied(self, depth):
        return self.literal_with_body(self.pick(("apply(", "applyAway(")), ", %s)" % self.operand("int", 1)[0], depth)

    def deferred_call(self, depth):
        usable = [v for v in self.seen() if v.kind == "int" or v.kind in ("string", "S2", "bool")]
        if not usable:
            return None
        v = self.pick(usable)
        if v.kind == "S2" and self.has("moved") and not v.fixed and self.chance(0.5):
            return self.line("defer %s.%s(%s)" % (v, self.pick(("Move", "Away")), self.operand("int", 1)[0]))
        use = {"int": "use", "string": "useString", "S2": "useS2", "bool": "useBool"}[v.kind]
        return self.line("defer %s(%s)" % (use, self.operand(v.kind, 1)[0]))

    def switch_init(self, depth):
        seen = self.seen()
        v = self.new(self.free_name(), "int")
        init = self.typed("int")
        self.scopes.append({v.name: v})
        self.fn.switches += 1
        if self.chance(0.5):
            parts = [Head("switch %s := %s; %s {" % (v, init, self.pick((v, "%s & 3" % v))), seen, "before")]
            cases = ["case %d:" % n for n in self.random.sample(range(5), self.random.randint(1, 3))]
        else:
            parts = [Head("switch %s := %s; {" % (v, init), seen)]
            cases = ["case %s > %d:" % (v, 20 * n) for n in range(self.random.randint(1, 3), 0, -1)]
        for i, case in enumerate(cases):
            parts += [Head(case), ([Stmt(Head("_ = %s" % v))] if not i else []) + self.block(depth + 1, 1, 3)]
        if self.chance(0.6):
            parts += [Head("default:"), self.block(depth + 1, 1, 3)]
        self.fn.switches -= 1
        self.scopes.pop()
        return Stmt(*parts, Head("}"))

    def several_types(self, depth):
        seen = self.seen()
        held = self.declare(self.new("any%d" % self.number(), "interface", True))
        kind = self.pick(("int", "string", "S2", "float64"))
        kind = kind if kind in self.kinds() else "int"
        begin = Stmt(Head("var %s interface{} = %s" % (held, self.typed(kind)), seen, "before"))
        self.fn.switches += 1
        name = "of%d" % self.number()
        t = self.new(name, "interface", True)
        parts = [Head("switch %s := %s.(type) {" % (t, held), self.seen(), "before", [t])]
        for case in self.pick((("int, string", "bool"), ("bool, S2", "int"), ("string, float64, int", ))):
            t.kind = "interface" if "," in case else case
            parts += [Head("case %s:" % case), [Stmt(Head("_ = %s" % t))] + self.block(depth + 1, 1, 3, scope={name: t})]
        t.kind = "interface"
        parts += [Head("default:"), [Stmt(Head("_ = %s" % t))] + self.block(depth + 1, 1, 2, scope={name: t})]
        self.fn.switches -= 1
        return [begin, Stmt(*parts, Head("}"))]

    def goto_(self, depth):
        """A loop that is none in the source."""
        v = self.declare(self.new("g%d" % self.number(), "int", True))
        begin = Stmt(Head("%s := %d" % (v, self.random.randint(0, 3)), [w for w in self.seen() if w is not v], "before"))
        loop = Stmt(Head("if §%s > 0 {" % v, self.seen(), "test"), label="L%d" % self.number())
        loops, self.fn.loops = self.fn.loops, []
        down = self.line("%s--" % v)
        body = [down] + self.block(depth + 1, 1, 3, last=lambda: [
            Stmt(Head("goto " + loop.label, self.seen(), "before"), to=loop)])
        self.fn.loops = loops
        loop.parts += [body, Head("}")]
        return [begin, loop]

    def select_send(self, depth):
        channel = self.declare(self.new("ch%d" % self.number(), "chan", True))
        out = [Stmt(Head("%s := make(chan int, %d)" % (channel, self.random.randint(0, 2)),
                         [v for v in self.seen() if v is not channel], "before"))]
        value = self.operand("int", 1)[0]
        self.fn.switches += 1
        v, ok = self.new(self.free_name(), "int"), self.new("ok%d" % self.number(), "bool")
        body = [Stmt(Head("_, _ = %s, %s" % (v, ok)))] + self.block(depth + 1, 1, 2, scope={v.name: v, ok.name: ok})
        out.append(Stmt(Head("select {"), Head("case %s <- %s:" % (channel, value)), self.block(depth + 1, 1, 2),
                        Head("case %s, %s := <-%s:" % (v, ok, channel)), body, Head("default:"),
                        self.block(depth + 1, 1, 2), Head("}")))
        self.fn.switches -= 1
        return out

    def local_constant(self, depth):
        seen = self.seen()
        c = self.declare(self.new(self.free_name(), "constant", True))
        return Stmt(Head("const %s = %d" % (c, self.random.randint(0, 99)), seen), Head("_ = %s" % c))

    def copied(self, depth):
        lists = [v for v in self.seen() if v.kind == "[]int"]
        maps = [v for v in self.seen() if v.kind == "map[string]int"]
        if maps and (not lists or self.chance(0.4)):
            m = self.pick(maps)
            return self.line(self.pick(('delete(%s, "a")' % m, '%s["c"] = %s' % (m, self.expr("int")))))
        return self.line("copy(%s, %s)" % (self.pick(lists), self.operand("[]int", 1)[0])) if lists else None

    def range_assign(self, depth):
        """for k = range x: the variables are there before and behind the loop."""
        over = [v for v in self.seen() if v.kind in ("[]int", "[3]int")]
        ints = [v for v in self.seen() if v.kind == "int" and not v.fixed]
        if not over or not ints:
            return None
        own = self.random.sample(ints, min(len(ints), self.random.randint(1, 2)))
        fixed = [v.fixed for v in own]
        for v in own:
            v.fixed = True
        text = ", ".join(map(str, own)) if len(own) > 1 or self.chance(0.5) else "_, %s" % own[0]
        loop = Stmt(Head("for %s = range %s {" % (text, self.pick(over)), self.seen(), "range", own), label="L%d" % self.number())
        self.fn.loops.append(loop)
        loop.parts += [self.block(depth + 1, 1, 3, last="sink++"), Head("}")]
        self.fn.loops.pop()
        for v, f in zip(own, fixed):
            v.fixed = f
        return loop

    def grown(self, depth):
        places = self.places("string", True)
        return self.line("%s += %s" % (self.pick(places), self.literal("string"))) if places else None

    def filled(self, depth):
        arrays = [v for v in self.seen() if v.kind == "[3]int" and not v.fixed]
        if not arrays:
            return None
        return self.line("%s(&%s, %s)" % (self.pick(("fill", "fillAway")), self.pick(arrays), self.operand("int", 1)[0]))
