"""A fork bomb.

Verdict: failed
Reason: it had more than 50 processes
"""

import contextlib
import os

while True:
    with contextlib.suppress(OSError):
        os.fork()
