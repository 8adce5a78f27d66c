# SPDX-License-Identifier: BSD-2-Clause
"""What the figures are made with: the target and its probe sites, and the tools that are attached to it."""
import os
import re
import selectors
import shutil
import signal
import struct
import subprocess
import tempfile
import time

INT3 = 0xCC
PATIENCE = 20.0
ACCOUNT = re.compile(r"^sonde: (\d+) hits?, (\d+) delivered, (\d+) filtered(?:, (\d+) limited)?, (\d+) lost")
TRACEFS = next((d for d in ("/sys/kernel/tracing", "/sys/kernel/debug/tracing")
                if os.path.exists(d + "/uprobe_events")), None)


class Skip(Exception):
    """This figure cannot be had here; the text says why."""


def wait_until(what, true, seconds=PATIENCE):
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise Skip(f"{what}: not within {seconds:.0f} s")
        time.sleep(0.005)


def run(cmd, **more):
    p = subprocess.run(cmd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                       errors="replace", check=False, **more)
    if p.returncode:
        words = (p.stderr or p.stdout).strip().splitlines() or ["no word"]
        raise Skip(f"{os.path.basename(cmd[0])}: {words[-1]}")
    return p.stdout


class Binary:
    """An ELF program: where a function's instructions are, as addresses and as offsets in the file."""

    def __init__(self, path):
        self.path = path
        self.loads = []
        with open(path, "rb") as f:
            head = f.read(64)
            phoff, = struct.unpack_from("<Q", head, 32)
            size, count = struct.unpack_from("<HH", head, 54)
            for i in range(count):
                f.seek(phoff + i * size)
                kind, _, offset, address, _, length, _, _ = struct.unpack("<IIQQQQQQ", f.read(56))
                if kind == 1:
                    self.loads.append((address, offset, length))

    def offset(self, address):
        for start, offset, length in self.loads:
            if start <= address < start + length:
                return address - start + offset
        raise Skip(f"{self.path}: 0x{address:x} is in no segment")

    def with_symbol_at(self, symbol, address, path):
        """A copy of the program in which that symbol is one byte long and stands at the address. The code and what
        is mapped are the same."""
        shutil.copy(self.path, path)
        with open(path, "r+b") as f:
            head = f.read(64)
            shoff, = struct.unpack_from("<Q", head, 40)
            size, count = struct.unpack_from("<HH", head, 58)

            def section(i):
                f.seek(shoff + i * size)
                return struct.unpack("<IIQQQQIIQQ", f.read(64))

            table = next((s for s in map(section, range(count)) if s[1] == 2), None)
            if not table:
                raise Skip(f"{self.path} has no symbol table")
            f.seek(table[4])
            symbols = f.read(table[5])
            strings = section(table[6])
            f.seek(strings[4])
            names = f.read(strings[5])
            for at in range(0, len(symbols), 24):
                name, = struct.unpack_from("<I", symbols, at)
                if names[name:names.index(b"\0", name)] == symbol.encode():
                    f.seek(table[4] + at + 8)
                    f.write(struct.pack("<QQ", address, 1))
                    return Binary(path)
        raise Skip(f"{self.path} has no symbol {symbol}")

    def instructions(self, function):
        """[(address, bytes, text)] of a function, by objdump."""
        found = []
        for line in run(["objdump", "-dw", "--disassemble=" + function, self.path]).splitlines():
            parts = line.split("\t")
            if len(parts) >= 3 and parts[0].strip().endswith(":"):
                found.append((int(parts[0].strip()[:-1], 16), bytes.fromhex(parts[1].strip()), parts[2].strip()))
        if not found:
            raise Skip(f"{self.path}: no code of {function}")
        return found

    def entry(self, function):
        """(offset in the function, address) of the entry site: `push %rbp` after the stack check; the `jbe` of the
        check where, before Go 1.21, no push follows it."""
        code = self.instructions(function)
        start = code[0][0]
        for i, (address, _, text) in enumerate(code[:8]):
            if text.startswith("jbe"):
                following = code[i + 1]
                return (following[0] - start, following[0]) if following[1] == b"\x55" else (address - start, address)
        raise Skip(f"{self.path}: {function} has no stack check")

    def returns(self, function):
        return [address for address, raw, _ in self.instructions(function) if raw == b"\xc3"]


class Shape:
    """A function of the target and its twin: the same code, so the same sites."""

    def __init__(self, binary, name):
        self.binary, self.name = binary, name
        self.probed, self.twin = f"main.{name}Probed", f"main.{name}Twin"
        self.site_offset, self.probed_site = binary.entry(self.probed)
        twin_offset, self.twin_site = binary.entry(self.twin)
        texts = [[(raw[:1], text.split()[0]) for _, raw, text in binary.instructions(f)]
                 for f in (self.probed, self.twin)]
        if twin_offset != self.site_offset or texts[0] != texts[1]:
            raise Skip(f"{self.probed} and {self.twin} are no twins in {binary.path}")
        self.probed_returns, self.twin_returns = binary.returns(self.probed), binary.returns(self.twin)


