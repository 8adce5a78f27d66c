# SPDX-License-Identifier: BSD-2-Clause
"""What the tests set up on this host before they run, and take back when they end: tracefs, where it is not mounted."""
import contextlib
import signal
import subprocess
import sys

import live

TRACING = "/sys/kernel/tracing"


def as_root(*command):
    return subprocess.run(live.as_root() + list(command), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode == 0


@contextlib.contextmanager
def tracefs():
    """Mounted inside of the block, as found after it. Without the rights, or where the kernel has none: as it is."""
    mounted = False
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        if not any(as_root("test", "-e", d + "/uprobe_events") for d in (TRACING, "/sys/kernel/debug/tracing")):
            mounted = as_root("mount", "-t", "tracefs", "sonde-tests", TRACING)
    except live.Skip:
        pass
    try:
        yield
    finally:
        if mounted:
            as_root("umount", TRACING)
