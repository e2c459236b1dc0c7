"""A process with its own processes, mounts and network on Linux, and the system calls for that.

See unshare(2), namespaces(7), mount_setattr(2), capabilities(7). Nothing here changes anything outside the calling
process: all mounts are made in its own mount namespace.
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
USERS = range(60_578, 61_184)  # ids that no OS assigns (systemd: UIDs-GIDs); we become one of them instead of root
SCRATCH = ("/dev/shm", "/mnt", "/media", "/srv")  # a folder in memory covers one of these, only for us
MIB = 1024**2
STAGE_FILES = 1000  # more than the number of folders that we need

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
PARENT_EVERY = 0.2  # seconds between two checks that our parent still runs


def enter() -> None:
    """Continue in a child of this process with its own processes, mounts and network. Raise NoSandbox.

    The child has nothing to write to, and isn't root, even if root started us. Everything it starts ends with it, and
    it ends with this process in any case. This process only waits for it, and exits with its status. Call this before
    there are threads.
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
        _die_with_parent(here)  # again: changing the user resets this
    except OSError as error:
        raise NoSandbox(f"Namespaces aren't available: {error.strerror}.") from None


def _unshare_all(as_root: bool) -> None:
    """Get our own namespaces (for processes, only children are in it). A user who isn't root becomes root in there."""
    maps = {"uid_map": f"0 {os.geteuid()} 1", "setgroups": "deny", "gid_map": f"0 {os.getegid()} 1"}
    what = NEW_MOUNTS | NEW_NETWORK | NEW_PROCESSES | NEW_IPC
    call("unshare", what if as_root else what | NEW_USERS)
    if not as_root:
        for name, text in maps.items():
            Path("/proc/self", name).write_text(text, encoding="utf-8")


def _end_with(child: int, parent: int) -> None:
    """Wait for the end of this child, and end the same way. Kill it when our parent exits in any way.

    (PR_SET_PDEATHSIG would report the end of the thread that started us.)
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
    """Get killed when our parent ends. `pipe`: its other end is there, and shows if the parent ended already."""
    call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    poll = select.poll()
    poll.register(pipe, select.POLLHUP)
    if poll.poll(0):
        os._exit(1)


def _settle(user: int) -> None:
    """Give up all write access, and become this user if it isn't 0."""
    os.chdir("/")
    call("mount", b"none", b"/", None, MS_REC | MS_PRIVATE, None)
    call("mount", b"proc", b"/proc", b"proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, None)
    if user:
        _open_homes()
    _set_read_only("/", recursive=True)
    _set_read_only("/proc", to=False)  # bubblewrap must write its user map there
    if user:
        _become(user)


def new_mounts() -> None:
    """Give this process its own copy of the mounts. What it mounts from now on disappears with it."""
    call("unshare", NEW_MOUNTS)


def adopt() -> None:
    """Make this process the parent of its orphaned descendants."""
    call("prctl", PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def mount_memory(place: Path | str, size: int, files: int) -> None:
    """Mount an empty folder in memory there, for this many bytes and files. Raise OSError."""
    options = f"size={size},nr_inodes={files},mode=755,uid={os.getuid()},gid={os.getgid()}".encode()
    call("mount", b"tmpfs", os.fsencode(place), b"tmpfs", MS_NOSUID | MS_NODEV, options)


def unmount(place: Path | str) -> None:
    """Unmount what is mounted there. Raise OSError."""
    call("umount2", os.fsencode(place), MNT_DETACH)


def needed() -> list[Path]:
    """Return the folders that this process needs: those of Python, its packages, Parley and its suites."""
    package = Path(stages.__file__).resolve().parent
    found = {Path(os.path.realpath(folder)) for folder in (sys.base_prefix, sys.prefix, stages.root(), package)}
    return sorted(found | {Path(sys.prefix).absolute(), Path(sys.base_prefix).absolute()})


def scratch() -> Path:
    """Return a folder of this system that isn't needed here, so that it can be covered. Raise NoSandbox."""
    for place in map(Path, SCRATCH):
        if place.is_dir() and not any(place in (folder, *folder.parents) for folder in needed()):
            return place
    raise NoSandbox(f"None of the folders {', '.join(SCRATCH)} can be used.", "Make an empty folder /srv.")


def _open_homes() -> None:
    """If a folder that we need is in one that is closed to other users, such as a home, replace that by an open one
    with only what we need.
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
    """Return the highest folder above this path that is closed to other users, or None."""
    return next((folder for folder in reversed(path.parents) if not folder.stat().st_mode & 0o001), None)


def _become(user: int) -> None:
    """Become this user instead of root, and keep only those powers of root that are needed here."""
    call("prctl", PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    kept = sum(1 << number for number in KEPT)
    call("capset", struct.pack("Ii", CAPABILITY_VERSION, 0), struct.pack("6I", kept, kept, 0, 0, 0, 0))
    # unshare --kill-child asked for this, but changing the user resets it (prctl(2))
    call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _bind(source: Path | str, place: Path | str) -> None:
    """Show a folder at another place too."""
    call("mount", os.fsencode(source), os.fsencode(place), None, MS_BIND | MS_REC, None)


def _set_read_only(place: Path | str, recursive: bool = False, to: bool = True) -> None:
    """Make a mount read-only (or not), with all below it if `recursive`."""
    attributes = struct.pack("QQQQ", MOUNT_ATTR_RDONLY * to, MOUNT_ATTR_RDONLY * (not to), 0, 0)
    flags = AT_RECURSIVE if recursive else 0
    call("syscall", SYS_MOUNT_SETATTR, AT_FDCWD, os.fsencode(place), flags, attributes, len(attributes))
