#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What stands in for sonde when the harness tests itself: it traces nothing, but reads what the target tells about
itself and repeats it in sonde's words. FAKE_SONDE_LIES=N: the Nth value that it repeats is another one.
"""
import json
import os
import sys
import time

import compare


class Teller:
    def __init__(self, lie_at=None, cut=True):
        self.lie_at = lie_at
        self.told = 0
        self.lied = None
        self.cut = cut

    def value(self, truth):
        """A value of the truth as sonde would show it, or another one."""
        self.told += 1
        if self.told == self.lie_at:
            told, self.lied = self.told, None
            honest = self.value(truth)
            self.told = told
            self.lied = (honest, another(honest))
            return self.lied[1]
        kind = truth.get("$kind") if isinstance(truth, dict) else None
        if kind == "bytes":
            return self.text(bytes.fromhex(truth["hex"]), True)
        if kind == "ptr":
            return self.value(truth["to"])
        if kind == "deep":
            return {"unavailable": "depth"}
        if kind == "known":
            return self.value(truth["plain"])
        if kind == "gone":
            return {"unavailable": "fault at 0x0"}
        if kind in ("iface", "map", "chan", "func"):
            told = {k: truth[k] for k in ("type", "addr", "len", "cap", "closed", "senders", "receivers", "name")
                    if k in truth}
            if kind == "iface":
                told["value"] = self.value(truth["value"])
                if "error" in truth:
                    told["text"] = truth["error"]
            elif kind == "map":
                told["value"] = self.elements(truth["pairs"])
            elif "elems" in truth:
                told["value"] = self.elements(truth["elems"])
            elif "captured" in truth:
                told["captured"] = {k: self.value(v) for k, v in truth["captured"].items()}
            return told
        if isinstance(truth, str) and not truth.startswith("0x") and truth not in ("NaN", "+Inf", "-Inf"):
            return self.text(truth.encode("utf-8"), False)
        if isinstance(truth, dict) and set(truth) == {"hex"}:
            return self.text(bytes.fromhex(truth["hex"]), False)
        if isinstance(truth, dict):
            return {k: self.value(v) for k, v in truth.items()}
        if isinstance(truth, list):
            return self.elements(truth) if self.cut else [self.value(v) for v in truth]
        return truth

    def elements(self, all):
        """The first of them, as many as the limit allows; the pairs of a map are lists of two."""
        shown = [self.value(v) for v in all[:compare.ITEM_LIMIT]]
        return {"value": shown, "cut": {"shown": len(shown), "len": len(all)}} if len(shown) < len(all) else shown

    def text(self, data, is_bytes):
        shown = data[:compare.STRING_LIMIT] if self.cut else data
        try:
            text = shown.decode("utf-8")
            if is_bytes and any((ord(c) < 32 and c not in "\t\n\r") or ord(c) == 127 for c in text):
                raise ValueError
        except ValueError:
            text = {"hex": shown.hex()}
        if len(shown) < len(data):
            cut = {"shown": len(shown), "len": len(data)}
            return dict(text, cut=cut) if isinstance(text, dict) else {"value": text, "cut": cut}
        return text

    def event(self, line, pid):
        truth = json.loads(line)
        kind = truth.get("kind", "call")
        common = {"ts": time.time_ns(), "pid": pid, "tid": pid, "goid": truth.get("goid", 1), "func": truth.get("func")}
        if kind == "count":
            return [dict(common, kind="call", duration_ns=1) for _ in range(truth["calls"])]
        if kind not in ("call", "unwound", "open"):
            return []
        event = dict(common, kind=kind)
        for what in ("args", "results"):
            if what in truth:
                event[what] = {k: self.value(v) for k, v in truth[what].items()}
        if kind == "call":
            event["duration_ns"] = truth.get("min_ns", 0) + 1
        return [event]


def another(value):
    """A value like this one that is not this one."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value ^ (1 << 40)
    if isinstance(value, float):
        return -value if value else 1.5
    if value is None:
        return 0
    if isinstance(value, str):
        return value[:-1] + chr(ord(value[-1]) ^ 1) if value else "x"
    if isinstance(value, list):
        return value + [0] if len(value) < 1 else value[:-1]
    if "cut" in value:
        return dict(value, cut={"shown": value["cut"]["shown"], "len": value["cut"]["len"] + 1})
    if isinstance(value.get("addr"), str):
        return dict(value, addr=value["addr"] + "0")
    if "unavailable" in value:
        return value
    if "hex" in value and set(value) == {"hex"}:
        return {"hex": value["hex"] + "00"}
    return dict(list(value.items())[:-1]) if value else {"more": 1}


def main(argv):
    pid = int(argv[argv.index("-p") + 1])
    with open("/proc/%d/fd/1" % pid) as told:
        sys.stderr.write("sonde: tracing process %d\n" % pid)
        sys.stderr.flush()
        while os.path.exists("/proc/%d/exe" % pid) and "Z (" not in status(pid):
            time.sleep(0.01)
        teller = Teller(int(os.environ.get("FAKE_SONDE_LIES", "0")) or None)
        n = 0
        for line in told.read().split("\n"):
            if line.startswith("{"):
                for event in teller.event(line, pid):
                    print(json.dumps(event))
                    n += 1
    counts = {"hits": n, "delivered": n, "filtered": 0, "limited": 0, "lost": 0}
    print(json.dumps(dict({"kind": "summary", "probes": [dict({"probe": "all"}, **counts)]}, **counts)))
    sys.stderr.write("sonde: %d hits, %d delivered, 0 filtered, 0 limited, 0 lost\n" % (n, n))


def status(pid):
    try:
        with open("/proc/%d/status" % pid) as f:
            return f.read(200)
    except OSError:
        return "Z ("


if __name__ == "__main__":
    main(sys.argv)
