# SPDX-License-Identifier: BSD-2-Clause
"""Random Go programs whose functions take and return values of random types, and that tell the truth about each call with
tests/live/targets/truth."""
import re

import gotypes
import std
from exprs import Values
from gotypes import Field, Generic, Type, basic, instance, map_of, pointer, slice_of

METHODS = {  # name: (parameters, result, body; R: the receiver)
    "Label": ("n int", "string", 'return "l" + strconv.Itoa(n)'),
    "Count": ("", "int", "return 42"),
    "Error": ("", "string", 'return "error of its own"'),
    "String": ("", "string", 'return "string of its own"'),
}


class Program(Values):
    """minor: the Go 1.N that it is for; functions: how many are looked at."""

    def __init__(self, seed, minor, functions=30):
        self.seed = seed
        self.types = gotypes.Types(seed, [s for s in std.STD if s.since <= minor])
        self.random, self.chance, self.minor = self.types.random, self.types.chance, minor
        self.shared, self.method_values, self.hashable = {}, [], False
        self.decls, self.inits, self.calls, self.names, self.count_ = [], [], [], [], 0
        self.generics, self.made = [], None
        self.make(functions)

    def number(self):
        self.count_ += 1
        return self.count_

    def function(self, signature, body):
        name = "helper%d" % self.number()
        self.decls.append("//go:noinline\nfunc %s%s { %s }" % (name, signature, body))
        return name

    # what the functions are made of

    def make(self, functions):
        for i in range(3):
            needs = self.random.sample(sorted(METHODS), self.pick((1, 1, 2)))
            t = Type("I%d" % i, "iface", named=True, needs=tuple(needs))
            self.types.ifaces.append(t)
            self.decls.append("type I%d interface {\n%s\n}" % (i, "\n".join(
                "\t%s(%s) %s" % (m, METHODS[m][0], METHODS[m][1]) for m in needs)))
        for i in range(14):
            self.named_type("N%d" % i)
        if self.minor >= 18:
            for i in range(3):
                self.generic_type("G%d" % i)
        for i in range(6):
            t = self.pick(self.types.named)
            name = "shared%d" % i
            self.decls.append("var %s %s" % (name, t))
            self.inits.append("%s = %s" % (name, self.value(t, 3)))
            self.shared.setdefault(t.text, []).append(name)
        ways = [self.plain, self.plain, self.plain, self.method, self.direct, self.direct]
        if self.minor >= 18:
            ways += [self.generic, self.generic, self.generic_method]
        for _ in range(functions):
            self.pick(ways)()

    def named_type(self, name):
        t = self.types.declare(name)
        self.decls.append("type %s %s" % (name, gotypes.definition(t)))
        if t.kind in ("ptr", "iface") or t.base == "unsafe.Pointer":
            return
        for m in sorted(METHODS):
            embedded = any(f.name == m for f in t.fields)
            if self.chance(0.3) and not embedded:
                t.methods[m] = by_pointer = self.chance(0.5)
                params, result, body = METHODS[m]
                self.decls.append("func (r %s%s) %s(%s) %s { %s }" % ("*" * by_pointer, name, m, params, result, body))
                x = "(new(%s)).%s" % (name, m) if by_pointer else "(*new(%s)).%s" % (name, m)
                self.method_values.append(("func(%s) %s" % (params.replace("n ", ""), result), x))

    def generic_type(self, name):
        params = {"T": "any", "U": "comparable"} if self.chance(0.6) else {"T": "any"}
        self.types.params = {p: Type(p, "param", named=True) for p in params}
        while True:
            fields = [f for f in self.types.fields(2) if not (f.embedded and f.type.kind == "param")]
            if any("T" in re.findall(r"\w+", f.type.text) for f in fields):
                break
        self.types.params = {}
        g = Generic(name, params, fields)
        if self.chance(0.5):
            fields.append(Field("next", pointer(instance(g, [Type(p, "param") for p in params]))))
        self.decls.append("type %s[%s] struct {\n%s}" % (name, ", ".join("%s %s" % p for p in params.items()),
                                                         "".join("\t%s\n" % f for f in fields)))
        self.generics.append(g)
        for _ in range(2):
            self.types.named.append(instance(g, [self.argument(c) for c in params.values()]))

    def argument(self, constraint):
        """A type argument: without anonymous structs, of which the parts' packages are not told, and without generics in it."""
        while True:
            t = self.types.any(self.pick((0, 0, 1, 2)))
            strict = constraint == "any" or (t.comparable() and (self.minor >= 20 or not has_iface(t)))
            if strict and t.kind != "param" and "struct" not in t.text:
                return t

    # functions and their calls

    def parameters(self):
        n = self.pick((0, 1, 1, 2, 2, 3, 3, 4, 5, 7, 12))
        return [self.types.any(3 if n < 5 else 1) for _ in range(n)]

    def declared(self, name, receiver, params, results, variadic=False, targs=""):
        """Declares the function; named results are r0, r1, …"""
        texts = ["a%d %s" % (i, "..." + p.elem.text if variadic and i == len(params) - 1 else p) for i, p in enumerate(params)]
        body = []
        for i, p in enumerate(params):
            if self.chance(0.3):
                body.append("keep(a%d)" % i)
        values, by_name = [self.result(r, params) for r in results], self.chance(0.3)
        heads = ["r%d %s" % (i, r) for i, r in enumerate(results)] if by_name else list(map(str, results))
        if by_name and results and self.chance(0.4):
            body.append("defer func() { r0 = %s }()" % self.result(results[0], params))
        for i, p in enumerate(params):
            if p.kind in ("int", "float", "string") and self.chance(0.3):
                body.append("a%d += a%d" % (i, i))
            elif p.kind == "slice" and self.chance(0.2):
                body.append("if len(a%d) > 0 { a%d[0] = *new(%s); a%d = a%d[1:] }" % (i, i, p.elem, i, i))
            elif p.kind == "ptr" and self.chance(0.2):
                body.append("if a%d != nil { *a%d = *new(%s) }; a%d = nil" % (i, i, p.elem, i))
            elif p.kind == "map" and self.chance(0.2):
                body.append("for k := range a%d { delete(a%d, k); break }" % (i, i))
        body.append("return " + ", ".join(values))
        self.decls.append("//go:noinline\nfunc %s%s%s(%s) (%s) {\n%s}" % (
            "(r %s) " % receiver if receiver else "", name, targs, ", ".join(texts), ", ".join(heads), "".join("\t%s\n" % b for b in body)))

    def result(self, r, params):
        """An expression for a result, from parameters where one fits."""
        same = ["a%d" % i for i, p in enumerate(params) if p.text == r.text]
        if same and self.chance(0.7):
            text = self.pick(same)
            if r.kind in ("int", "uint") and r.bits() < 64 and self.chance(0.5):
                return "%s(int64(%s) + junk)" % (r, text)
            return "%s*2 + 1" % text if r.kind == "float" and self.chance(0.5) else text
        if r.kind == "param" or "T" in re.findall(r"\w+", r.text) or "U" in re.findall(r"\w+", r.text):
            return self.pick(same) if same else "*new(%s)" % r
        name = "g%d" % self.number()
        self.decls.append("var %s %s" % (name, r))
        self.inits.append("%s = %s" % (name, self.value(r, 3, 25)))
        return name

    def results(self, params):
        out = [self.pick(params) if params and self.chance(0.5) else self.types.any(2) for _ in range(self.pick((0, 1, 1, 1, 2, 2, 3, 5)))]
        return out

    def call(self, function, variable, params, targs=None, receiver=None):
        """A call by reflection, with new values: Do tells what it passes."""
        first = [("r", receiver)] if receiver else []
        names = [n for n, _ in first] + ["a%d" % i for i in range(len(params))]
        lines = ["var v%d %s = %s" % (i, p, self.value(p)) for i, p in enumerate([r for _, r in first] + params)]
        args = "".join(", At(&v%d)" % i for i in range(len(names)))
        head = 'DoTypes("%s", typesOf(%s), ' % (function, ", ".join("(*%s)(nil)" % t for t in targs)) if targs else 'Do("%s", ' % function
        self.calls.append("\n".join(lines + ['%s%s, "%s"%s)' % (head, variable, ",".join(names), args)]))

    def plain(self):
        params = self.parameters()
        variadic = bool(params) and self.chance(0.15)
        if variadic:
            params[-1] = slice_of(params[-1])
        results = self.results(params)
        name = "f%d" % self.number()
        self.declared(name, None, params, results, variadic)
        self.names.append("main." + name)
        for _ in range(3):
            self.call("main." + name, name, params)

    def method(self):
        t = self.pick([n for n in self.types.named if not n.targs and n.kind not in ("ptr", "iface") and n.base != "unsafe.Pointer"])
        receiver = pointer(t) if self.chance(0.5) else t
        params = self.parameters()[:5]
        name = "Do%d" % self.number()
        self.declared(name, receiver, params, self.results(params))
        where = "(%s)" % receiver if receiver is not t else t.text
        self.names.append("main.%s.%s" % (where, name))
        for _ in range(3):
            self.call("main.%s.%s" % (where, name), "%s.%s" % (where, name), params, None, receiver)

    def direct(self):
        """Called as programs do it: small numbers come in registers with anything above them."""
        params = self.parameters()
        results = self.results(params)
        name = "d%d" % self.number()
        self.declared(name, None, params, results)
        self.names.append("main." + name)
        for _ in range(3):
            lines = ["var v%d %s = %s" % (i, p, self.value(p)) for i, p in enumerate(params)]
            lines.append("before := F(%s)" % ", ".join('"a%d", At(&v%d)' % (i, i) for i in range(len(params))))
            args = ", ".join("%s(int64(v%d) + junk)" % (p, i) if p.kind in ("int", "uint") and p.bits() < 64 else "v%d" % i
                             for i, p in enumerate(params))
            got = ", ".join("w%d" % i for i in range(len(results)))
            lines.append("%s%s(%s)" % (got + " := " if got else "", name, args))
            lines.append('Call("main.%s", before, F(%s))' % (name, ", ".join('"r%d", At(&w%d)' % (i, i) for i in range(len(results)))))
            self.calls.append("\n".join(lines))

    def generic(self):
        letters = {"T": "any", "U": "comparable", "V": "any"}
        letters = {k: letters[k] for k in list(letters)[:self.pick((1, 2, 2, 3))]}
        self.types.params = {p: Type(p, "param", named=True) for p in letters}
        params = [self.types.any(2) for _ in range(self.pick((0, 1, 2, 3, 4)))] + [self.pick(list(self.types.params.values()))]
        if "U" in letters:
            params.append(map_of(self.types.params["U"], self.types.params["T"]))
        if self.chance(0.6):
            g = self.pick(self.generics)
            args = [self.types.params["T"]] + [self.types.params.get("U", basic("int8"))] * (len(g.params) - 1)
            t = instance(g, args)
            params.append(pointer(t) if self.chance(0.4) else t)
        results = [self.pick(params + list(self.types.params.values())) for _ in range(self.pick((0, 1, 2, 3)))]
        self.types.params = {}
        name = "h%d" % self.number()
        self.declared(name, None, params, results, False, "[%s]" % ", ".join("%s %s" % p for p in letters.items()))
        self.names.append("main." + name)
        for _ in range(3):
            targs = [self.argument(c) for c in letters.values()]
            env = dict(zip(letters, targs))
            self.call("main." + name, "%s[%s]" % (name, ", ".join(map(str, targs))),
                      [gotypes.substituted(p, env) for p in params], targs)

    def generic_method(self):
        g = self.pick(self.generics)
        me = "%s[%s]" % (g.name, ", ".join(g.params))
        self.types.params = {p: Type(p, "param", named=True) for p in g.params}
        params = [self.types.any(2) for _ in range(self.pick((0, 1, 2, 3)))]
        results = [self.pick(params + list(self.types.params.values())) for _ in range(self.pick((0, 1, 2)))]
        self.types.params = {}
        name, by_pointer = "Do%d" % self.number(), self.chance(0.5)
        self.declared(name, "*" * by_pointer + me, params, results)
        function = "main.(*%s).%s" % (g.name, name) if by_pointer else "main.%s.%s" % (g.name, name)
        self.names.append(function)
        for _ in range(3):
            targs = [self.argument(c) for c in g.params.values()]
            t = instance(g, targs)
            env = dict(zip(g.params, targs))
            receiver = pointer(t) if by_pointer else t
            self.call(function, "(%s).%s" % (receiver, name), [gotypes.substituted(p, env) for p in params], targs, receiver)

    def source(self):
        if self.made:
            return self.made
        body = [std.PRELUDE]
        if self.minor >= 18:
            body.append(std.KNOW18)
        body += self.decls
        body.append("func typesOf(ptrs ...interface{}) string {\n\tvar s []string\n\tfor _, p := range ptrs {\n\t\ts = append(s, "
                    "reflect.TypeOf(p).Elem().String())\n\t}\n\treturn strings.Join(s, \",\")\n}")
        body.append("func set() {\n%s}" % "".join("\t%s\n" % i for i in self.inits))
        for i, c in enumerate(self.calls):
            body.append("func call%d() {\n\t%s\n}" % (i, c.replace("\n", "\n\t")))
        body.append("func main() {\n\tdebug.SetGCPercent(-1)\n\tStart()\n\tknow()\n%s\tset()\n%s\tDone()\n}" % (
            "\tknow18()\n" if self.minor >= 18 else "", "".join("\tcall%d()\n" % i for i in range(len(self.calls)))))
        text = "\n\n".join(body)
        words = set(re.findall(r"\b(\w+)\.", text))
        imports = sorted('\t"%s"\n' % path for name, path in std.IMPORTS.items() if name in words)
        self.made = 'package main\n\nimport (\n%s\n\t. "example.com/targets/truth"\n)\n\n%s\n' % ("".join(imports), text)
        return self.made


def has_iface(t):
    """Whether comparing it may panic: before Go 1.20 that is not comparable."""
    if t.kind == "iface" or t.text == "context.Context":
        return True
    if t.kind == "struct":
        return any(has_iface(f.type) for f in t.fields)
    return t.kind == "array" and has_iface(t.elem)
