"""Takes memory in many processes, each of which takes little, and some of it shared.

Verdict: failed
Reason: it used more than 1 GiB of memory
"""

import mmap
import os
import threading

for _ in range(16):
    if os.fork() == 0:
        shared = mmap.mmap(-1, 50_000_000)
        shared.write(b"x" * 50_000_000)
        own = bytearray(b"x") * 50_000_000
        threading.Event().wait()
threading.Event().wait()
