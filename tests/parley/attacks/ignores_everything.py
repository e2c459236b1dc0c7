"""Ignores all signals, closes its screen and its log, and has a child that does the same.

Test: test_ctrl_c
Verdict: failed
Reason: still running
"""

import contextlib
import os
import signal

from honest import serve

for number in range(1, 65):
    with contextlib.suppress(OSError, ValueError):
        signal.signal(number, signal.SIG_IGN)
os.fork()
for number in (0, 1, 2):
    os.close(number)
with contextlib.suppress(OSError):
    serve()
while True:
    signal.pause()
