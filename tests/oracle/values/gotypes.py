# SPDX-License-Identifier: BSD-2-Clause
"""Go types as the generator sees them, and random ones of every kind."""
import random

KINDS = {
    "bool": "bool", "string": "string", "uintptr": "uint", "unsafe.Pointer": "unsafe",
    "int": "int", "int8": "int", "int16": "int", "int32": "int", "int64": "int",
    "uint": "uint", "uint8": "uint", "uint16": "uint", "uint32": "uint", "uint64": "uint",
    "float32": "float", "float64": "float", "complex64": "complex", "complex128": "complex",
}
SIZES = {"bool": 1, "string": 16, "complex64": 8, "complex128": 16}
LARGEST = 1600  # bytes of one value, about


class Type:
    """text: how it is written; base: the basic type below it; elem, key, length, fields, params, results: what it is made
    of; methods: {name: whether it takes a pointer receiver}; targs: of an instance of a generic type."""

    def __init__(self, text, kind, base=None, elem=None, key=None, length=0, fields=(), params=(), results=(), std=None,
                 named=False, needs=(), targs=()):
        self.text, self.kind, self.base, self.elem, self.key, self.length = text, kind, base, elem, key, length
        self.fields, self.params, self.results, self.std, self.named = list(fields), params, results, std, named
        self.needs, self.targs, self.methods = needs, targs, {}  # needs: methods that are in an interface

    def __str__(self):
        return self.text

    def bits(self):
        digits = "".join(c for c in self.base if c.isdigit())
        return int(digits or 64)

    def size(self, level=0):
        if level > 12:
            return 0
        if self.kind == "array":
            return self.length * self.elem.size(level + 1)
        if self.kind == "struct":
            return sum((f.type.size(level + 1) + 7) & ~7 for f in self.fields)
        if self.base:
            return SIZES.get(self.base) or self.bits() // 8
        return {"slice": 24, "iface": 16, "std": 48}.get(self.kind, 8)

    def comparable(self):
        if self.kind in ("slice", "map", "func"):
            return False
        if self.kind == "struct":
            return all(f.type.comparable() for f in self.fields)
        if self.kind == "array":
            return self.elem.comparable()
        return self.kind != "param" and (self.kind != "std" or self.std.comparable)


class Field:
    def __init__(self, name, type_, embedded=False):
        self.name, self.type, self.embedded = name, type_, embedded

    def __str__(self):
        return self.type.text if self.embedded else "%s %s" % (self.name, self.type)


def basic(text):
    return Type(text, KINDS[text], text)


def pointer(t):
    return Type("*" + t.text, "ptr", elem=t)


def slice_of(t):
    return Type("[]" + t.text, "slice", elem=t)


def array_of(t, n):
    return Type("[%d]%s" % (n, t), "array", elem=t, length=n)


def map_of(k, v):
    return Type("map[%s]%s" % (k, v), "map", key=k, elem=v)


def chan_of(t, way="chan"):
    return Type("%s %s" % (way, "(%s)" % t if t.text.startswith("<-") else t), "chan", elem=t)


def func_of(params, results):
    text = "func(%s)" % ", ".join(map(str, params))
    text += {0: "", 1: " %s" % (results or [""])[0]}.get(len(results), " (%s)" % ", ".join(map(str, results)))
    return Type(text, "func", params=params, results=results)


def struct_of(fields):
    return Type("struct { %s }" % "; ".join(map(str, fields)) if fields else "struct{}", "struct", fields=fields)


def named(name, under):
    return Type(name, under.kind, under.base, under.elem, under.key, under.length, under.fields, under.params, under.results,
                under.std, True, under.needs)


EMPTY_IFACE = Type("interface{}", "iface")
ERROR = Type("error", "iface", named=True, needs=("Error",))


