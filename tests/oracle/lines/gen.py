# SPDX-License-Identifier: BSD-2-Clause
"""Random Go programs, of the constructs that are asked for: a few small functions (inlined ones, methods, generic ones),
functions that use them, and a main that calls each of those three times."""
import random

from exprs import NAMES, STRUCTS, Callee
from program import Call, Head, Program, Stmt
from stmts import USE, Body
from wider import WIDER, WIDER_PROLOGUE, WIDER_STRUCTS, WIDER_USE, WiderStatements

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
    "nested": 15,  # structs in structs
    "parallel": 15,  # x, y = e, f
    "bytes": 15,  # of strings
    "bare": 15,  # blocks of their own
    "typeswitch": 15,
    "recover": 15,
    "recursion": 15,
    "rangefunc": 23,
}
TINY = {"tiny", "sized", "bool", "string", "float", "struct", "array", "slice", "compound", "swap", "parallel", "if", "return",
        "shadow", "results", "for", "inlineloop", "method", "generic"}
CALLS_ONLY = {"tiny": 15}  # small functions without calls, many of which assign to their parameters: for calls.py
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

type S5 struct {
	P S2
	N int
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
func useS5(x S5) { sink += x.P.X + x.N }

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

//go:noinline
func dirty(n int) int {
	var left [400]int
	for i := range left {
		left[i] = n*1000003 + i
	}
	return left[n&255]
}

func upTo(n int) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		for i := 0; i < n && yield(i); i++ {
		}
	}
}
"""


STRUCTS.update(WIDER_STRUCTS)
USE.update(WIDER_USE)


class Generator(WiderStatements):
    def __init__(self, seed, features, functions=25):
        self.random = random.Random(seed)
        self.features = set(features)
        self.functions = functions
        self.variables, self.callees, self.scopes, self.count = [], [], [], 0
        self.tiny = False  # the function in hand is to be inlined

    def spec(self, name, params, results, receiver=None):
        """The types of a function, as far as they are left to chance. results: how many it may have."""
        kinds = tuple(self.pick(("int", "int", self.pick(self.kinds())))
                      for _ in range(self.random.randint(1, results) if self.has("results") else 1))
        # named results that are nil at first would make programs panic
        named = self.has("results") and self.chance(0.4) and not any(k[0] in "[m" or k == "Shape" for k in kinds)
        return Callee(name, params, kinds, receiver, named)

    def function(self, spec, least, most, noinline=False, fixed=False):
        """The function, with a body of that many statements. fixed: it does not assign to its parameters."""
        scope = {}
        self.scopes = [scope]
        params = []
        for i, k in enumerate(([spec.receiver] if spec.receiver else []) + spec.params):
            name = "p%d" % i if spec.recursive or self.chance(0.5) else self.pick([n for n in NAMES if n not in scope])
            params.append(self.declare(self.new(name, k, fixed or (spec.recursive and i == 0))))
        named = [self.declare(self.new("r%d" % i, k)) for i, k in enumerate(spec.results)] if spec.named else []
        self.fn = Body(spec.results, named)
        begin = self.recursion(spec, params) if spec.recursive else []
        alike = [v for v in params if v.kind == params[0].kind and v.kind != "T"]
        if self.tiny and not fixed and len(alike) > 1 and self.chance(0.6):
            begin.append(self.line("%s = %s" % (", ".join(map(str, alike)), ", ".join(map(str, alike[1:] + alike[:1])))))
        body = begin + self.block(0, least, most, scope=scope)
        self.scopes = [scope]
        body.append(self.line(self.return_text()))
        self.scopes = []
        texts = ["%s %s" % (v, v.kind) for v in params]
        into = "(%s) " % texts.pop(0) if spec.receiver else ""
        call = Call(spec.name, params, ["%s %s" % (v, v.kind) for v in named] or list(spec.results), noinline)
        head = Head("func %s%s%s(%s) (¶) {" % (into, spec.name, "[T any]" if "T" in spec.params else "", ", ".join(texts)),
                    call=call)
        return Stmt(*([Head("//go:noinline")] if noinline else []), head, body, Head("}"))

    def recursion(self, spec, params):
        """The end of it, and a call of itself."""
        end = Stmt(Head("if %s <= 0 {" % params[0], self.seen(), "before"), [self.line(self.return_text())], Head("}"))
        arguments = ["%s - 1" % params[0]] + [self.operand(v.kind, 1)[0] for v in params[1:]]
        seen = self.seen()
        deeper = self.declare(self.new("deeper", spec.results[0]))
        call = Stmt(Head("%s := %s(%s)" % (deeper, spec.name, ", ".join(arguments)), seen, "before"),
                    Head("_ = %s" % deeper))
        return [end, call]

    def small_functions(self):
        """Those that others call; Go inlines them where it can, with loops since 1.16."""
        wanted = []
        if self.has("inline"):
            wanted += [("small", None, [])] * 4
        if self.has("method", "struct"):
            wanted += [("Value", "S2", []), ("Change", "*S2", [])]
        if self.has("generic"):
            wanted += [("Any", None, ["T"])] * 2
        if self.has("recursion"):
            wanted += [("again", None, ["int"])]
        if self.has("tiny"):
            wanted += [("tiny", None, [])] * 14 + [("TinyOf", "S2", []), ("TinyAt", "*S2", [])] * self.has("struct")
            wanted += [("TinyAny", None, ["T"])] * self.has("generic")
        everything, out = self.features, []
        for name, receiver, first in wanted:
            self.features = everything - {"defer", "go", "select", "closure", "while", "labels", "escape", "recover",
                                          "rangefunc"}
            self.tiny = name.lower().startswith("tiny")
            if self.tiny:
                self.features &= TINY
            if not self.has("inlineloop") or self.chance(0.5):
                self.features -= {"for", "range"}
            most = 4 if name == "tiny" else 2
            params = first + [self.pick(self.kinds()) for _ in range(self.random.randint(0 if first else 1, most))]
            if self.tiny and self.chance(0.6):  # there is more to swap
                params = [params[-1] if p != "T" else p for p in params]
            spec = self.spec("%s%d" % (name, self.number()), params, 1 if name == "again" else 2, receiver)
            spec.recursive = name == "again"
            near = self.callees[-3:] if self.tiny else self.callees[:2]
            callees, self.callees = self.callees, near if self.chance(0.3) else []
            out.append(self.function(spec, 1, 2 if self.tiny else 3, fixed=self.tiny and self.chance(0.4)))
            self.callees = callees + [spec]
            self.features = everything
        self.tiny = False
        return out

    def via(self, callee):
        """A function that is not inlined and does little more than to call the one that is: arguments are where they came in."""
        spec = Callee("via%s" % callee.name, list(callee.params), callee.results, callee.receiver, False)
        self.scopes = [{}]
        params = [self.declare(self.new("p%d" % i, k))
                  for i, k in enumerate(([spec.receiver] if spec.receiver else []) + spec.params)]
        self.fn = Body(spec.results)
        body = [self.line("%s %s %d" % (v, self.pick(("+=", "*=", "^=")), self.random.randint(2, 9)))
                for v in params if v.kind == "int" and self.chance(0.3)]
        texts = [str(v) for v in params]
        self.random.shuffle(texts) if len(set(spec.params)) == 1 and not spec.receiver else None
        receiver = "%s." % texts.pop(0) if spec.receiver else ""
        body.append(self.line("return %s%s(%s)" % (receiver, callee.name, ", ".join(texts))))
        call = Call(spec.name, params, list(spec.results), True)
        texts = ["%s %s" % (v, v.kind) for v in params]
        head = Head("func %s(%s) (¶) {" % (spec.name, ", ".join(texts)), call=call)
        self.scopes = []
        if spec.receiver:
            spec.params, spec.receiver = [spec.receiver] + spec.params, None
        return spec, Stmt(Head("//go:noinline"), head, body, Head("}"))

    def program(self):
        prologue = PROLOGUE + WIDER_PROLOGUE * any(f in WIDER for f in self.features)
        stmts = [Stmt(*[Head(line) for line in prologue.strip().split("\n")], keep=True)]
        stmts += self.small_functions()
        specs = []
        for callee in self.callees if self.has("tiny") else ():
            if callee.name.lower().startswith("tiny") and "T" not in callee.params:
                spec, stmt = self.via(callee)
                specs.append(spec)
                stmts.append(stmt)
        for i in range(self.functions):
            kinds = self.kinds() + (["*S2"] if self.has("pointer", "struct") else [])
            params = [self.pick(kinds) for _ in range(self.random.randint(1, 4))]
            if self.has("generic") and self.chance(0.15):
                params[0] = "T"
            specs.append(self.spec("f%d" % i, params, 2))
            stmts.append(self.function(specs[-1], 3, 8, True))
        turns = [Stmt(Head("%s(%s)" % (s.name, ", ".join('"T"' if p == "T" else self.literal(p) for p in s.params))))
                 for _ in range(3) for s in specs]
        # what a stack slot holds before it is stored is never right by luck
        turns = [x for i, turn in enumerate(turns) for x in (Stmt(Head("sink += dirty(%d)" % (i + 77))), turn)]
        stmts.append(Stmt(Head("func main() {"), turns, Head("\tfinish()"), Head("}"), keep=True))
        go = max([{**FEATURES, **WIDER, **CALLS_ONLY}[f] for f in self.features], default=15)
        return Program(self.variables, stmts, go)


def program(seed, features, functions=25):
    return Generator(seed, features, functions).program()
