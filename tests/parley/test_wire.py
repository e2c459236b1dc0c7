"""The wire: what stands between two programs carries bytes as it was told, and records what crosses."""

import importlib
import textwrap

import pytest

from parley.harness import sockdiag
from parley.harness.scene import Scene

wire = importlib.import_module("parley.harness.wire")

COUNTS = """
    import socket, sys
    with socket.create_server((sys.argv[1], int(sys.argv[2]))) as listener:
        while True:
            conn, _ = listener.accept()
            try:
                while data := conn.recv(1_000_000):
                    conn.sendall(b"%d " % len(data))
                conn.sendall(b"end")
                conn.close()
            except ConnectionResetError:
                print("reset", flush=True)
"""
FLOODS = """
    import socket, sys
    with socket.create_server((sys.argv[1], int(sys.argv[2]))) as listener:
        conn, _ = listener.accept()
        try:
            while True:
                conn.sendall(bytes(1000))
        except OSError:
            print("broken", flush=True)
"""
WAITS = """
    import socket, sys
    with socket.create_server((sys.argv[1], int(sys.argv[2]))) as listener:
        conn, _ = listener.accept()
        sys.stdin.readline()
        print(conn.recv(100).decode(), flush=True)
"""
CLIENT = """
    import socket, sys
    with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as conn:
        for line in sys.stdin:
            conn.sendall(line.encode())
            print(conn.recv(100).decode(), flush=True)
"""


@pytest.fixture
def scene(tmp_path):
    """A scene whose server tells how many bytes each recv has returned."""
    (tmp_path / "server.py").write_text(textwrap.dedent(COUNTS), encoding="utf-8")
    (tmp_path / "client.py").write_text(textwrap.dedent(CLIENT), encoding="utf-8")
    with Scene(tmp_path, seed=1) as scene:
        yield scene


def crossed(scene):
    return [(event.who, event.what, event.data) for event in scene.record if event.peer and event.data]


def test_everything_is_passed_on(scene):
    between = scene.wire(scene.server())
    anna = scene.person("Anna").connects(between)
    anna.sends("hello").receives("5 ").sends("you").receives("3 ")
    anna.ends().receives("end").sees_end()


def test_the_wire_records_for_programs(scene):
    between = scene.wire(scene.server())
    client = scene.client(between, name="Ben")
    client.types("hello").prints("6 ")
    client.ends_keyboard().ends()
    seen = [(e.who, e.what, e.data) for e in scene.record if e.peer]
    assert seen[:5] == [
        ("Ben", "connects", b""),
        ("Ben", "sends", b"hello\n"),
        ("server", "receives", b"hello\n"),
        ("server", "sends", b"6 "),
        ("Ben", "receives", b"6 "),
    ]
    assert ("Ben", "ends stream", b"") in seen
    assert ("server", "sees end", b"") in seen


def test_nothing_is_recorded_twice(scene):
    between = scene.wire(scene.server())
    scene.person("Anna").connects(between).sends("hello").receives("5 ")
    assert crossed(scene) == [
        ("Anna", "sends", b"hello"),
        ("server", "receives", b"hello"),
        ("server", "sends", b"5 "),
        ("Anna", "receives", b"5 "),
    ]


def test_a_wire_to_a_host(scene):
    host = scene.host()
    between = scene.wire(host)
    anna = scene.person("Anna").connects(between).sends("hello")
    server = host.accepts().receives("hello").sends("you")
    anna.receives("you").resets()
    server.sees_end_or_reset()
    assert [event.what for event in scene.record if event.who == "server"][-1] == "sees reset"


@pytest.mark.parametrize("told", [True, False])
def test_split_into_single_bytes(scene, monkeypatch, told):
    if not told:
        monkeypatch.setattr(sockdiag, "unread", lambda local, remote: None)
        monkeypatch.setattr(wire, "SHORT_PAUSE", 0.1)
    between = scene.wire(scene.server())
    between.to_server.split()
    anna = scene.person("Anna").connects(between)
    if told and sockdiag.unread(("127.0.0.1", 1), ("127.0.0.1", 2)) is None and sockdiag.listening() is None:
        pytest.skip("this system does not tell what is unread")
    anna.sends("hello").receives("1 " * 5)


