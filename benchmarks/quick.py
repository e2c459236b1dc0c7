"""What `broadcast.py --quick` does: how many lines a second some servers deliver here, in a few seconds.

The servers: a thread for each participant, one thread with selectors, one with asyncio, the student's own of stage 5 if
it is begun (in the whole project ours). The limit: the same lines, from a program that does nothing else.
"""

import shutil
import socket
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from parley import stages
from parley.contract.errors import BadInput
from parley.contract.record import Failed
from parley.harness.crowd import deliveries
from parley.harness.scene import unready
from parley.screen import tabulated

HERE = Path(__file__).resolve().parent
CROWDS = (10, 40, 90)  # so many people are in the chat
DELIVERIES = 20_000  # about so many lines arrive in one measurement
SECONDS = 10  # bound of each wait
SERVERS = {
    "threads": HERE / "server_threads.py",
    "selectors": HERE / "server_selectors.py",
    "asyncio": HERE / "server_asyncio.py",
}
LIMITS = {"limit, 1 line at a time": 1, "limit, 50 lines at a time": 50}
NOT_ALL = "not all arrived"


def servers():
    """The servers to measure, by name: paths."""
    own = stages.exercise(stages.STAGES[-1], "server")
    if unready(own)[0] is None:
        return {**SERVERS, "yours": own}
    if stages.has_solutions():
        return {**SERVERS, "stage 5, full": stages.solution(stages.STAGES[-1], "full", "server")}
    return SERVERS


def lines_for(people):
    """How many lines each of so many people says in one measurement."""
    return max(1, DELIVERIES // (people * (people - 1)))


def measured(path, people):
    """How many lines this server delivers in a second to so many people who all speak at once; 0 if not all come."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(path, Path(folder, "server.py"))
        return deliveries(folder, people, lines_for(people), within=SECONDS, seconds=6 * SECONDS)


def limit(people, batch):
    """The same for one thread that does nothing but send so many lines at a time to each of them, and receive them."""
    with ExitStack() as stack:
        pairs = [tuple(map(stack.enter_context, socket.socketpair())) for _ in range(people)]
        piece = b"Guest010: this is line 10 of many\n" * batch
        rounds = max(1, lines_for(people) * people // batch)
        began = time.perf_counter()
        for _ in range(rounds):
            for near, far in pairs:
                near.sendall(piece)
                far.recv(len(piece))
        return people * rounds * batch / (time.perf_counter() - began)


def main():
    """Measure all, and print a table; returns the exit status."""
    rows = []
    for name, path in servers().items():
        row = [name]
        for people in CROWDS:
            try:
                speed = measured(path, people)
            except (Failed, BadInput):  # it did not start
                speed = None
            row.append(f"{speed:,.0f}" if speed else NOT_ALL)
        rows.append(row)
    for name, batch in LIMITS.items():
        rows.append([name, *(f"{limit(people, batch):,.0f}" for people in CROWDS)])
    print("Lines delivered per second, while everyone speaks at the same time:\n")
    print(tabulated(["server", *(f"{people} people" for people in CROWDS)], rows))
    return 0
