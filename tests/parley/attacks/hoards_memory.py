"""Takes more and more memory.

Verdict: failed
(On a busy machine it may be given up before it has taken a GiB: so the reason is not held. test_sandbox.py holds it.)
"""

import threading

hoard = []
while len(hoard) < 110:
    hoard.append(bytearray(b"x") * 10_000_000)
threading.Event().wait()
