"""Prints without an end, and without a line end.

Verdict: failed
Reason: it printed more than 32 MB
"""

import os

while True:
    os.write(1, b"x" * 65536)
