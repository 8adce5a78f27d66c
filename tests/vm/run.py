#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The vm lane: sonde on other kernels, under qemu's software emulation.

  run.py [--kernels 5.10,6.1,6.12,7.2] [--only CASE,...] [--sonde PROGRAM] [--log DIR] [--jobs N]

Decides which machines there are (a kernel and how it is to preempt), what is run in each of them
and what must come out. One line a case, `N passed, N failed, N skipped` at the end. A machine that
cannot be had is skipped, counted, with its reason. Exit codes: 0, 1 when a case failed, 77 when
nothing at all could be run.

What it takes for granted of sonde: `sonde doctor --json` prints {"checks":[{"name":…,"ok":…},…]},
where "programs" has in "found" which build of the BPF programs it chose, and each "build NAME" is one
of the builds, tried by loading it. `sonde trace --format json -o FILE PROBE -- COMMAND`.
"""

import argparse
import concurrent.futures
import dataclasses
import fnmatch
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading

sys.dont_write_bytecode = True
import boot  # noqa: E402

HERE = boot.HERE
ROOT = os.path.dirname(os.path.dirname(HERE))


@dataclasses.dataclass
class Machine:
    """`preempt`: the model it must run with. `clobbers`: a careless program must be seen to fail
    there, or the lane would prove nothing. (5.10 never preempts a BPF program. 6.1 does, but its
    perf uprobes hold a mutex for each CPU meanwhile: one clobbered record in 400,000, or none.)
    `builds` of the BPF programs must load there; the first is the one that must be chosen."""
    kernel: str
    preempt: str
    builds: tuple
    append: str = ""
    clobbers: bool = False

    @property
    def name(self):
        return f"{self.kernel}/{self.preempt}"


ALL_BUILDS = ("preempt", "slots", "plain")
MACHINES = [
    Machine("5.10", "fixed", ("plain",)),
    Machine("6.1", "full", ("slots", "plain"), "preempt=full"),
    Machine("6.12", "full", ALL_BUILDS, "preempt=full", clobbers=True),
    Machine("7.2", "full", ALL_BUILDS, "preempt=full", clobbers=True),
    Machine("7.2", "lazy", ALL_BUILDS, "preempt=lazy", clobbers=True),
]
KERNELS = list(dict.fromkeys(m.kernel for m in MACHINES))

CALLS, THREADS = 200000, 8  # entry and return: 400,000 hits
FEW = 40000
FLOATS = 800  # printed: the serial line is slow
# Under emulation the reader is slower than the target: room for all that it has not read yet.
ROOM = ("--ring-size", "256M")
TARGET = ("/bin/target", "-threads", str(THREADS), "-sleep-every", "32", "-sleep-us", "20")


class Failed(Exception):
    """A case did not come out as it must; the text says how."""


def last_lines(text, n=6):
    return "\n".join("    " + line for line in text.strip().splitlines()[-n:])


def must_exit_0(ran):
    if not ran.ok:
        raise Failed(f"{ran.name}: {ran.ending()}\n{last_lines(ran.out)}\n{last_lines(ran.err)}".rstrip())


def facts(machine, runs):
    ran = runs["facts"]
    must_exit_0(ran)
    said = dict(line.split(" ", 1) for line in ran.out.splitlines())
    if said["preempt"] != machine.preempt:
        raise Failed(f"preempts in the model {said['preempt']!r}, not {machine.preempt!r}")
    can = [k for k in ("btf", "ringbuf", "perf-uprobe", "tracefs-uprobe", "uprobe-multi")
           if said[k].startswith("yes")]
    return f"{said['release']}, {said['cpus']} cpus, {' '.join(can)}"


def clobber(machine, runs):
    ran = runs["clobber"]
    must_exit_0(ran)
    said = dict(line.split(" ", 1) for line in ran.out.splitlines())
    if machine.clobbers and said["clobbered"] == "0":
        raise Failed("a careless program is not seen to fail: this machine can show nothing")
    return f"a careless program mixes up {said['clobbered']} of {said['hits']}"


def doctor_checks(ran):
    try:
        checks = json.loads(ran.out)["checks"]
        for c in checks:
            if not isinstance(c["name"], str) or not isinstance(c["ok"], bool):
                raise TypeError("name and ok")
    except (ValueError, KeyError, TypeError) as e:
        raise Failed(f"sonde doctor --json: {e!r}\n{last_lines(ran.out)}\n{last_lines(ran.err)}") from e
    return checks


def doctor(_machine, runs):
    checks = doctor_checks(runs["doctor"])
    must_exit_0(runs["doctor"])
    lacks = [c["name"] for c in checks if not c["ok"]]
    return f"{len(checks)} checks" + (f", not here: {', '.join(lacks)}" if lacks else "")


def programs(machine, runs):
    checks = {c["name"]: c for c in doctor_checks(runs["doctor"])}
    loads = [b for b in ALL_BUILDS if checks[f"build {b}"]["ok"]]
    bad = [json.dumps(checks[f"build {b}"]) for b in machine.builds if b not in loads]
    if bad:
        raise Failed("not loaded: " + "; ".join(bad))
    chosen = checks["programs"]
    if not chosen["ok"] or chosen["found"] != machine.builds[0]:
        raise Failed(f"{json.dumps(chosen)}, not {machine.builds[0]}")
    return f"{' '.join(loads)} load, {chosen['found']} is used"


def trace(name):
    def verdict(_machine, runs):
        traced, checked = runs[name], runs[name + "-check"]
        must_exit_0(traced)
        if not traced.out.startswith("target: "):
            raise Failed(f"the target did not end well\n{last_lines(traced.out + traced.err)}")
        must_exit_0(checked)
        # when records may be lost, say also what the summary owns up to
        said = checked.out.splitlines()
        return f"{said[0]} ({traced.ms / 1000:.1f} s)" + (f"; {said[1]}" if name == "small-ring" else "")
    return verdict


def floats(_machine, runs):
    """Every call of mean(): arguments and result in XMM registers, by id and n; none wrong, and all but a few there: a signal
    of another kind at the same moment may take one."""
    ran = runs["floats"]
    must_exit_0(ran)
    seen, taken = {}, 0
    # the target's own line goes to the same pipe, into the middle of a line that does not fit
    for line in re.sub(r"target: .*\n", "", ran.out).splitlines():
        if line.startswith('{"ts"'):
            e = json.loads(line)
            seen[e["args"]["id"], e["args"]["n"]] = (e["args"]["x"], e["args"]["y"], e["results"]["r0"])
    wrong = []
    for (a, n), values in seen.items():
        for got, want in zip(values, (n + 0.25, a, (n + 0.25 + a) / 2)):
            if isinstance(got, dict) and "unavailable" in got:
                taken += 1
            elif got != want:
                wrong.append(f"{a, n}: {values}")
    if wrong or len(seen) != FLOATS or taken > FLOATS // 100:
        raise Failed(f"{len(wrong)} wrong, {taken} not read, {len(seen)} of {FLOATS} calls: {'; '.join(wrong[:3])}")
    return f"{FLOATS} calls, 3 floats in registers each, {taken} not read, the others right"


def mix(a, n, salt):
    """As target.go makes its numbers."""
    m = 2**64 - 1
    z = (a << 48 ^ n ^ salt * 0x9e3779b97f4a7c15) & m
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9 & m
    z = (z ^ z >> 27) * 0x94d049bb133111eb & m
    return z ^ z >> 31


def text(a, n):
    v, w = mix(a, n, 2), mix(a, n, 3)
    return "".join(chr(97 + (word >> 4 * i & 15)) for word in (v, w) for i in range(16))


def let_through(ran, want, value):
    """The calls that a condition let through are those of `want`: (id, n) → a value; all others are filtered."""
    must_exit_0(ran)
    seen = {}
    for line in re.sub(r"target: .*\n", "", ran.out).splitlines():
        if line.startswith('{"ts"'):
            e = json.loads(line)
            seen[e["values"]["id"], e["values"]["n"]] = value(e)
    if seen != want:
        raise Failed(f"{len(seen)} calls, not {len(want)}; {len(seen.items() ^ want.items())} differ")
    account = f"{FEW} hits, {len(want)} delivered, {FEW - len(want)} filtered, 0 lost"
    if account not in ran.err:
        raise Failed(f"not '{account}':\n{last_lines(ran.err)}")
    return f"{len(want)} of {FEW} calls"


def calls_where(wanted):
    return [(a, n) for a in range(THREADS) for n in range(FEW // THREADS) if wanted(a, n)]


def conditions(_machine, runs):
    """Integers and strings by program, captured by program."""
    want = {c: text(*c)[:4] for c in calls_where(
        lambda a, n: n % 7 == 3 and mix(a, n, 1) & 1 and "c" <= text(a, n) < "e")}
    return let_through(runs["conditions"], want, lambda e: e["values"]["s[:4]"])


def refused(_machine, runs):
    """Entries that are refused at once, and returns that withdraw their entry."""
    want = {c: (mix(*c, 1) + c[1]) % 2**64 % 100 for c in calls_where(
        lambda a, n: n < 4000 and (mix(a, n, 1) + n) % 2**64 % 16 == 5)}
    return let_through(runs["refused"], want, lambda e: e["results"]["r0"] % 2**64 % 100)


def traces(name, calls, options=(), probe="main.check", check=()):
    """The two commands of a case that traces the target and checks what was written."""
    out = f"/tmp/{name}.json"
    return [
        (name, 240, ["/bin/sonde", "trace", "--format", "json", "-o", out, *options, probe, "--",
                     *TARGET, "-calls", str(calls)]),
        (name + "-check", 120, ["/bin/check", "-calls", str(calls), "-threads", str(THREADS),
                                "-faults", str(calls // 10000), *check, out]),
    ]


@dataclasses.dataclass
class Case:
    """`commands`: (name, seconds, argv) to run in the machine; `verdict`: (machine, what was run)
    → what to print, or Failed."""
    name: str
    commands: list
    verdict: object
    sonde: bool = True


DOCTOR = ("doctor", 60, ["/bin/sonde", "doctor", "--json"])
CASES = [
    Case("facts", [("facts", 60, ["/bin/machine", "facts"])], facts, sonde=False),
    Case("clobber", [("clobber", 120, ["/bin/machine", "clobber", str(2 * CALLS), str(THREADS)])], clobber,
         sonde=False),
    Case("doctor", [DOCTOR], doctor),
    Case("programs", [DOCTOR], programs),
    Case("trace", traces("trace", CALLS, ROOM), trace("trace")),
    Case("entry", traces("entry", 2 * CALLS, ROOM, probe="main.check:entry", check=("-kind", "entry")),
         trace("entry")),
    Case("floats", [("floats", 120, ["/bin/sonde", "trace", "--format", "json", "main.mean", "--",
                                     *TARGET, "-floats", "-calls", str(FLOATS)])], floats),
    Case("conditions", [("conditions", 120, [
        "/bin/sonde", "trace", "--format", "json",
        'main.check:entry{id, n, s[:4]} if n%7 == 3 && x & 1 == 1 && s >= "c" && s < "e"', "--",
        *TARGET, "-calls", str(FEW)])], conditions),
    Case("refused", [("refused", 120, [
        "/bin/sonde", "trace", "--format", "json", "main.check{id, n} if n < 4000 && ret.0 & 15 == 5", "--",
        *TARGET, "-calls", str(FEW)])], refused),
    # each step of the ladder that is not the kernel's own choice
    Case("tracefs", traces("tracefs", FEW, (*ROOM, "--attach", "tracefs")), trace("tracefs")),
    Case("perf", traces("perf", FEW, (*ROOM, "--attach", "perf")), trace("perf")),
    Case("small-ring", traces("small-ring", FEW, ("--ring-size", "4K"), check=("-allow-lost",)),
         trace("small-ring")),
]


def build_target(directory):
    out = os.path.join(directory, "target")
    if not shutil.which("go"):
        raise boot.VmError("go is not installed (package golang-go)")
    p = subprocess.run(["go", "build", "-o", out, os.path.join(HERE, "target.go")],
                       capture_output=True, text=True, check=False,
                       env={**os.environ, "CGO_ENABLED": "0", "GOOS": "linux", "GOARCH": "amd64",
                            "GOFLAGS": "", "GO111MODULE": "off", "GOWORK": "off", "GOTOOLCHAIN": "local"})
    if p.returncode:
        raise boot.VmError(f"go build target.go: {p.stderr.strip()}")
    return out


class Report:
    """Prints a line for each case, from any thread, and keeps the count."""

    def __init__(self):
        self.count = {"pass": 0, "fail": 0, "skip": 0}
        self.lock = threading.Lock()

    def say(self, what, machine, case, text, n=1):
        with self.lock:
            self.count[what] += n
            print(f"{what} {machine} {case}: {text}", flush=True)


def fetch_kernel(name):
    """The path of a kernel's image; Failed with the reason when it cannot be had."""
    p = subprocess.run([os.path.join(HERE, "kernel.sh"), name], capture_output=True, text=True,
                       check=False)
    if p.returncode == 77:
        raise Failed(p.stderr.strip().splitlines()[-1])
    if p.returncode:
        raise boot.VmError(f"kernel.sh {name}: exit code {p.returncode}: {p.stderr.strip()}")
    return p.stdout.strip()


