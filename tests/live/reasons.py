# SPDX-License-Identifier: BSD-2-Clause
"""The table of values for which sonde gives a reason instead: by theme, Go version and build mode, and only to shrink."""
import os

PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "reasons.tsv")
HEAD = "# theme\tgo\tmode\treasons: values that were not read, with a reason (run.py --update-reasons); may only shrink\n"


def by_chance(reason, n):
    """Reasons that are not sonde's to shrink: a page that was never touched faults, which is up to the program's
    allocator; the few entries of a map with much room may all lie beyond the groups that are read, which is up to its
    hash seed (a handful of such maps, no more), and so are which keys of a large map were captured."""
    return reason.startswith(("fault at", "not among ")) or (reason.startswith("not in the ") and n <= 4)


class Reasons:
    def __init__(self, update):
        self.update = update
        self.table = {}
        self.changed = False
        if os.path.exists(PATH):
            with open(PATH) as f:
                for line in f:
                    if line.strip() and not line.startswith("#"):
                        theme, go, mode, count = line.rstrip("\n").split("\t")
                        self.table[theme, go, mode] = int(count)

    def judge(self, theme, minor, mode, comparison):
        """None if there are no more reasons than the table allows, else what is wrong."""
        key = theme, "1.%d" % minor, mode
        found = sum(0 if by_chance(r, n) else n for r, n in comparison.reasons.items())
        allowed = self.table.get(key)
        if self.update and (allowed is None or found < allowed):
            self.table[key] = found
            self.changed = True
            return None
        if found <= (allowed or 0):
            return None
        most = ", ".join("%d × %s" % (n, r) for r, n in comparison.reasons.most_common(8))
        return "%d reasons instead of values, %s allowed: %s" % (
            found, "none" if allowed is None else allowed, most)

    def save(self):
        if not self.changed:
            return
        def order(key):
            return key[0], int(key[1].split(".")[1]), key[2]
        with open(PATH + ".new", "w") as f:
            f.write(HEAD)
            for key in sorted(self.table, key=order):
                f.write("%s\t%s\t%s\t%d\n" % (key + (self.table[key],)))
        os.rename(PATH + ".new", PATH)
