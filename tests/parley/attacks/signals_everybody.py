"""Signals its parent, its group, the first process, and every other number.

Verdict: passed
"""

import contextlib
import os
import signal

from honest import serve

signal.signal(signal.SIGTERM, signal.SIG_IGN)
for target in (os.getppid(), 0, 1, -1):
    with contextlib.suppress(OSError):
        os.kill(target, signal.SIGTERM)
for target in (1, *range(2, 2000)):
    if target != os.getpid():
        for number in (signal.SIGSTOP, signal.SIGKILL):
            with contextlib.suppress(OSError):
                os.kill(target, number)
serve()
