"""Looks into other processes as a debugger does.

Verdict: passed
"""

import ctypes
import os

from honest import escaped, serve

PTRACE_ATTACH, PTRACE_SEIZE = 16, 0x4206
library = ctypes.CDLL(None, use_errno=True)
buffer = ctypes.create_string_buffer(16)
vector = (ctypes.c_void_p * 2)(ctypes.addressof(buffer), 16)
for target in (1, os.getppid(), *range(2, 50)):
    if target != os.getpid():
        for request in (PTRACE_ATTACH, PTRACE_SEIZE):
            if library.ptrace(request, target, None, None) == 0:
                escaped(f"trace process {target}")
        if library.process_vm_readv(target, vector, 1, vector, 1, 0) > 0:
            escaped(f"read the memory of process {target}")
serve()