class Target:
    """A running target (tests/bench/target)."""

    def __init__(self, binary):
        self.popen = subprocess.Popen([binary.path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.pid = self.popen.pid

    def ask(self, command):
        """The lines that it answers."""
        self.popen.stdin.write(command + "\n")
        self.popen.stdin.flush()
        lines = []
        for line in self.popen.stdout:
            if line == "done\n":
                return lines
            lines.append(line)
        raise Skip(f"the target ended in '{command}'")

    def pairs(self, shape, n, calls):
        return [tuple(int(x) / calls for x in line.split()) for line in self.ask(f"pairs {shape} {n} {calls}")]

    def has_probe(self, address):
        with open(f"/proc/{self.pid}/mem", "rb") as mem:
            mem.seek(address)
            return mem.read(1)[0] == INT3

    def wait_probed(self, who, addresses):
        wait_until(f"{who} at " + " ".join(hex(a) for a in addresses),
                   lambda: all(self.has_probe(a) for a in addresses))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.popen.stdin.close()
        try:
            self.popen.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()
        self.popen.stdout.close()


class Tool:
    """Something attached to the target: a process with a directory of its own, ended by a signal."""
    who = "tool"
    stop_signal = signal.SIGINT

    def start(self, cmd, target, sites):
        self.dir = tempfile.mkdtemp(prefix="sonde-bench-")
        self.data = os.path.join(self.dir, "data")
        self.err_path = os.path.join(self.dir, "err")
        self.stopped = False
        try:
            with open(self.err_path, "wb") as err:
                self.popen = subprocess.Popen([c.replace("@DATA@", self.data) for c in cmd], stdin=subprocess.PIPE,
                                              stdout=subprocess.DEVNULL, stderr=err)
        except OSError as e:
            shutil.rmtree(self.dir)
            raise Skip(f"{cmd[0]}: {e.strerror}") from None
        self.pid = self.popen.pid
        try:
            self.wait_attached(target, sites)
        except BaseException:
            self.__exit__()
            raise

    def err(self):
        with open(self.err_path, encoding="utf-8", errors="replace") as f:
            return f.read()

    def ended_or(self, true):
        if self.popen.poll() is not None:
            words = [w for w in self.err().splitlines() if w.strip()]
            raise Skip(f"{self.who} ended ({self.popen.returncode}): {words[-1] if words else 'no word'}")
        return true()

    def wait_attached(self, target, sites):
        wait_until(f"{self.who} at " + " ".join(hex(s) for s in sites),
                   lambda: self.ended_or(lambda: all(target.has_probe(s) for s in sites)))

    def stop(self):
        if not self.stopped:
            self.stopped = True
            if self.popen.poll() is None:
                self.popen.send_signal(self.stop_signal)
            try:
                self.popen.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()
                raise Skip(f"{self.who} did not end in {PATIENCE:.0f} s") from None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.popen.stdin.close()
            self.stop()
        finally:
            shutil.rmtree(self.dir, ignore_errors=True)


class Null(Tool):
    """The null program (null.c) at these addresses."""
    who = "null"
    stop_signal = signal.SIGTERM

    def __init__(self, helper, target, binary, sites):
        self.start([helper, binary.path, str(target.pid)] + [str(binary.offset(s)) for s in sites], target, sites)


class Sonde(Tool):
    """sonde trace -p PID PROBE -o FILE; attached when it says so and the sites carry its probe."""
    who = "sonde"

    def __init__(self, program, target, probe, sites, more=()):
        self.start([program, "trace", "-p", str(target.pid), "-o", "@DATA@", *more, probe], target, sites)

    def wait_attached(self, target, sites):
        wait_until("'sonde: tracing'", lambda: self.ended_or(lambda: "tracing" in self.err()))
        for s in sites:
            if not target.has_probe(s):
                raise Skip(f"sonde put no probe at 0x{s:x}, where the null program sits in the twin")

    def finish(self):
        """(hits, delivered, filtered, limited, lost), as the last such line on stderr says."""
        self.stop()
        for line in reversed(self.err().splitlines()):
            m = ACCOUNT.match(line)
            if m:
                return tuple(int(x or 0) for x in m.groups())
        raise Skip(f"sonde ({self.popen.returncode}) printed no account of its hits")

    def lines(self):
        with open(self.data, encoding="utf-8", errors="replace") as f:
            yield from f

    def peak_kb(self):
        """(peak of resident memory without the ring, the ring's), kB. The ring is what is mapped of BPF maps."""
        return peak_kb(self.pid)


def peak_kb(pid):
    ring, in_map = 0, False
    with open(f"/proc/{pid}/smaps", encoding="utf-8", errors="replace") as f:
        for line in f:
            if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
                in_map = "bpf-map" in line or "bpf_map" in line or "[perf_event]" in line
            elif in_map and line.startswith("Rss:"):
                ring += int(line.split()[1])
    with open(f"/proc/{pid}/status", encoding="utf-8") as f:
        peak = int(re.search(r"VmHWM:\s+(\d+)", f.read()).group(1))
    return peak - ring, ring


class Bpftrace(Tool):
    """bpftrace at a hand-given place, its output buffered: the fastest that it can. The place is the symbol `mark`
    of Binary.with_symbol_at(): builds such as Debian 12's refuse every offset in a function, since they cannot check
    that it is an instruction's."""
    who = "bpftrace"
    symbol = "main.mark"

    def __init__(self, target, binary, site):
        if not shutil.which("bpftrace"):
            raise Skip("bpftrace is not installed")
        program = f'uprobe:{binary.path}:"{self.symbol}" {{ printf("ints(a=%d, b=%d)\\n", reg("ax"), reg("bx")); }}'
        self.start(["bpftrace", "-B", "full", "-o", "@DATA@", "-p", str(target.pid), "-e", program], target, [site])

    def delivered(self):
        self.stop()
        with open(self.data, "rb") as f:
            return sum(line.startswith(b"ints(") for line in f)


class Perf(Tool):
    """perf record of a tracefs event at the site, with both arguments."""
    who = "perf"

    def __init__(self, target, binary, site):
        if not shutil.which("perf"):
            raise Skip("perf is not installed")
        if not TRACEFS:
            raise Skip("perf: tracefs is not mounted")
        self.event = f"sonde_bench_{os.getpid()}/hit"
        self.define(f"p:{self.event} {binary.path}:0x{binary.offset(site):x} a=%ax:s64 b=%bx:s64")
        try:
            self.start(["perf", "record", "-q", "-o", "@DATA@", "-e", self.event.replace("/", ":"), "-p",
                        str(target.pid)], target, [site])
        except BaseException:
            self.define(f"-:{self.event}")
            raise

    def delivered(self):
        self.stop()
        stats = run(["perf", "report", "-i", self.data, "--stats", "--stdio"])
        return int((re.search(r"SAMPLE events:\s+(\d+)", stats) or [0, 0])[1])

    @staticmethod
    def define(text):
        try:
            fd = os.open(TRACEFS + "/uprobe_events", os.O_WRONLY | os.O_APPEND)  # open() would seek: EINVAL
            try:
                os.write(fd, text.encode() + b"\n")
            finally:
                os.close(fd)
        except OSError as e:
            raise Skip(f"perf: uprobe_events: {e.strerror}") from None

    def __exit__(self, *args):
        super().__exit__(*args)
        self.define(f"-:{self.event}")


def end_child(pid):
    os.kill(pid, signal.SIGINT)
    end = time.monotonic() + PATIENCE
    while os.waitpid(pid, os.WNOHANG)[0] == 0:
        if time.monotonic() > end:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            return
        time.sleep(0.005)


def first_event(program, pid, probe, more=()):
    """Starts sonde; (seconds to its `tracing` line, seconds to its first line of data, what peak_kb() says then)."""
    out_r, out_w = os.pipe()
    err_r, err_w = os.pipe()
    argv = [program, "trace", "-p", str(pid), *more, probe]
    start = time.monotonic()
    try:
        child = os.posix_spawn(program, argv, os.environ, file_actions=[
            (os.POSIX_SPAWN_DUP2, out_w, 1), (os.POSIX_SPAWN_DUP2, err_w, 2)])
    except OSError as e:
        os.close(out_r)
        os.close(err_r)
        raise Skip(f"{program}: {e.strerror}") from None
    finally:
        os.close(out_w)
        os.close(err_w)
    said, tracing, event = b"", None, None
    memory = None
    try:
        with selectors.DefaultSelector() as ready:
            ready.register(out_r, selectors.EVENT_READ)
            ready.register(err_r, selectors.EVENT_READ)
            while event is None or tracing is None:
                for key, _ in ready.select(max(0, start + PATIENCE - time.monotonic())) or [(None, None)]:
                    if key is None:
                        raise Skip(f"sonde showed no call of {probe} in {PATIENCE:.0f} s: {said.decode()[-200:]}")
                    now = time.monotonic() - start
                    data = os.read(key.fd, 65536)
                    if not data:
                        raise Skip(f"sonde ended: {(said.decode().strip().splitlines() or ['no word'])[-1]}")
                    if key.fd == err_r:
                        said += data
                        tracing = tracing or (now if b"tracing" in said else None)
                    else:
                        event = event or now
        memory = peak_kb(child)
        return tracing, event, memory
    finally:
        os.close(out_r)
        os.close(err_r)
        end_child(child)
