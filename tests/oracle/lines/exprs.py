# SPDX-License-Identifier: BSD-2-Clause
"""Random expressions of Go over the variables that are visible: they compile, end, and never panic."""
from program import Var

INTS = ("int", "int8", "int16", "int32", "int64", "uint", "uint8", "uint16", "uint32", "uint64", "uintptr")
STRUCTS = {
    "S1": (("N", "int"),),
    "S2": (("X", "int"), ("Y", "int")),
    "S3": (("A", "int"), ("B", "string"), ("C", "bool")),
    "S5": (("P", "S2"), ("N", "int")),
    "S4": (("A", "uint8"), ("B", "int64"), ("C", "float64"), ("D", "int32")),
}
NAMES = "a b c d e k n q s t u v w x y z".split()


class Callee:
    """A function: its types, whether its results have names, whether it calls itself (as often as its first argument says)."""

    def __init__(self, name, params, results, receiver, named):
        self.name, self.params, self.results, self.receiver, self.named = name, params, results, receiver, named
        self.recursive = False


class Expressions:
    """self.random, self.features, self.variables, self.callees, self.scopes and self.count are the generator's."""

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
        if self.has("struct", "nested"):
            found.append("S5")
        if self.has("slice", "string"):
            found.append("[]string")
        return found

    def fields(self, kind):
        """(path, type) of the fields of a struct, and of those in them."""
        for name, k in STRUCTS[kind]:
            yield name, k
            if k in STRUCTS:
                yield from (("%s.%s" % (name, path), inner) for path, inner in self.fields(k))

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
                found += ["%s.%s" % (v, name) for name, k in self.fields(v.kind) if k == kind]
            elif v.kind[1:] in STRUCTS and v.kind[0] == "*":
                found += ["%s.%s" % (v, name) for name, k in self.fields(v.kind[1:]) if k == kind]
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
        arguments = [self.argument(k, depth + 1) for k in c.params]
        if c.recursive:
            arguments[0] = "%s & 3" % arguments[0]
        return "%s%s(%s)" % (receiver, c.name, ", ".join(arguments))

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
        if depth < 2 and self.chance(0.4 if self.has("tiny") else 0.15):
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
