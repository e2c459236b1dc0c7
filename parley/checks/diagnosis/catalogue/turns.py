"""Stage 3: what is done to examine its programs, and the faults that only they have."""

from __future__ import annotations

from parley.checks.diagnosis.contact import Visit
from parley.checks.diagnosis.fault import Fault


def examine_server(visit: Visit) -> None:
    """The server starts; nothing is asked of it yet."""
    visit.server()


def examine_client(visit: Visit) -> None:
    """The client connects; nothing is asked of it yet."""
    client, host = visit.client()
    visit.comes(client, host)


FAULTS: list[Fault] = []
