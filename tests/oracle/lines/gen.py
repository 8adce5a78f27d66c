# SPDX-License-Identifier: BSD-2-Clause
"""Random Go programs, of the constructs that are asked for: a few small functions (inlined ones, methods, generic ones),
functions that use them, and a main that calls each of those three times."""
import random

from exprs import NAMES, Callee
from program import Head, Program, Stmt
from stmts import Body, Statements

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


class Generator(Statements):
    def __init__(self, seed, features, functions=25):
        self.random = random.Random(seed)
        self.features = set(features)
        self.functions = functions
        self.variables, self.callees, self.scopes, self.count = [], [], [], 0

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