def test_what_comes_byte_by_byte_goes_on_byte_by_byte(scene, monkeypatch):
    if sockdiag.unread(("127.0.0.1", 1), ("127.0.0.1", 2)) is None and sockdiag.listening() is None:
        pytest.skip("this system does not tell what is unread")
    monkeypatch.setattr(wire, "PIECE_BOUND", 10)
    monkeypatch.setattr(wire, "PIECES_BOUND", 10)
    (scene.folder / "server.py").write_text(textwrap.dedent(WAITS), encoding="utf-8")
    server = scene.server()
    between = scene.wire(server)
    between.to_server.split()
    anna = scene.person("Anna").connects(between).sends("h")
    assert scene.deadlines.poll(lambda: ("server", "receives", b"h") in crossed(scene), 2)
    anna.sends("i")
    scene.deadlines.watch(0.2)  # in which it would arrive, if the wire did not wait for the server
    server.types("now")
    server.prints("h")


def test_who_sends_to_a_program_that_has_ended_learns_of_it(scene):
    server = scene.server()
    client = scene.client(scene.wire(server)).may_have_a_traceback()
    client.types("hello").prints("6 ")
    server.kill().wait_until_it_ends()
    for number in range(20):
        client.types(f"{number}")
        if client.wait_until_it_ends(0.1):
            break
    assert client.ended and client.uncaught() in ("BrokenPipeError", "ConnectionResetError", "ConnectionAbortedError")
    assert b"".join(e.data for e in scene.record if (e.who, e.what) == ("server", "receives")) == b"hello\n"


def test_pieces_for_a_program_that_does_not_receive_now(scene, monkeypatch):
    monkeypatch.setattr(wire, "PIECE_BOUND", 0.05)
    (scene.folder / "server.py").write_text(textwrap.dedent(WAITS), encoding="utf-8")
    server = scene.server()
    anna = scene.person("Anna").connects(server)
    anna.sends_in_pieces(*"hello")
    server.types("now")
    server.prints("hello")


def test_split_in_the_other_direction(scene):
    host = scene.host()
    between = scene.wire(host)
    between.to_client.split(2)
    anna = scene.person("Anna").connects(between)
    host.accepts().sends("hello")
    anna.receives("hello")
    assert [event.data for event in scene.record if event.who == "Anna" and event.data] == [b"he", b"ll", b"o"]


def test_delay(scene):
    between = scene.wire(scene.server())
    between.to_server.delay(0.2)
    anna = scene.person("Anna").connects(between)
    anna.sends("hello").receives("5 ")
    sent, received = (e.at for e in scene.record if e.who == "Anna" and e.data)
    assert received - sent >= 0.2
    assert [event.note for event in scene.record if event.what == "waits"] == ["0.2 s"]


def test_a_reset_is_passed_on(scene):
    server = scene.server()
    between = scene.wire(server)
    anna = scene.person("Anna").connects(between)
    anna.sends("hello").receives("5 ").resets()
    server.prints("reset")


def test_a_target_that_is_gone(scene):
    server = scene.server()
    between = scene.wire(server)
    server.kill()
    server.wait_until_it_ends()
    scene.person("Anna").connects(between).sees_end_or_reset()


def test_a_flood_is_broken_off(scene, monkeypatch):
    monkeypatch.setattr(wire, "MOST_CARRIED", 1_000_000)
    (scene.folder / "server.py").write_text(textwrap.dedent(FLOODS), encoding="utf-8")
    server = scene.server()
    anna = scene.person("Anna").connects(scene.wire(server))
    server.prints("broken")
    assert len(anna.received()) <= 1_100_000
    assert [event.note for event in scene.record if event.who == "wire"] == ["more than a wire carries"]


def test_two_connections_at_once(scene):
    between = scene.wire(scene.host())
    anna, ben = scene.people(between, "Anna", "Ben")
    server_of_anna, server_of_ben = between.target.accepts(), between.target.accepts()
    server_of_anna.sends("to Anna")
    server_of_ben.sends("to Ben")
    anna.receives("to Anna")
    ben.receives("to Ben")
