"""Logs lines without an end.

Verdict: failed
Reason: it printed more than 32 MB
"""

import os

while True:
    os.write(2, b"\n" * 65536)
