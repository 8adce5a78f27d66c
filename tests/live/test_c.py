# SPDX-License-Identifier: BSD-2-Clause
"""Arguments of C and Rust functions at their entries, against what the functions print: results in memory take a
register from them, optimizers drop them or hand on constants, and Rust has rules of its own."""
import json
import os
import re
import shutil
import subprocess
import tempfile

import live
from live import Case, Skip, check

C_SOURCE = r"""
#include <stdio.h>
struct big { long a, b, c; };
struct ctx { long id, total; };
static __attribute__((noinline)) long mix(struct ctx *c, long mode, long x, long y)
{
	printf("mix mode=%ld x=%ld y=%ld\n", mode, x, y);
	c->total += x * mode;
	return x + c->total;
}
static __attribute__((noinline)) struct big make(long a, long b)
{
	struct big r = {a, b, a + b};
	printf("make a=%ld b=%ld\n", a, b);
	return r;
}
__attribute__((noinline)) long plain(long k, struct big v, int n)
{
	printf("plain k=%ld n=%d\n", k, n);
	return v.c + k + n;
}
int main(int argc, char **argv)
{
	struct ctx c = {argc, 0};
	long s = 0;

	for (int i = 0; i < 3; i++) {
		struct big b = make(i, mix(&c, 7, i, i + 2));
		s += plain(i * 10, b, -i);
	}
	return s == 0;
}
"""

RUST_SOURCE = r"""
struct Bad(u32);
struct Store { hits: u64, all: Vec<u64> }
impl Store {
    #[inline(never)]
    fn apply(&mut self, x: u64, n: usize) -> Result<u64, Bad> {
        println!("apply x={} n={}", { x }, { n });
        self.hits += 1;
        if n == 2 { return Err(Bad(n as u32)); }
        self.all.push(x);
        Ok(x + self.hits)
    }
}
#[inline(never)]
fn greet(fixed: u64, i: u64, opt: bool) -> u64 { println!("greet i={} opt={} fixed={}", { i }, { opt }, { fixed }); i }
fn main() {
    let mut s = Store { hits: 0, all: vec![] };
    for i in 0..4 {
        let r = s.apply(i as u64 * 3, i);
        if let Ok(v) = r { greet(77, v, i % 2 == 0); }
    }
}
"""


def entries(name, source, command, functions, least):
    """Each value that is shown is the one that was printed, and at least so many are shown."""
    def run():
        live.need_live()
        compiler = shutil.which(command[0])
        if not compiler:
            raise Skip("no %s" % command[0])
        with tempfile.TemporaryDirectory() as d:
            code, path, out = (os.path.join(d, n) for n in (name, "program", "out"))
            with open(code, "w") as f:
                f.write(source)
            subprocess.run([compiler, *command[1:], "-o", path, code], check=True, stderr=subprocess.DEVNULL)
            status, told, err = live.sonde("trace", "--format", "json", "-o", out, *functions, "--", path)
            check(status == 0, lambda: "exit status %d: %s" % (status, err))
            with open(out) as f:
                events = [json.loads(line) for line in f][:-1]
            # an entry is never shown for a return
            status, _, err = live.sonde("explain", path, functions[-1].rstrip("*") + ":return{k}", prefix=[])
            check(functions[-1] != "plain*" or (status == live.USAGE and "are not put together" in err), lambda: err)
        wanted = [re.findall(r"(\w+)=([-\w]+)", line) for line in told.splitlines()]
        check(len(events) == len(wanted), lambda: "%d events, %d calls: %s" % (len(events), len(wanted), err))
        right = 0
        for event, values in zip(events, wanted):
            for key, value in values:
                got = event["args"][key]
                if isinstance(got, dict) and "unavailable" in got:
                    continue
                check(json.dumps(got) == value, lambda: "%s: %s is %s, not %r" % (event["func"], key, value, got))
                right += 1
        check(right >= least, lambda: "%d values only" % right)
        return "%d calls, %d values" % (len(wanted), right)
    return Case("entries %s" % " ".join(command), run)


def cases(ctx):
    for command in (["gcc", "-g", "-O0"], ["gcc", "-g", "-O2"], ["clang", "-g", "-O0"], ["clang", "-g", "-O2"]):
        yield entries("c.c", C_SOURCE, command, ["mix*", "make*", "plain*"], 15)
    yield entries("r.rs", RUST_SOURCE, ["rustc", "-g"], ["*5Store5apply*", "*5greet*"], 0)
    yield entries("r.rs", RUST_SOURCE, ["rustc", "-g", "-O"], ["*5Store5apply*", "*5greet*"], 8)
