"""Starts one thread after another, and none of them ever ends.

Verdict: failed
Reason: it had 500 threads
"""

import contextlib
import threading

while True:
    with contextlib.suppress(RuntimeError):
        threading.Thread(target=threading.Event().wait, daemon=True).start()
