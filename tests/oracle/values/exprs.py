# SPDX-License-Identifier: BSD-2-Clause
"""Go expressions for random values of any type: each is of exactly that type."""
import re
import struct

import std
from gotypes import pointer

STRINGS = [b"", b"a", b"text", "grüße 世界".encode(), b"quo\"te\\ `back`", b"\xff\xfe bad", b"nul\x00in", b"tab\tline\nend\r", b"\x7f\x1b[0m",
           b"0123456789" * 12, b"long " * 70, b"\xed\xa0\x80", "\u2028\u202e".encode(), b"x" * 255 + "é".encode(), b"x" * 256, b"y" * 257]
BYTES = STRINGS + [bytes(range(256)), b"\x00" * 9, b"\x80"]
FLOATS = ["0", "1", "-1.5", "0.1", "1e21", "1e-7", "123456789.125", "math.Copysign(0, -1)", "math.NaN()", "math.Inf(1)", "math.Inf(-1)",
          "1e30", "3", "16777217"]


def quoted(data):
    return '"%s"' % "".join(chr(b) if 32 <= b < 127 and b not in b'"\\' else "\\x%02x" % b for b in data)


class Values:
    """Needs of the class it is mixed into: random, chance(), types, minor. turn: the variable of the loop that the expression
    is for, so that each turn has another value."""
    turn = None
    left = 0

    def value(self, t, depth=4, budget=40):
        """An expression for a value of that type, of about as many parts."""
        self.left = budget
        return self.of(t, depth)

    def pick(self, xs):
        return self.random.choice(xs)

    def of(self, t, depth):
        self.left -= 1
        if self.left < 0 or depth < 0:
            return self.nothing(t)
        return getattr(self, "of_" + t.kind)(t, depth)

    def nothing(self, t):
        return "*new(%s)" % t if t.kind != "struct" else "%s{}" % t.text

    def mixed(self, t, text):
        """The text as a value of that type, which changes with the loop's turns."""
        return "%s(%s)" % (wrapped(t), text)

    def of_bool(self, t, depth):
        return self.mixed(t, "%s%%2 == 0" % self.turn if self.turn else self.pick(("true", "false")))

    def of_int(self, t, depth):
        bits = t.bits()
        if self.turn:
            return self.mixed(t, "%s*%d - 3" % (self.turn, self.pick((1, 7, 257))))
        low, high = -1 << (bits - 1), (1 << (bits - 1)) - 1
        return self.mixed(t, str(self.pick((0, 1, -1, low, high, self.random.randint(low, high)))))

    def of_uint(self, t, depth):
        bits = t.bits()
        if self.turn:
            return self.mixed(t, "%s*%d" % (self.turn, self.pick((1, 5, 300))))
        return self.mixed(t, str(self.pick((0, 1, (1 << bits) - 1, 1 << (bits - 1), self.random.getrandbits(bits)))))

    def of_float(self, t, depth):
        if self.turn:
            return self.mixed(t, "float64(%s) / 8" % self.turn)
        texts = FLOATS + (["math.MaxFloat32", "math.SmallestNonzeroFloat32"] if t.bits() == 32 else
                          ["math.MaxFloat64", "math.SmallestNonzeroFloat64", repr(struct.unpack("d", struct.pack(
                              "Q", 0x3ff0000000000000 | self.random.getrandbits(58)))[0])])
        return self.mixed(t, self.pick(texts))

    def of_complex(self, t, depth):
        kind = "float32" if t.bits() == 64 else "float64"
        real, imag = ("%s(%s)" % (kind, self.pick(FLOATS)) for _ in range(2))
        if self.turn:
            real = "%s(%s)" % (kind, self.turn)
        return self.mixed(t, "complex(%s, %s)" % (real, imag))

    def of_string(self, t, depth):
        if self.turn:
            return self.mixed(t, "%s + strconv.Itoa(%s)" % (quoted(self.pick(STRINGS[1:9])), self.turn))
        return self.mixed(t, quoted(self.pick(STRINGS)))

    def of_unsafe(self, t, depth):
        return self.mixed(t, self.pick(("nil", "unsafe.Pointer(&junk)", "unsafe.Pointer(new(int))")))

    def of_std(self, t, depth):
        return self.mixed(t, self.pick(t.std.values))

    def of_ptr(self, t, depth):
        if depth <= 0 or self.chance(0.1):
            return "%s(nil)" % wrapped(t)
        shared = self.shared.get(t.elem.text)
        if shared and not self.turn and self.chance(0.3):
            return self.mixed(t, "&" + self.pick(shared))
        if t.elem.kind == "struct" and self.chance(0.7):
            return self.mixed(t, "&" + self.of(t.elem, depth - 1))
        return "func() %s { v := %s; return &v }()" % (t, self.of(t.elem, depth - 1))

    def count(self, *more):
        return self.pick((0, 1, 1, 2, 2, 3) + more) if self.left > 4 else self.pick((0, 1))

    def of_slice(self, t, depth):
        if depth <= 0 or self.chance(0.12):
            return "%s(nil)" % wrapped(t)
        if t.elem.text == "uint8" and not self.turn:
            return self.mixed(t, quoted(self.pick(BYTES)))
        if not self.turn and self.chance(0.12):
            self.turn = "i"
            body = "for i := 0; i < %d; i++ { s = append(s, %s) }" % (self.pick((5, 16, 17, 20, 40)), self.of(t.elem, depth - 1))
            self.turn = None
            return "func() (s %s) { %s; return }()" % (t, body)
        n = self.count()
        text = "%s{%s}" % (t, ", ".join(self.of(t.elem, depth - 1) for _ in range(n)))
        if n > 1 and self.chance(0.25):
            return "%s(%s)" % (wrapped(t), text) + self.pick(("[1:]", "[:1]", "[1:1]", "[:1:1]", "[0:%d:%d]" % (n - 1, n)))
        return text

    def of_array(self, t, depth):
        n = t.length if t.length <= 5 else 2
        at = sorted(self.random.sample(range(t.length), n))
        return "%s{%s}" % (t, ", ".join("%d: %s" % (i, self.of(t.elem, depth)) for i in at))

    def of_struct(self, t, depth):
        return "%s{%s}" % (t, ", ".join("%s: %s" % (f.name, self.of(f.type, depth)) for f in t.fields if f.name != "_"))

    def of_map(self, t, depth):
        if depth <= 0 or self.chance(0.12):
            return "%s(nil)" % wrapped(t)
        n = self.pick((0, 1, 2, 3, 7, 8, 9, 20, 200) if self.left > 20 and not self.turn else (0, 1, 1, 2))
        if self.turn:
            body = "m[%s] = %s" % (self.key(t.key), self.of(t.elem, depth - 1)) if n else ""
            return "func() %s { m := %s{}; %s; return m }()" % (t, t, body)
        out = ["m := make(%s%s)" % (t, self.pick(("", "", ", %d" % n, ", 30")))]
        if n > 3:
            self.turn = "i"
            out.append("for i := 0; i < %d; i++ { m[%s] = %s }" % (n, self.key(t.key), self.of(t.elem, depth - 1)))
            self.turn = None
            if self.chance(0.4):
                out.append("n := 0; for k := range m { if n++; n%%%d != 0 { delete(m, k) } }" % self.pick((2, 3, 10)))
            out.append("Scattered(m)")
        else:
            out += ["m[%s] = %s" % (self.key(t.key), self.of(t.elem, depth - 1)) for _ in range(n)]
            if n and self.chance(0.2):
                out.append("for k := range m { delete(m, k); break }")
            if ", 30" in out[0]:
                out.append("Scattered(m)")
        return "func() %s { %s; return m }()" % (t, "; ".join(out))

    def key(self, t):
        """Of what can be a key: what an interface in it holds must be comparable."""
        before, self.hashable = self.hashable, True
        text = self.of(t, 1)
        self.hashable = before
        return text

    def of_chan(self, t, depth):
        if depth <= 0 or self.chance(0.15):
            return "%s(nil)" % wrapped(t)
        n = self.count() if not self.turn else 1
        room = n + self.pick((0, 1, 5))
        first = self.random.randint(0, room)  # these are taken out again, so that the ring's begin is somewhere
        elems = ", ".join(self.of(t.elem, depth - 1) for _ in range(n))
        return ("func() %s { c := make(chan (%s), %d); var none %s; for i := 0; i < %d; i++ { c <- none; <-c }; e := []%s{%s}; "
                "for _, x := range e { c <- x }; %sChannel(c, e, %s, 0, 0); return c }()" % (
                    (t, t.elem, room, t.elem, first if room else 0, t.elem, elems) + self.pick((("", "false"), ("close(c); ", "true")))))

    def of_func(self, t, depth):
        if self.chance(0.15) or depth <= 0:
            return "%s(nil)" % wrapped(t)
        methods = [x for x in self.method_values if x[0] == t.text.split(" ", 1)[-1] or x[0] == t.text]
        if methods and self.chance(0.6):
            return self.mixed(t, self.pick(methods)[1])
        params = ", ".join("p%d %s" % (i, p) for i, p in enumerate(t.params))
        head = "func(%s) (%s)" % (params, ", ".join(map(str, t.results)))
        results = "return " + ", ".join("*new(%s)" % r for r in t.results)
        if self.chance(0.3) and not self.turn:
            name = self.function(head[4:], results)
            return self.mixed(t, name)
        caught, set_, changed = [], [], []
        for i in range(self.pick((0, 1, 1, 2, 3))):
            kind = self.types.any(1)
            set_.append("var x%d %s = %s" % (i, kind, self.of(kind, depth - 1)))
            changed += ["x%d = *new(%s)" % (i, kind)] if self.chance(0.3) else ["keep(x%d)" % i]
            caught.append('"x%d", At(&x%d)' % (i, i) if self.chance(0.3) or kind.kind == "iface" or changed[-1][0] == "x" else
                          '"x%d", x%d' % (i, i))
        if not caught:
            return "%s(%s { %s })" % (wrapped(t), head, results)
        return "func() %s { %s; f := %s(%s { %s; %s }); Captured(&f, %s); return f }()" % (
            t, "; ".join(set_), wrapped(t), head, "; ".join(changed), results, ", ".join(caught))

    def of_iface(self, t, depth):
        if depth < 0 or self.chance(0.1):
            return "%s(nil)" % wrapped(t)
        if t.text == "error" and not self.hashable and self.chance(0.7):
            return "error(%s)" % self.pick(std.ERRORS)
        if t.needs:
            return self.mixed(t, self.implementer(t, depth))
        if self.chance(0.15) and not self.turn and not self.hashable:
            return "%s(%s)" % (wrapped(t), self.pick(("local1()", "local2()", "local3()", "made(0)", "made(1)", "made(2)", "made(3)")))
        while True:
            d = self.types.any(self.pick((0, 1, 1, 2)))
            if d.kind != "param" and (not self.hashable or d.comparable() and d.kind != "iface"):
                break
        return self.mixed(t, self.of(d, depth - 1 if d.kind != "iface" else 0))

    def implementer(self, t, depth):
        """A value of a type that has an interface's methods."""
        fit = [n for n in self.types.named if all(m in n.methods for m in t.needs)]
        if self.hashable:
            fit = [n for n in fit if n.comparable()]
        if not fit:
            return "%s(nil)" % wrapped(t)
        n = self.pick(fit)
        if any(n.methods[m] for m in t.needs) or self.chance(0.4):
            n = pointer(n)
        return self.of(n, max(depth - 1, 1))


def wrapped(t):
    """The type's text where a conversion begins with it."""
    return t.text if re.match(r"[\w.]+$", t.text) else "(%s)" % t
