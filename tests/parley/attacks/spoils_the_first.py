"""Writes into the memory of the first process of its namespace, which is bubblewrap's.

Verdict: passed or failed
"""

import contextlib
import os
from pathlib import Path

from honest import serve

with contextlib.suppress(OSError):
    ranges = [
        line.split() for line in Path("/proc/1/maps").read_text(encoding="utf-8").splitlines() if " rw-p " in line
    ]
    memory = os.open("/proc/1/mem", os.O_RDWR)
    for first, last in (fields[0].split("-") for fields in ranges):
        with contextlib.suppress(OSError):
            os.pwrite(memory, b"\xff" * (int(last, 16) - int(first, 16)), int(first, 16))
if os.fork() == 0:
    os._exit(0)
serve()
