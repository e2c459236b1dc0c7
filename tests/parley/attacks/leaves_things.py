"""Leaves messages for the next program wherever it can: files, a name in the network, a process that stays.

Runs: 2
Verdict: passed
"""

import os
import socket
import time

from honest import escaped, serve

for folder in (".", "/tmp", "/dev/shm", "/var/tmp", "/submission"):
    path = f"{folder}/message"
    if os.path.exists(path):
        escaped(f"find {path}")
    try:
        with open(path, "x", encoding="utf-8") as file:
            file.write("from me")
    except OSError:
        continue
name = socket.socket(socket.AF_UNIX)
try:
    name.bind("\0message")
except OSError:
    escaped("find a name in use")
others = {int(number) for number in os.listdir("/proc") if number.isdigit()} - {1, os.getpid()}
if others:
    escaped(f"see processes {others}")
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        while True:
            time.sleep(60)
    os._exit(0)
serve()
