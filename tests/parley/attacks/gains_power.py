"""Takes powers that it has not been given.

Verdict: passed
"""

import ctypes
import os
import resource
from pathlib import Path

from honest import escaped, fails, serve

CLONE_NEWUSER, CLONE_NEWNET, CLONE_NEWNS = 0x10000000, 0x40000000, 0x20000
library = ctypes.CDLL(None, use_errno=True)


def call(name, *args):
    if getattr(library, name)(*args) < 0:
        raise OSError(ctypes.get_errno(), name)


fails("more priority", lambda: os.nice(-5))
fails("real time", lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)))
for what in (
    resource.RLIMIT_NPROC,
    resource.RLIMIT_AS,
    resource.RLIMIT_CPU,
    resource.RLIMIT_CORE,
    resource.RLIMIT_NOFILE,
):
    fails(f"limit {what}", lambda what=what: resource.setrlimit(what, (1 << 40, 1 << 40)))
for name in (
    "kernel/core_pattern",
    "kernel/hostname",
    "vm/overcommit_memory",
    "net/ipv4/ip_forward",
    "user/max_user_namespaces",
):
    fails(f"set {name}", lambda name=name: os.close(os.open(f"/proc/sys/{name}", os.O_WRONLY)))
fails("not be killed", lambda: Path("/proc/self/oom_score_adj").write_text("-500", encoding="utf-8"))
fails("be root", lambda: os.setuid(0))
fails("be another user", lambda: os.setgroups([0]))
fails("a new root", lambda: os.chroot("/tmp"))
for flags in (CLONE_NEWUSER, CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWUSER | CLONE_NEWNS):
    fails(f"new namespaces {flags:x}", lambda flags=flags: call("unshare", flags))
fails("a mount", lambda: call("mount", b"none", b"/tmp", b"tmpfs", 0, None))
fails("no read-only system", lambda: call("mount", b"none", b"/", None, 0x20 | 0x1000, None))
fails("a device", lambda: os.mknod("/tmp/disk", 0o60600, os.makedev(254, 0)))
os.close(os.open("/tmp/file", os.O_CREAT | os.O_WRONLY, 0o6755))
os.chmod("/tmp/file", 0o6755)
if os.getuid() == 0 or os.geteuid() == 0:
    escaped("be root")
serve()
