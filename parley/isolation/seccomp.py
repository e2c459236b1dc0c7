"""The filter of system calls for programs in a sandbox: a small program for the kernel, in its own machine language.

It denies: looking into other processes, memory that no limit sees, sockets that lead out of the network namespace, new
namespaces and mounts, and calls that break-outs have used but our programs never need. See seccomp(2); the machine
language is that of linux/filter.h.
"""

from __future__ import annotations

import platform
import struct
from collections.abc import Sequence

from parley.contract.errors import BadInput

LOAD, JUMP_EQUAL, JUMP_AT_LEAST, JUMP_SET, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, DENY, KILL = 0x7FFF0000, 0x00050000, 0x80000000  # SECCOMP_RET_...
EPERM, ENOSYS, EAFNOSUPPORT = 1, 38, 97
NUMBER, PROCESSOR, FIRST, SECOND = 0, 4, 16, 24  # the offsets of the call and its arguments in struct seccomp_data
PROCESSORS = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}  # AUDIT_ARCH_...
X32 = 0x40000000  # the other way to call the kernel of an x86_64

# numbers on x86_64 and on aarch64 (asm/unistd_64.h, asm-generic/unistd.h)
DENIED = (
    (101, 117),  # ptrace
    (310, 270),  # process_vm_readv
    (311, 271),  # process_vm_writev
    (312, 272),  # kcmp
    (438, 438),  # pidfd_getfd
    (29, 194),  # shmget
    (30, 196),  # shmat
    (31, 195),  # shmctl
    (64, 190),  # semget
    (68, 186),  # msgget
    (319, 279),  # memfd_create
    (447, 447),  # memfd_secret
    (248, 217),  # add_key
    (249, 218),  # request_key
    (250, 219),  # keyctl
    (298, 241),  # perf_event_open
    (321, 280),  # bpf
    (323, 282),  # userfaultfd
    (425, 425),  # io_uring_setup
    (426, 426),  # io_uring_enter
    (427, 427),  # io_uring_register
    (300, 262),  # fanotify_init
    (165, 40),  # mount
    (166, 39),  # umount2
    (155, 41),  # pivot_root
    (161, 51),  # chroot
    (272, 97),  # unshare
    (308, 268),  # setns
    (304, 265),  # open_by_handle_at
    (428, 428),  # open_tree
    (429, 429),  # move_mount
    (430, 430),  # fsopen
    (432, 432),  # fsmount
    (442, 442),  # mount_setattr
)
CLONE, CLONE3, SOCKET, SOCKETPAIR, IOCTL = (56, 220), (435, 435), (41, 198), (53, 199), (16, 29)
FAMILIES = (1, 2, 10, 16)  # AF_UNIX, AF_INET, AF_INET6, AF_NETLINK; AF_VSOCK would lead to the host of this machine
NAMESPACES = 0x7E020000  # all CLONE_NEW...
INTO_TERMINAL = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX


def seccomp_filter(machine: str | None = None) -> bytes:
    """Return the filter for a processor (default: this one), as bytes for bubblewrap's --seccomp.

    Raise BadInput for an unknown processor.
    """
    machine = machine or platform.machine()
    if machine not in PROCESSORS:
        raise BadInput(f"System calls of the processor {machine} aren't known, only of {' and '.join(PROCESSORS)}.")
    column = list(PROCESSORS).index(machine)
    program = [_step(LOAD, PROCESSOR), _step(JUMP_EQUAL, PROCESSORS[machine], 1), _step(RETURN, KILL)]
    program += [_step(LOAD, NUMBER), _step(JUMP_AT_LEAST, X32, 0, 1), _deny(EPERM)]
    for numbers in DENIED:
        program += [_step(JUMP_EQUAL, numbers[column], 0, 1), _deny(EPERM)]
    # the flags of clone3 can't be seen from here; the C library can also use clone
    program += _where(CLONE3[column], [_deny(ENOSYS)])
    program += _where(CLONE[column], [_step(LOAD, FIRST), _step(JUMP_SET, NAMESPACES, 0, 1), _deny(EPERM)])
    program += _where(IOCTL[column], _unless(SECOND, INTO_TERMINAL, EPERM, among=False))
    program += _where(SOCKET[column], _unless(FIRST, FAMILIES, EAFNOSUPPORT))
    program += _where(SOCKETPAIR[column], _unless(FIRST, FAMILIES[:1], EAFNOSUPPORT))
    return b"".join([*program, _step(RETURN, ALLOW)])


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    """Return one instruction. A jump skips this many of the next ones."""
    return struct.pack("=HBBI", code, if_true, if_false, value)


def _deny(error: int) -> bytes:
    return _step(RETURN, DENY | error)


def _where(number: int, steps: Sequence[bytes]) -> list[bytes]:
    """Return these steps for the call of this number. It's allowed unless they refuse it."""
    return [_step(JUMP_EQUAL, number, 0, len(steps) + 1), *steps, _step(RETURN, ALLOW)]


def _unless(argument: int, values: Sequence[int], error: int, among: bool = True) -> list[bytes]:
    """Refuse unless the argument is among these values (or isn't, if `among` is false)."""
    jumps = [_step(JUMP_EQUAL, value, len(values) - position, 0) for position, value in enumerate(values)]
    refuse = [_deny(error)] if among else [_step(RETURN, ALLOW), _deny(error)]
    return [_step(LOAD, argument), *jumps, *refuse]
