"""A process with processes, mounts and network of its own on Linux, and the system calls for that.

See unshare(2), namespaces(7), mount_setattr(2), capabilities(7). Nothing here changes anything outside of the process
that calls it: all mounts are made in mounts of its own.
"""

from __future__ import annotations

import os
import select
import signal
import struct
import sys
from pathlib import Path

from parley import stages
from parley.contract.errors import NoSandbox
from parley.harness.network import NEW_NETWORK, call

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
USERS = range(60_578, 61_184)  # ids that no system gives away (systemd: UIDs-GIDs); we are one of them instead of root
SCRATCH = ("/dev/shm", "/mnt", "/media", "/srv")  # one of these is covered, for us alone, by a folder in memory
MIB = 1024**2
STAGE_FILES = 1000  # more than there are folders that we need

NEW_MOUNTS, NEW_IPC, NEW_USERS = 0x00020000, 0x08000000, 0x10000000  # CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWUSER
NEW_PROCESSES = 0x20000000  # CLONE_NEWPID
MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC, MS_PRIVATE = 2, 4, 8, 0x1000, 0x4000, 0x40000
MNT_DETACH = 2
SYS_MOUNT_SETATTR, MOUNT_ATTR_RDONLY = 442, 1  # the number is the same on all processors
AT_FDCWD, AT_RECURSIVE = -100, 0x8000
PR_SET_PDEATHSIG, PR_SET_KEEPCAPS, PR_SET_CHILD_SUBREAPER = 1, 8, 36
CAPABILITY_VERSION = 0x20080522
# CAP_DAC_READ_SEARCH, CAP_KILL, CAP_NET_BIND_SERVICE, CAP_NET_ADMIN, CAP_SYS_PTRACE, CAP_SYS_ADMIN
KEPT = (2, 5, 10, 12, 19, 21)
PARENT_EVERY = 0.2  # seconds between two looks whether our parent still lives


def enter() -> None:
    """Go on in a child of this process that has processes, mounts and network of its own. Raises NoSandbox.

    The child has nothing to write to, and if root has started us, it is not root. All that it starts ends with it,
    and it ends with this process, however that ends. This process only waits for it, and ends with its status. To be
    called before there are threads.
    """
    user = USERS[os.getpid() % len(USERS)] if os.geteuid() == 0 else 0
    parent = os.getppid()
    here, there = os.pipe()  # the child sees this process end
    try:
        _unshare_all(as_root=bool(user))
        child = os.fork()
        if child:
            _end_with(child, parent)
        os.close(there)
        _die_with_parent(here)
        _settle(user)
        _die_with_parent(here)  # again: who becomes someone else does not any more
    except OSError as error:
        raise NoSandbox(f"Namespaces can't be had: {error.strerror}.") from None


def _unshare_all(as_root: bool) -> None:
    """Have namespaces of our own; the one of processes is for children only. Whoever is not root is it in there."""
    maps = {"uid_map": f"0 {os.geteuid()} 1", "setgroups": "deny", "gid_map": f"0 {os.getegid()} 1"}
    what = NEW_MOUNTS | NEW_NETWORK | NEW_PROCESSES | NEW_IPC
    call("unshare", what if as_root else what | NEW_USERS)
    if not as_root:
        for name, text in maps.items():
            Path("/proc/self", name).write_text(text, encoding="utf-8")


