"""Writes results where graders keep them, and into files of the host.

Verdict: passed
"""

import os

from honest import fails, serve
from where import PROJECT, SECRET

for path in (
    SECRET,
    f"{PROJECT}/results.json",
    f"{PROJECT}/tests/1_echo/test_server.py",
    "/results.json",
    "../results.json",
    "/autograder/results/results.json",
    "/submission/server.py",
    "/submission/new.py",
    "/etc/passwd",
    "/usr/results.json",
    "/dev/results.json",
):
    fails(f"write {path}", lambda path=path: os.open(path, os.O_WRONLY | os.O_CREAT))
serve()
