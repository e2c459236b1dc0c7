"""Takes more and more memory.

Verdict: failed
Reason: it used more than 1 GiB of memory
"""

import threading

hoard = []
while len(hoard) < 110:
    hoard.append(bytearray(b"x") * 10_000_000)
threading.Event().wait()
