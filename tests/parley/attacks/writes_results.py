"""Writes results where graders keep them, into files of the host, and over the programs that will run next.

Verdict: passed
Runs: 2
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
    "/etc/passwd",
    "/usr/results.json",
    "/dev/results.json",
):
    fails(f"write {path}", lambda path=path: os.open(path, os.O_WRONLY | os.O_CREAT))
with open(__file__, "w", encoding="utf-8") as file:  # its own copy: the next program has another
    file.write("import sys\n\nsys.exit('ESCAPED: wrote over the next program')\n")
serve()