def _end_with(child: int, parent: int) -> None:
    """Wait for the end of this child, and end in the same way. It is killed when our parent is gone, however that went.

    (PR_SET_PDEATHSIG would tell of the end of the thread that has started us.)
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    ended = select.poll()
    ended.register(os.pidfd_open(child), select.POLLIN)
    while not ended.poll(PARENT_EVERY * 1000):
        if os.getppid() != parent:
            os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    os._exit(max(0, os.waitstatus_to_exitcode(status)) or (1 if status else 0))


def _die_with_parent(pipe: int) -> None:
    """Be killed when our parent ends; `pipe` has its other end there, and tells if that is so already."""
    call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    poll = select.poll()
    poll.register(pipe, select.POLLHUP)
    if poll.poll(0):
        os._exit(1)


def _settle(user: int) -> None:
    """Have nothing to write to, and be this user where it is not 0."""
    os.chdir("/")
    call("mount", b"none", b"/", None, MS_REC | MS_PRIVATE, None)
    call("mount", b"proc", b"/proc", b"proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, None)
    if user:
        _open_homes()
    _set_read_only("/", recursive=True)
    _set_read_only("/proc", to=False)  # bubblewrap has to write the map of its users there
    if user:
        _become(user)


def new_mounts() -> None:
    """Give this process mounts of its own, as they are now; what is mounted from now on is gone with it."""
    call("unshare", NEW_MOUNTS)


def adopt() -> None:
    """Let this process be the parent of those of its descendants whose own parent ends."""
    call("prctl", PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def mount_memory(place: Path | str, size: int, files: int) -> None:
    """Put an empty folder in memory there, with room for so many bytes and files. Raises OSError."""
    options = f"size={size},nr_inodes={files},mode=755,uid={os.getuid()},gid={os.getgid()}".encode()
    call("mount", b"tmpfs", os.fsencode(place), b"tmpfs", MS_NOSUID | MS_NODEV, options)


def unmount(place: Path | str) -> None:
    """Take away what is mounted there. Raises OSError."""
    call("umount2", os.fsencode(place), MNT_DETACH)


def needed() -> list[Path]:
    """The folders that this process needs: those of Python, of its packages, of Parley and of its suites."""
    package = Path(stages.__file__).resolve().parent
    found = {Path(os.path.realpath(folder)) for folder in (sys.base_prefix, sys.prefix, stages.root(), package)}
    return sorted(found | {Path(sys.prefix).absolute(), Path(sys.base_prefix).absolute()})


def scratch() -> Path:
    """A folder of this system that no one needs here, so that it can be covered. Raises NoSandbox."""
    for place in map(Path, SCRATCH):
        if place.is_dir() and not any(place in (folder, *folder.parents) for folder in needed()):
            return place
    raise NoSandbox(f"None of the folders {', '.join(SCRATCH)} can be used.", "Make an empty folder /srv.")


def _open_homes() -> None:
    """Where a folder that we need is in one that is closed to other users, such as a home, put an open one in its
    place that has just what we need.
    """
    stage = scratch()
    for home in {home for home in map(_closed, needed()) if home}:
        mount_memory(stage, MIB, STAGE_FILES)
        inside = {folder: stage / str(number) for number, folder in enumerate(needed()) if home in folder.parents}
        for folder, staged in inside.items():
            staged.mkdir()
            _bind(folder, staged)
        mount_memory(home, MIB, STAGE_FILES)
        for folder, staged in inside.items():
            folder.mkdir(parents=True, exist_ok=True)
            _bind(staged, folder)
        unmount(stage)


def _closed(path: Path) -> Path | None:
    """The highest folder above this path that other users may not pass through, or None."""
    return next((folder for folder in reversed(path.parents) if not folder.stat().st_mode & 0o001), None)


def _become(user: int) -> None:
    """Be this user and no longer root, and keep only what is needed here of all that root may do."""
    call("prctl", PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    kept = sum(1 << number for number in KEPT)
    call("capset", struct.pack("Ii", CAPABILITY_VERSION, 0), struct.pack("6I", kept, kept, 0, 0, 0, 0))
    # unshare --kill-child has asked for this, but it is forgotten where the user changes (prctl(2))
    call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _bind(source: Path | str, place: Path | str) -> None:
    """Let a folder be seen at another place too."""
    call("mount", os.fsencode(source), os.fsencode(place), None, MS_BIND | MS_REC, None)


def _set_read_only(place: Path | str, recursive: bool = False, to: bool = True) -> None:
    """Make a mount read-only (or not), with all below it where `recursive`."""
    attributes = struct.pack("QQQQ", MOUNT_ATTR_RDONLY * to, MOUNT_ATTR_RDONLY * (not to), 0, 0)
    flags = AT_RECURSIVE if recursive else 0
    call("syscall", SYS_MOUNT_SETATTR, AT_FDCWD, os.fsencode(place), flags, attributes, len(attributes))
