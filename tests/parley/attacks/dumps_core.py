"""Crashes hard in a child, which may leave a picture of its memory.

Verdict: passed
"""

import os

from honest import escaped, serve

child = os.fork()
if child == 0:
    os.abort()
_, status = os.waitpid(child, 0)
if os.WCOREDUMP(status) or any("core" in name for name in os.listdir(".")):
    escaped("write a core file")
serve()
