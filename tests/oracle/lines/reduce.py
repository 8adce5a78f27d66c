# SPDX-License-Identifier: BSD-2-Clause
"""Makes a program with a wrong value small: takes out what it can while the same line still shows the same variable wrong."""
import re
import shutil
import tempfile

from oracle import Broken, examined, live
from program import Head, Stmt, each

OPERATION = re.compile(r"\(([^()]+) (?:[-+*^&|%/]|<<|>>|&&|\|\|) ([^()]+)\)")


def declares(block):
    return any(":=" in p.text or p.text.startswith("var ") for s in block for p in s.parts if not isinstance(p, list))


class Reducer:
    """what: the head and the variable; None as the variable: how often the line is hit."""

    def __init__(self, program, version, mode, head, name):
        self.program, self.version, self.mode, self.head, self.name = program, version, mode, head, name
        self.tries, self.cache = 0, None

    def holds(self):
        """Whether the program, as it is now, still does it."""
        self.tries += 1
        if not self.program.sound() or not any(s.head() is self.head or self.head in s.parts
                                               for s, _, _ in each(self.program.stmts)):
            return False
        cache = tempfile.mkdtemp(prefix="sonde-reduce-")
        try:
            t, _ = examined(self.program, self.version, self.mode, self.head, cache)
        except (Broken, live.Failure):
            return False
        finally:
            shutil.rmtree(cache)
        return bool(t.counts) if self.name is None else any(w.name == self.name for w in t.wrong)

    def attempt(self, block, begin, end, instead=()):
        """Replaces statements of a block; puts them back if that loses what is sought."""
        old = block[begin:end]
        block[begin:end] = instead
        if self.holds():
            return True
        block[begin:begin + len(instead)] = old
        return False

    def without_runs(self, block):
        """Takes out runs of statements, long ones first."""
        size, done = max(len(block), 1), False
        while size:
            i = 0
            while i < len(block):
                run = block[i:i + size]
                if not any(s.keep or self.holds_head(s) for s in run) and self.attempt(block, i, i + size):
                    done = True
                else:
                    i += size
            size //= 2
        return done

    def holds_head(self, s):
        return self.head in s.parts or any(self.holds_head(x) for b in s.blocks() for x in b)

    def flattened(self, block):
        """Replaces statements by what is in their blocks; what declares something stays in a block of its own."""
        for i, s in enumerate(block):
            if s.blocks() and not s.keep and not s.head().text.startswith(("func ", "//go:noinline")):
                inner = next((b for b in s.blocks() if any(map(self.holds_head, b))), s.blocks()[0])
                if self.head in s.parts or (s.head().text == "{" and declares(inner)):
                    continue
                if self.attempt(block, i, i + 1, [Stmt(Head("{"), inner, Head("}"))] if declares(inner) else inner):
                    return True
        return False

    def shorter(self, s):
        """Takes else branches and cases out, and operands out of expressions."""
        done = False
        for i in range(len(s.parts) - 2, 1, -2):
            if isinstance(s.parts[i], list) and not any(map(self.holds_head, s.parts[i])):
                old = s.parts[i - 1:i + 1]
                s.parts[i - 1:i + 1] = []
                if self.holds():
                    done = True
                else:
                    s.parts[i - 1:i - 1] = old
        for part in s.parts:
            if isinstance(part, list):
                continue
            at = 0
            while True:
                m = OPERATION.search(part.text, at)
                if not m:
                    break
                at = m.start() + 1
                for operand in m.groups():
                    old, part.text = part.text, part.text[:m.start()] + operand + part.text[m.end():]
                    if self.holds():
                        done, at = True, m.start()
                        break
                    part.text = old
        return done

    def run(self):
        """Reduces until nothing helps; returns whether there was anything to reduce."""
        if not self.holds():
            return False
        self.alone()
        while self.pass_over(self.program.stmts):
            pass
        return True

    def alone(self):
        """Keeps only the function with the line, those that it calls, and its calls: all at once saves many tries."""
        def name_of(s):
            m = re.match(r"func (?:\([^)]*\) )?(\w+)", next((p.text for p in s.parts if not isinstance(p, list) and
                                                            p.text.startswith("func ")), ""))
            return m.group(1) if m else None

        stmts = self.program.stmts
        ours = next(s for s in stmts if self.holds_head(s))
        wanted, texts = {name_of(ours)}, [ours]
        while texts:
            text = "\n".join(p.text for s, _, _ in each([texts.pop()]) for p in s.parts if not isinstance(p, list))
            for s in stmts:
                name = name_of(s)
                if name and not s.keep and name not in wanted and re.search(r"\b%s\(" % name, text):
                    wanted.add(name)
                    texts.append(s)
        main = stmts[-1].blocks()[0]
        old, calls = list(stmts), list(main)
        stmts[:] = [s for s in stmts if s.keep or name_of(s) in wanted]
        main[:] = [s for s in main if s.head().text.split("(")[0] in wanted]
        if not self.holds():
            stmts[:], main[:] = old, calls

    def pass_over(self, block):
        """Tries everything once on a block and on those in it; returns whether anything helped."""
        done = self.without_runs(block)
        while self.flattened(block):
            done = True
        for s in list(block):
            if s in block and not (s.keep and not s.blocks()):
                for inner in s.blocks():
                    done |= self.pass_over(inner)
                if not s.keep:
                    done |= self.shorter(s)
        return done


def reduced(program, version, mode, line, name):
    """A small program in which what is on this line still goes wrong, or None if it did not happen again."""
    r = Reducer(program, version, mode, program.heads()[line], name)
    return r if r.run() else None


def listing(program):
    """The plain text without what all programs have."""
    text = program.plain().split("\n")
    prologue = sum(len(s.parts) for s in program.stmts[:1])
    return "\n".join(text[4 + prologue:]).replace("func finish() {}", "").replace("\tfinish()\n", "").strip()