class Types:
    """Random types. wanted(text) of a standard type is asked of std, a list."""

    def __init__(self, seed, std):
        self.random = random.Random(seed)
        self.std = [Type(s.text, "std", std=s, named=True) for s in std]
        self.named, self.ifaces, self.open = [], [], []
        self.params = {}  # of the generic type or function that is being made

    def chance(self, p):
        return self.random.random() < p

    def basic(self):
        return basic(self.random.choice(list(KINDS) + ["int", "string", "string"]))

    def any(self, depth=3):
        """A random type that is not too large."""
        while True:
            t = self.one(depth)
            if t.size() <= LARGEST:
                return t

    def one(self, depth):
        ways = [(4 if depth else 8, self.basic), (3, lambda: self.random.choice(self.named or [basic("int")])),
                (2, lambda: self.random.choice(self.std)), (2, self.iface)]
        if depth:
            e = lambda: self.any(depth - 1)  # noqa: E731
            ways += [(3, lambda: pointer(e())), (3, lambda: slice_of(e())),
                     (2, lambda: array_of(e(), self.random.choice((0, 1, 1, 2, 2, 3, 4, 5, 17)))), (2, lambda: self.map(depth)),
                     (1, lambda: chan_of(e(), self.random.choice(("chan", "chan", "chan", "<-chan", "chan<-")))),
                     (1, lambda: self.func(depth)), (2, lambda: struct_of(self.fields(depth))),
                     (1, lambda: slice_of(basic("uint8"))), (1, lambda: array_of(basic("uint8"), self.random.choice((4, 16, 40))))]
        if self.params:
            ways.append((4, lambda: self.random.choice(list(self.params.values()))))
        if self.open and depth:
            ways.append((2, lambda: self.recursive(self.random.choice(self.open))))
        return self.random.choices([w for _, w in ways], [n for n, _ in ways])[0]()

    def recursive(self, t):
        return self.random.choice((pointer, pointer, slice_of, lambda x: map_of(basic("string"), x), chan_of,
                                   lambda x: func_of([x], [x]), lambda x: slice_of(pointer(x))))(t)

    def iface(self):
        return self.random.choice([EMPTY_IFACE, EMPTY_IFACE, ERROR] + self.ifaces)

    def map(self, depth):
        while True:
            k = self.any(depth - 1)
            if k.comparable():
                return map_of(k, self.any(depth - 1))

    def func(self, depth):
        n, m = self.random.choice(((0, 0), (0, 1), (1, 0), (1, 1), (2, 1), (1, 2), (3, 2)))
        return func_of([self.any(depth - 1) for _ in range(n)], [self.any(depth - 1) for _ in range(m)])

    def fields(self, depth):
        out, names = [], set()
        for i in range(self.random.choice((0, 1, 1, 2, 2, 3, 3, 4, 5, 7))):
            t = self.any(depth - 1)
            inner = t.elem if t.kind == "ptr" and not t.named else t
            name = inner.text.split("[")[0].split(".")[-1]
            may = inner.named and inner.kind != "param" and name not in names and inner not in self.open and (
                t is inner or inner.kind not in ("ptr", "iface") and not inner.text == "unsafe.Pointer")
            if may and inner.kind != "ptr" and self.chance(0.4):
                out.append(Field(name, t, True))
            elif self.chance(0.07):
                out.append(Field("_", t))
                continue
            else:
                name = ("abcdefgh" if self.chance(0.5) else "ABCDEFGH")[i]
                out.append(Field(name, t))
            names.add(name)
        return out

    def declare(self, name):
        """A named type, of which parts may lead back to it."""
        t = Type(name, "struct", named=True)
        self.open.append(t)
        if self.chance(0.55):
            t.fields = self.fields(3)
            while t.size() > LARGEST:
                t.fields = self.fields(2)
        else:
            under = self.any(3)
            while under.named or under.kind == "param" or under.size() > LARGEST:
                under = self.any(3)
            for part in ("kind", "base", "elem", "key", "length", "fields", "params", "results", "needs"):
                setattr(t, part, getattr(under, part))
            t.under = under.text
        self.open.pop()
        self.named.append(t)
        return t


def definition(t):
    """How the type is declared, without its name."""
    return getattr(t, "under", None) or "struct {\n%s}" % "".join("\t%s\n" % f for f in t.fields)


def substituted(t, env):
    """The type with these types in the places of type parameters: {name: Type}."""
    if t.kind == "param":
        return env[t.text]
    if t.targs:
        return instance(t.generic, [substituted(a, env) for a in t.targs])
    if t.named or t.base:
        return t
    s = lambda x: substituted(x, env)  # noqa: E731
    if t.kind == "ptr":
        return pointer(s(t.elem))
    if t.kind == "slice":
        return slice_of(s(t.elem))
    if t.kind == "array":
        return array_of(s(t.elem), t.length)
    if t.kind == "map":
        return map_of(s(t.key), s(t.elem))
    if t.kind == "chan":
        return chan_of(s(t.elem), "chan" if t.text.startswith("chan ") else t.text[:6])
    if t.kind == "func":
        return func_of([s(x) for x in t.params], [s(x) for x in t.results])
    if t.kind == "struct":
        return struct_of([Field(f.name, s(f.type), f.embedded) for f in t.fields])
    return t


class Generic:
    """A generic type: its parameters {name: constraint}, its fields, and its instances by their text."""

    def __init__(self, name, params, fields):
        self.name, self.params, self.fields, self.made = name, params, fields, {}


def instance(generic, targs):
    text = "%s[%s]" % (generic.name, ", ".join(map(str, targs)))
    if text in generic.made:
        return generic.made[text]
    t = generic.made[text] = Type(text, "struct", named=True, targs=targs)
    t.generic = generic
    if all(a.kind != "param" for a in targs):
        env = dict(zip(generic.params, targs))
        t.fields = [Field(f.name, substituted(f.type, env), f.embedded) for f in generic.fields]
    return t