def run_machine(machine, cases, files, log, report, accel):
    """Boots one machine and judges its cases."""
    kernel = fetch_kernel(machine.kernel)
    wanted, commands = set(), []
    for case in cases:
        for c in case.commands:
            if c[0] not in wanted:
                wanted.add(c[0])
                commands.append(c)
    seconds = 120 + sum(c[1] for c in commands)
    b = boot.boot(kernel, files, commands, append=machine.append, timeout=seconds, accel=accel,
                  log_dir=os.path.join(log, machine.name.replace("/", "-")))
    for case in cases:
        try:
            runs = {c[0]: b.runs.get(c[0], boot.Ran(c[0])) for c in case.commands}
            report.say("pass", machine.name, case.name, case.verdict(machine, runs))
        except (Failed, KeyError, IndexError, ValueError) as e:
            report.say("fail", machine.name, case.name, str(e) if isinstance(e, Failed) else repr(e))
    if b.problem or b.notes or b.complaints:
        report.say("fail", machine.name, "machine", "; ".join(filter(None, [
            b.problem, *b.notes, *b.complaints[:5]])))
    else:
        report.say("pass", machine.name, "machine",
                   f"ready after {b.ready_s:.1f} s, all {b.total_s:.1f} s, no complaint in the kernel's log")


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--kernels", default=",".join(KERNELS), help="of " + ",".join(KERNELS))
    p.add_argument("--only", help="of the cases only these (names or patterns, separated by commas)")
    p.add_argument("--sonde", default=os.environ.get("SONDE", os.path.join(ROOT, "build", "sonde")))
    p.add_argument("--log", help="keep each machine's logs in this directory")
    p.add_argument("--jobs", type=int, default=1, help="machines at the same time")
    p.add_argument("--accel", default="tcg,thread=single", help="qemu's -accel")
    p.add_argument("--list", action="store_true", help="print machines and cases")
    a = p.parse_args()
    if a.list:
        print("machines:", *(m.name for m in MACHINES))
        print("cases:", *(c.name for c in CASES))
        return 0
    unknown = set(a.kernels.split(",")) - set(KERNELS)
    if unknown:
        p.error(f"no such kernel: {', '.join(sorted(unknown))} (there are {', '.join(KERNELS)})")
    machines = [m for m in MACHINES if m.kernel in a.kernels.split(",")]
    patterns = a.only.split(",") if a.only else ["*"]
    for pattern in patterns:
        if not any(fnmatch.fnmatchcase(c.name, pattern) for c in CASES):
            p.error(f"no such case: {pattern} (there are {', '.join(c.name for c in CASES)})")
    cases = [c for c in CASES if any(fnmatch.fnmatchcase(c.name, x) for x in patterns)]

    report = Report()
    log = a.log or tempfile.mkdtemp(prefix="sonde-vm-log-")
    with tempfile.TemporaryDirectory(prefix="sonde-vm-") as work:
        try:
            why = boot.missing()
            if not why:
                files = {f"/bin/{name}": boot.compile_static(os.path.join(HERE, name + ".c"),
                                                             os.path.join(work, name))
                         for name in ("machine", "check")}
                files["/bin/target"] = build_target(work)
        except boot.VmError as e:
            why = str(e)
        have_sonde = os.access(a.sonde, os.X_OK) and os.path.isfile(a.sonde)
        if not why and have_sonde:
            files["/bin/sonde"] = a.sonde

        def one(machine):
            mine = cases if have_sonde else [c for c in cases if not c.sonde]
            try:
                if why:
                    raise Failed(why)
                if mine:
                    run_machine(machine, mine, files, log, report, a.accel)
            except Failed as e:
                report.say("skip", machine.name, "all", str(e), len(cases) + 1)
                return
            except (boot.VmError, OSError) as e:
                report.say("fail", machine.name, "machine", str(e))
                return
            if len(mine) < len(cases):
                report.say("skip", machine.name, ", ".join(c.name for c in cases if c.sonde),
                           f"there is no program {a.sonde}", len(cases) - len(mine))

        with concurrent.futures.ThreadPoolExecutor(max(1, a.jobs)) as pool:
            for done in [pool.submit(one, m) for m in machines]:
                done.result()
    if report.count["fail"]:
        print(f"logs: {log}")
    elif not a.log:
        shutil.rmtree(log, ignore_errors=True)
    print(f"{report.count['pass']} passed, {report.count['fail']} failed, {report.count['skip']} skipped")
    if report.count["fail"]:
        return 1
    return 0 if report.count["pass"] else 77


if __name__ == "__main__":
    sys.exit(main())
