"""Takes memory in many processes, each of which takes little, and some of it shared.

Verdict: failed
(On a busy machine it may be given up before it has taken a GiB: so the reason is not held. test_sandbox.py holds it.)
"""

import mmap
import os
import threading

for _ in range(16):
    if os.fork() == 0:
        # the system fills it: on a busy machine too, this takes no time of the program's own
        shared = mmap.mmap(-1, 50_000_000, mmap.MAP_SHARED | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE)
        own = mmap.mmap(-1, 50_000_000, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE)
        threading.Event().wait()
threading.Event().wait()
