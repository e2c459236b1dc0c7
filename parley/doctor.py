"""What this machine has and lacks: Python, loopback, a port, the screen's characters, and what grading needs."""

from __future__ import annotations

import platform
import socket
import sys
from dataclasses import dataclass

OLDEST = (3, 10)
SECONDS = 10  # limit of one examination, in seconds


@dataclass(frozen=True)
class Finding:
    """The result of one examination. `verdict`: "ok", "missing" (something doesn't work without it) or "note"."""

    verdict: str
    subject: str
    said: str


def examine() -> list[Finding]:
    """Examine this machine. Return a list of Findings, in the order of their importance."""
    return [_python(), _loopback(), _port(), _screen(), _sandbox()]


def _python() -> Finding:
    version = platform.python_version()
    if sys.version_info < OLDEST:
        return Finding("missing", "Python", f"{version} is too old, 3.10 or newer is needed (python.org).")
    return Finding("ok", "Python", f"{version} at {sys.executable}")


def _loopback() -> Finding:
    """Check that two sockets of this machine can talk over 127.0.0.1."""
    try:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.settimeout(SECONDS)
            with socket.create_connection(listener.getsockname(), timeout=SECONDS) as near:
                other, _ = listener.accept()
                with other:
                    near.sendall(b"?")
                    answer = other.recv(1)
    except OSError as error:
        return Finding("missing", "loopback", f"programs here can't talk over 127.0.0.1: {error.strerror or error}.")
    return Finding("ok", "loopback", f"a byte went over 127.0.0.1 and arrived as {answer!r}.")


def _port() -> Finding:
    """Check that the programs' default port is free."""
    try:
        socket.create_server(("127.0.0.1", 50007)).close()
    except OSError:
        return Finding("note", "port 50007", "is in use by another program. Choose another port: play 1 --port 50008.")
    return Finding("ok", "port 50007", "is free.")


def _screen() -> Finding:
    encoding = (sys.stdout.encoding or "unknown").lower().replace("-", "")
    if encoding != "utf8":
        return Finding(
            "note",
            "screen",
            f"it shows {encoding}, so some letters may be replaced. Set PYTHONUTF8=1 to show all of them.",
        )
    return Finding("ok", "screen", "it shows UTF-8.")


def _sandbox() -> Finding:
    """Check that others' programs can run in isolation, which only grading needs."""
    from parley.isolation.sandbox import probe

    found = probe()
    if found.ok:
        return Finding("ok", "sandbox", found.reason)
    return Finding("note", "sandbox", f"Grading other people's programs: {found.reason} {found.remedy}")
