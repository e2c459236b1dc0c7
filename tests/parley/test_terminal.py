"""The full programs at a real terminal, and with every Python that is installed here: Ctrl+C, and the name in bold."""

import functools
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from parley.harness.deadlines import slowness
from parley.harness.programs import FreePort, let_it_rest
from parley.harness.scene import Scene
from parley.stages import STAGES, solution

pytest.importorskip("pty", reason="terminals of this kind are not on Windows")

SECONDS = 60  # bound of everything that is awaited here


@functools.cache
def pythons():
    """The Pythons 3.10 to 3.13 that can be started here, by version; always this one."""
    found = {f"{sys.version_info.major}.{sys.version_info.minor}": sys.executable}
    managed = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for minor in range(10, 14):
        candidates = [shutil.which(f"python3.{minor}"), *managed.glob(f"3.{minor}.*/bin/python3")]
        for path in filter(None, candidates):
            if subprocess.run([path, "-c", "pass"], capture_output=True, timeout=SECONDS).returncode == 0:
                found.setdefault(f"3.{minor}", str(path))
    return found


@pytest.fixture
def port():
    """A port that no other test takes until this one is over."""
    kept = FreePort()
    yield str(kept.number)
    kept.close()


@pytest.fixture(params=sorted(pythons()))
def python(request):
    return pythons()[request.param]


def named(stage, program):
    """Whether this program reads its own name from the keyboard first."""
    return stage.name == "4_peers" or (stage.name, program) == ("5_broadcast", "client")


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_ctrl_c_at_a_terminal_with_clients_connected(stage, python, port, terminal):
    server = terminal(python, solution(stage, "full", "server"), "127.0.0.1", port)
    if named(stage, "server"):
        server.shows("name")
        server.types("Sofia\n")
    wait_until_listening(server, int(port))
    client = terminal(python, solution(stage, "full", "client"), "127.0.0.1", port)
    if named(stage, "client"):
        client.types("Carla\n")
    client.shows("connected to")
    server.shows("connected")
    let_it_rest(server.program.pid)
    began = time.monotonic()
    server.types("\x03")
    assert server.ends() == 0
    took = time.monotonic() - began
    assert took < 2 or took < 2 * slowness()
    assert b"stopped by Ctrl+C" in server.shown and b"Traceback" not in server.shown
    # the port is free at once
    again = terminal(python, solution(stage, "full", "server"), "127.0.0.1", port)
    if named(stage, "server"):
        again.types("Sofia\n")
    wait_until_listening(again, int(port))


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_ctrl_c_on_a_pipe_with_clients_connected(stage, python):
    with Scene(solution(stage, "full", "server").parent, python=[python]) as scene:
        server = scene.server(listens=False)
        if named(stage, "server"):
            server.types("Sofia")
        server.wait_until_it_listens(server.address[1], SECONDS)
        client = scene.client(server)
        if named(stage, "client"):
            client.types("Carla")
        server.logs(containing="connected")
        server.presses_ctrl_c().ends(status=0, within=2)
        scene.check()


def test_the_name_is_bold_at_a_terminal_only(terminal, port):
    stage = STAGES[3]
    server = terminal(sys.executable, solution(stage, "full", "server"), "127.0.0.1", port)
    server.types("Sofia\n")
    wait_until_listening(server, int(port))
    command = [sys.executable, solution(stage, "full", "client"), "127.0.0.1", port]
    client = subprocess.run(command, input=b"Carla\n", capture_output=True, timeout=SECONDS)
    server.shows("\x1b[1mCarla\x1b[0m")
    assert b"Sofia" in client.stdout
    assert b"\x1b" not in client.stdout


def test_the_server_of_stage_5_asks_for_host_and_port_at_a_terminal(terminal, port):
    server = terminal(sys.executable, solution(STAGES[4], "full", "server"))
    server.shows("127.0.0.1")
    server.types("\n")
    server.shows("50007")
    server.types(f"{port}\n")
    wait_until_listening(server, int(port))
    server.types("/close\n")
    assert server.ends() == 0


@pytest.mark.parametrize("key", ["\x03", "\x04"], ids=["Ctrl+C", "Ctrl+D"])
def test_the_question_for_host_and_port_may_be_left(key, terminal):
    server = terminal(sys.executable, solution(STAGES[4], "full", "server"))
    server.shows("127.0.0.1")
    let_it_rest(server.program.pid)
    server.types(key)
    assert server.ends() == 0
    assert b"stopped by Ctrl+C" in server.shown and b"Traceback" not in server.shown


@pytest.mark.parametrize("arguments", [["nowhere.invalid"], ["127.0.0.1", "harbour"]], ids=["host", "host and port"])
def test_the_server_of_stage_5_asks_nothing_where_it_was_told(arguments, terminal):
    server = terminal(sys.executable, solution(STAGES[4], "full", "server"), *arguments)
    assert server.ends() == 1
    assert f"Trouble with {arguments[0]} port".encode() in server.shown and b"Enter" not in server.shown


def test_the_server_of_stage_5_asks_nothing_on_a_pipe():
    command = [sys.executable, solution(STAGES[4], "full", "server")]
    # /close is typed in advance; where the default port is taken here, the server says that
    run = subprocess.run(command, input=b"/close\n", capture_output=True, timeout=SECONDS)
    assert run.stdout == b""
    assert run.returncode == 0 or b"Trouble with 127.0.0.1 port 50007" in run.stderr


def wait_until_listening(server, port):
    """Wait until the program at this terminal listens on the port: the system knows, nobody has to connect."""
    import psutil

    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        assert server.program.poll() is None, server.shown
        found = psutil.Process(server.program.pid).net_connections("tcp")
        if any(connection.status == psutil.CONN_LISTEN and connection.laddr.port == port for connection in found):
            return
    pytest.fail(f"nothing listened on port {port} within {SECONDS} s: {bytes(server.shown)!r}")
