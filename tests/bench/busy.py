# SPDX-License-Identifier: BSD-2-Clause
"""What a logpoint costs a busy HTTP server: its throughput with a condition that is false at every request against
its throughput without sonde, in windows that alternate; server, load and sonde share the machine."""
import re
import statistics
import subprocess
import tempfile
import time

WINDOW = 1.5  # seconds
PAIRS = 8
CONNECTIONS = 4
LEAST = 5000  # requests a second without sonde, else the figure says nothing
LIMIT = 0.90
ACCOUNT = re.compile(r"sonde: (\d+) hits, (\d+) delivered, (\d+) filtered, (?:(\d+) limited, )?(\d+) lost")


class Load:
    def __init__(self, binary):
        self.server = subprocess.Popen([binary, "serve"], stdout=subprocess.PIPE, text=True)
        port = self.server.stdout.readline().strip()
        self.client = subprocess.Popen([binary, "load", port, str(CONNECTIONS)], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for p in (self.client, self.server):
            p.kill()
            p.wait()

    def mark(self):
        """(answers, seconds) since the last mark."""
        self.client.stdin.write("\n")
        self.client.stdin.flush()
        count, seconds = self.client.stdout.readline().split()
        return int(count), float(seconds)

    def window(self):
        self.mark()
        time.sleep(WINDOW)
        count, seconds = self.mark()
        return count / seconds, count


def with_sonde(sonde, load, probe):
    """(requests a second, their number, hits, delivered, filtered, lost) of one window under the logpoint."""
    with tempfile.TemporaryFile("w+") as err:
        tool = subprocess.Popen([sonde, "log", "-p", str(load.server.pid), probe], stdout=subprocess.DEVNULL, stderr=err)
        try:
            for _ in range(200):
                err.seek(0)
                if "sonde: tracing" in err.read() or tool.poll() is not None:
                    break
                time.sleep(0.05)
            rate, count = load.window()
        finally:
            tool.terminate()
            tool.wait()
        err.seek(0)
        account = ACCOUNT.findall(err.read())
    if not account:
        raise RuntimeError("sonde log did not say its accounts")
    hits, delivered, filtered, _, lost = (int(n or 0) for n in account[-1])
    return rate, count, hits, delivered, filtered, lost


def measure(sonde, binary, probe):
    """([(rate without, rate with)], what is wrong with the accounts or "")."""
    pairs, wrong = [], ""
    with Load(binary) as load:
        time.sleep(1)
        for _ in range(PAIRS):
            without, _ = load.window()
            rate, count, hits, delivered, filtered, lost = with_sonde(sonde, load, probe)
            pairs.append((without, rate))
            if lost or delivered or hits != filtered or hits < count - CONNECTIONS:
                wrong = f"WRONG: {count} requests, {hits} hits, {delivered} delivered, {filtered} filtered, {lost} lost"
    return pairs, wrong


def summary(pairs):
    """(median ratio, median rate without, ratios)."""
    ratios = [b / a for a, b in pairs]
    return statistics.median(ratios), statistics.median(a for a, _ in pairs), ratios
