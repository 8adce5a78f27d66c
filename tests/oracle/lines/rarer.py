# SPDX-License-Identifier: BSD-2-Clause
"""Statements that real programs have less often than those in stmts.py."""
from exprs import INTS
from program import Call, Head, Stmt
from stmts import Body, Statements


class RarerStatements(Statements):
    def makers(self, depth):
        makers = super().makers(depth) + [(self.parallel, 2, self.has("parallel"))]
        return makers if self.tiny else makers + [
            (self.outer_shadowed, 2, self.has("shadow") and depth > 0),
            (self.bare_block, 1, self.has("bare") and depth < 3),
            (self.bytes_of, 1.5, self.has("bytes") and depth < 2),
            (self.shortened, 1, self.has("bytes")),
            (self.type_switch, 1.5, self.has("typeswitch") and depth < 3),
            (self.recovered, 1, self.has("recover") and depth < 2),
            (self.range_function, 1.5, self.has("rangefunc") and depth < 2),
        ]

    def parallel(self, depth):
        """x, y = e, f and x, y := e, f."""
        if self.chance(0.5):
            kind = self.pick(self.kinds())
            places = sorted(set(self.places(kind, True)))
            if len(places) < 2:
                return None
            a, b = self.random.sample(places, 2)
            return self.line("%s, %s = %s, %s" % (a, b, self.expr(kind), self.expr(kind)))
        seen = self.seen()
        kinds = [self.pick(self.kinds()), self.pick(self.kinds())]
        texts = ["(%s)" % self.typed(k) for k in kinds]
        new = [self.declare(self.new(self.free_name(), k)) for k in kinds]
        return Stmt(Head("%s, %s := %s, %s" % (*new, *texts), seen, "before"), Head("_, _ = %s, %s" % tuple(new)))

    def outer_shadowed(self, depth):
        """x := x + 1."""
        outer = [v for v in self.seen() if v.name not in self.scopes[-1] and v.kind in INTS]
        if not outer:
            return None
        v = self.pick(outer)
        seen = self.seen()
        text = "%s + %s" % (v, self.operand(v.kind, 2)[0]) if self.chance(0.6) else str(v)
        inner = self.declare(self.new(v.name, v.kind))
        return Stmt(Head("%s := %s" % (inner, text), seen, "before"), Head("_ = %s" % inner))

    def bare_block(self, depth):
        return Stmt(Head("{"), self.block(depth + 1), Head("}"))

    def bytes_of(self, depth):
        """A loop over the bytes of a string."""
        texts = [v for v in self.seen() if v.kind == "string"]
        if not texts:
            return None
        over = self.pick(texts)
        i = self.new("at%d" % self.number(), "int", True)
        c = self.new("c%d" % self.number(), "uint8", True)
        text = self.new("text%d" % self.number(), "string", True)
        begin = Stmt(Head("%s := %s" % (text, over), self.seen(), "before"), Head("_ = %s" % text))
        self.declare(text)
        self.scopes.append({i.name: i})
        head = Head("for %s := 0; §%s < len(%s) && %s < 4; %s++ {" % (i, i, text, i, i), self.seen(), "test")
        byte = Stmt(Head("%s := %s[%s]" % (c, text, i), self.seen(), "before"), Head("_ = %s" % c))
        self.scopes.pop()
        loop = self.loop(head, depth, [i], [c])
        loop.parts[1].insert(0, byte)
        return [begin, loop]

    def shortened(self, depth):
        places = self.places("string", True)
        if not places:
            return None
        place = self.pick(places)
        half = self.pick((":len(%s)/2", "len(%s)/2:")) % place
        return self.line("%s = %s[%s]" % (place, place, half))

    def type_switch(self, depth):
        seen = self.seen()
        kinds = [k for k in ("int", "string", "S2", "float64", "bool") if k in self.kinds() + ["int"]]
        held = self.declare(self.new("any%d" % self.number(), "interface", True))
        begin = Stmt(Head("var %s interface{} = %s" % (held, self.typed(self.pick(kinds))), seen, "before"))
        self.fn.switches += 1
        v = "is%d" % self.number()
        # the name stands once, and means a variable of another type in each case: it has one number in all of them
        t = self.new(v, kinds[0], True)
        parts = [Head("switch %s := %s.(type) {" % (t, held), self.seen(), "before", [t])]
        for kind in kinds[:self.random.randint(1, 3)]:
            t.kind = kind
            parts += [Head("case %s:" % kind), [Stmt(Head("_ = %s" % t))] + self.block(depth + 1, 1, 3, scope={v: t})]
        t.kind = "interface"
        parts += [Head("default:"), [Stmt(Head("_ = %s" % t))] + self.block(depth + 1, 1, 2, scope={v: t})]
        self.fn.switches -= 1
        return [begin, Stmt(*parts, Head("}"))]

    def recovered(self, depth):
        """A function that may panic and goes on."""
        seen = self.seen()
        then = self.inside(Body(()), depth + 1, 2, [])
        catch = Stmt(Head("defer func() {", seen, "before", call=Call("func", [], [], seen=seen)),
                     [Stmt(Head("if recover() != nil {", seen, "before"), then, Head("}"))], Head("}()"))
        body = self.inside(Body(()), depth + 1, 3, [])
        throw = Stmt(Head("if %s {" % self.condition(), seen, "before"),
                     [Stmt(Head('panic("thrown")', seen, "before"))], Head("}"))
        return Stmt(Head("func() {", call=Call("func", [], [], seen=seen)), [catch, throw] + body, Head("}()"))

    def range_function(self, depth):
        v = self.new("it%d" % self.number(), "int", True)
        loop = self.loop(Head("for %s := range upTo(%d) {" % (v, self.random.randint(1, 4))), depth, [v])
        loop.parts[1].insert(0, Stmt(Head("_ = %s" % v)))
        return loop
