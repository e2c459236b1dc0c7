"""A program that tries to escape from its sandbox, and prints what it could do. Run by sandbox.probe().

    escape_test.py PATH_OF_A_SECRET PORT_OF_THIS_MACHINE

It uses only the standard library, because Parley can't be seen from there.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import socket
import sys

MANY = 300  # more processes than allowed there
MUCH = 1 << 33  # bytes, more than allowed for a process
PTRACE_TRACEME, EPERM = 0, 1
AF_VSOCK = 40
SYS_PTRACE = {"x86_64": 101, "aarch64": 117}
OUTSIDE = ("192.0.2.1", 9)  # an address that no one has (RFC 5737)


def reads_the_secret(path: str) -> bool:
    """Whether the file of this path can be seen."""
    return os.path.exists(path)


def reaches(address: tuple[str, int]) -> bool:
    """Whether anything can be sent there."""
    with socket.socket() as stream, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagram:
        for connection in (stream, datagram):
            connection.settimeout(1)
            with contextlib.suppress(OSError):
                connection.connect(address)
                return True
    return False


def writes_into(folder: str) -> bool:
    """Whether a file can be made there."""
    with contextlib.suppress(OSError), open(os.path.join(folder, "escaped"), "w"):
        return True
    return False


def sees_other_processes() -> bool:
    """Whether there are foreign processes, apart from our first one."""
    return bool({int(name) for name in os.listdir("/proc") if name.isdigit()} - {1, os.getpid()})


def has_a_vsock() -> bool:
    """Whether it can talk to the machine on which this virtual machine runs."""
    with contextlib.suppress(OSError), socket.socket(AF_VSOCK, socket.SOCK_STREAM):
        return True
    return False


def traces() -> bool:
    """Whether one process may look into another."""
    library = ctypes.CDLL(None, use_errno=True)
    library.syscall(SYS_PTRACE[os.uname().machine], PTRACE_TRACEME, 0, 0, 0)
    return ctypes.get_errno() != EPERM


def has_much_memory() -> bool:
    """Whether it can get more than allowed."""
    with contextlib.suppress(MemoryError):
        return bool(bytearray(MUCH))
    return False


def has_many_processes() -> bool:
    """Whether it can get more than allowed. Those it gets keep running, and must be gone at the end."""
    with contextlib.suppress(BlockingIOError):
        for _ in range(MANY):
            if os.fork() == 0:
                while True:
                    os.read(0, 1)
                    os.wait()
        return True
    return False


def is_powerful() -> bool:
    """Whether it has any of the powers of root."""
    with open("/proc/self/status", encoding="utf-8") as status:
        return any(line.startswith("CapEff") and int(line.split()[1], 16) for line in status)


def main(secret: str, port: str) -> None:
    """Try everything."""
    found = {
        "read a file of this machine": reads_the_secret(secret),
        "connect to a program of this machine": _connects(port),
        "reach the network": reaches(OUTSIDE),
        "write into the system": any(map(writes_into, ("/", "/usr", "/etc", "/dev", "/proc/sys/kernel"))),
        "see other processes": sees_other_processes(),
        "reach the host of this virtual machine": has_a_vsock(),
        "look into other processes": traces(),
        "keep some of the powers of root": is_powerful(),
        "write a core dump": resource.getrlimit(resource.RLIMIT_CORE) != (0, 0),
        "take too much memory": has_much_memory(),
    }
    print(", ".join(what for what, could in found.items() if could) or "all is well", flush=True)
    if has_many_processes():  # last, because reaching the limit may get it killed
        print("start too many processes", flush=True)
    os._exit(0)


def _connects(port: str) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", int(port)), timeout=1):
        return True
    return False


if __name__ == "__main__":
    main(*sys.argv[1:])
