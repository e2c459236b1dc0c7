"""Writes files without an end.

Verdict: failed
Reason: it wrote more than 16 MiB into files
"""

import contextlib
import os
import threading

for folder in (".", "/tmp", "/dev/shm"):
    for number in range(4):
        with contextlib.suppress(OSError), open(os.path.join(folder, f"file {number}"), "wb", buffering=0) as file:
            for _ in range(20):
                file.write(b"x" * 1_000_000)
threading.Event().wait()
