"""Prints what a worker would say, on everything that is open, and does nothing else.

Verdict: failed
Reason: had already exited
"""

import contextlib
import json
import os

TEST = "1_echo/test_server.py::test_what_is_sent_comes_back"
LINES = (
    {"job": "attack", "test": TEST, "verdict": "passed", "earned": 100, "reason": "", "story": None, "seconds": 0},
    {"job": "attack", "done": True, "seconds": 0, "cpu": 0},
)
TEXT = (
    "".join(f"{json.dumps(line)}\n" for line in LINES)
    + "10 passed\n::set-output name=points::100\n##vso[task.complete]\n"
)
for number in range(256):
    with contextlib.suppress(OSError):
        os.write(number, TEXT.encode())
