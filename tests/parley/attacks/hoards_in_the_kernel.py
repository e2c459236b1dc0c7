"""Takes memory that no process is said to use: shared memory of System V, files without a name, message queues.

Verdict: passed
"""

import ctypes
import os

from honest import fails, serve

SYS_SHMGET, SYS_MSGGET, IPC_CREAT = 29, 68, 0o1000
library = ctypes.CDLL(None, use_errno=True)


def call(name, *args):
    if getattr(library, name)(*args) < 0:
        raise OSError(ctypes.get_errno(), name)


fails("shared memory", lambda: call("shmget", 1, 1 << 28, IPC_CREAT | 0o600))
fails("a message queue", lambda: call("msgget", 1, IPC_CREAT | 0o600))
fails("a file without a name", lambda: os.memfd_create("hoard"))
fails("a message queue of POSIX", lambda: call("mq_open", b"/hoard", os.O_CREAT | os.O_RDWR, 0o600, None))
fails("locked memory", lambda: call("mlockall", 3))
serve()
