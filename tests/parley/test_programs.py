"""Programs as processes: what they do is seen, what they leave behind is ended, whatever they are."""

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import psutil
import pytest

from parley.contract.errors import NotHere
from parley.contract.record import Failed, Record
from parley.harness import deadlines, programs, sockdiag
from parley.harness.deadlines import Deadlines
from parley.harness.network import own_network
from parley.harness.programs import FreePort, free_port, how_it_ended, in_use
from parley.harness.scene import LISTENERS, USUAL_PORT, Scene

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals or sessions")


@pytest.fixture
def folder(tmp_path):
    """A function that writes a client.py with this source, and returns its folder."""

    def write(source, name="client"):
        (tmp_path / f"{name}.py").write_text(textwrap.dedent(source), encoding="utf-8")
        return tmp_path

    return write


def events(scene, what):
    return [event for event in scene.record if event.what == what]


def test_keyboard_screen_log_and_end(folder):
    source = """
        import sys
        for line in sys.stdin:
            print("typed", line.rstrip(), flush=True)
        print("bye", file=sys.stderr)
        sys.exit(3)
    """
    with Scene(folder(source)) as scene:
        client = scene.client()
        client.types("héllo").prints("typed héllo")
        client.types(b"bytes").prints("typed bytes")
        client.ends_keyboard().ends(status=3)
        assert client.printed.splitlines() == ["typed héllo".encode(), b"typed bytes"]
        assert client.logged.strip() == b"bye"
    assert [event.what for event in scene.record] == [
        *("starts", "types", "prints", "types", "prints", "ends keyboard", "logs", "exits")
    ]


def test_each_program_has_a_folder_of_its_own(folder):
    with Scene(folder("open('logbook.txt', 'a').write('x')")) as scene:
        one, other = scene.client(), scene.client()
        one.ends()
        other.ends()
        assert one.folder != other.folder
        for client in (one, other):
            assert (client.folder / "logbook.txt").read_text(encoding="utf-8") == "x"
    assert not one.folder.exists()


def test_a_folder_that_is_given_stays(folder, tmp_path):
    place = tmp_path / "place"
    place.mkdir()
    with Scene(folder("open('logbook.txt', 'a').write('x')")) as scene:
        scene.client(folder=place).ends()
        scene.client(folder=place).ends()
    assert (place / "logbook.txt").read_text(encoding="utf-8") == "xx"


def test_the_environment_is_that_of_a_student(folder, monkeypatch):
    for name in ("PYTHONUNBUFFERED", "PYTHONPATH", "PYTEST_ADDOPTS"):
        monkeypatch.setenv(name, "1")
    source = "import os\nfor name in sorted(os.environ):\n    print(name, os.environ[name])"
    with Scene(folder(source)) as scene:
        client = scene.client(environment={"LC_ALL": "C"}).ends()
        printed = client.printed.decode(errors="replace").splitlines()
    names = [line.partition(" ")[0] for line in printed]
    assert not [name for name in names if name.startswith("PYTEST") or name == "PYTHONPATH"]
    assert "PYTHONUNBUFFERED" not in names
    assert "LC_ALL C" in printed


def test_what_is_not_flushed_is_not_seen(folder, monkeypatch):
    monkeypatch.setenv("PYTHONUNBUFFERED", "1")
    monkeypatch.setattr("parley.harness.actors.WITHIN", 0.2)
    with (
        Scene(folder("import threading\nprint('hello')\nthreading.Event().wait()")) as scene,
        pytest.raises(Failed) as caught,
    ):
        scene.client().prints("hello")
    assert caught.value.cause == "silent screen"


@posix
def test_what_is_put_into_a_folder_follows_no_link_and_waits_for_nobody(folder, tmp_path):
    outside = tmp_path / "outside"
    source = f"""
        import os
        os.symlink({str(outside)!r}, "link")
        os.mkfifo("pipe")
        os.mkdir("folder")
        open("file", "w").write("a long text that was here before")
        print("ready", flush=True)
        input()
    """
    with Scene(folder(source)) as scene:
        client = scene.client(files={"before.txt": "hello"})
        client.prints("ready")
        for name in ("link", "pipe", "folder", "file", "new"):
            client.puts(name, "put")
        assert [client.file(name) for name in ("before.txt", "file", "new")] == [b"hello", b"put", b"put"]
    assert not outside.exists()


@posix
def test_ctrl_c_works_where_we_ignore_it(folder):
    source = f"""
        import sys
        sys.path[:0] = {sys.path!r}
        from parley.harness.scene import Scene
        with Scene({str(folder("print('ready', flush=True); input()"))!r}) as scene:
            client = scene.client()
            client.prints("ready")
            client.presses_ctrl_c()
            print(client.wait_until_it_ends(5), client.uncaught(), client.status)
    """
    ignoring = [sys.executable, "-c", "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN); "]
    ignoring[2] += "os.execv(sys.executable, [sys.executable, '-c', sys.argv[1]])"
    done = subprocess.run([*ignoring, textwrap.dedent(source)], capture_output=True, text=True, check=True)
    assert done.stdout.split()[0] == "True"


def test_ctrl_c_is_not_here_on_windows(folder, monkeypatch):
    with Scene(folder("input()")) as scene:
        client = scene.client()
        monkeypatch.setattr(programs.os, "name", "nt")
        with pytest.raises(NotHere, match="on Windows"):
            client.presses_ctrl_c()
        monkeypatch.undo()


def test_a_flood_is_stopped(folder, monkeypatch):
    monkeypatch.setattr(programs, "MOST_OUTPUT", 1024 * 1024)
    with Scene(folder("while True: print('flood' * 100)")) as scene, pytest.raises(Failed) as caught:
        scene.client().prints("never")
    assert caught.value.cause == "floods"
    assert len(events(scene, "prints")) < programs.MOST_EVENTS + 200
    assert len(events(scene, "is killed")) == 1


def test_a_flood_of_tiny_pieces_does_not_fill_the_record(folder, monkeypatch):
    monkeypatch.setattr(programs, "MOST_EVENTS", 100)
    source = "import os\nfor _ in range(5000): os.write(1, b'x\\n')"
    with Scene(folder(source)) as scene:
        client = scene.client().ends()
        assert len(client.printed) == 10_000
    # one read may bring many lines: they are the last that are recorded one by one
    assert len(events(scene, "prints")) <= 100 + 65536 // 2


@posix
def test_all_that_a_program_printed_is_there_when_it_has_ended(folder, monkeypatch):
    # a busy machine: each line of what it printed takes longer to record
    add = Record.add

    def slowly(self, *args, **named):
        threading.Event().wait(0.02)
        add(self, *args, **named)

    monkeypatch.setattr(Record, "add", slowly)
    with Scene(folder("print('line\\n' * 50, end='')")) as scene:
        assert scene.client().ends().printed == b"line\n" * 50


@posix
def test_what_a_program_leaves_behind_is_ended(folder):
    source = """
        import os, subprocess, sys
        here = [sys.executable, "-c", "import signal, time; signal.signal(15, 1); print(7, flush=True); time.sleep(60)"]
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.execv(here[0], here)
            os._exit(0)
        subprocess.Popen(here)
        os.wait()
    """
    with Scene(folder(source)) as scene:
        client = scene.client()
        client.prints("7")
        client.prints("7")
        assert len(scene.start.left([client.process])) >= 2
    assert scene.start.left([client.process]) == []


@posix
def test_a_program_that_ignores_all_signals_is_ended(folder):
    source = """
        import signal
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        print("ready", flush=True)
        while True:
            signal.pause()
    """
    with Scene(folder(source)) as scene:
        client = scene.client()
        client.prints("ready")
        with pytest.raises(Failed) as caught:
            client.presses_ctrl_c().ends(within=0.2)
        assert caught.value.cause == "goes on"
    assert how_it_ended(client.status) == "signal SIGKILL"


@posix
def test_a_stopped_program_is_ended(folder):
    with Scene(folder("import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)")) as scene:
        client = scene.client()
        assert not client.wait_until_it_ends(0.2)
    assert client.ended


def test_a_program_that_closes_its_streams(folder):
    source = """
        import os, socket, sys
        for number in (0, 1, 2):
            os.close(number)
        listener = socket.create_server((sys.argv[1], int(sys.argv[2])))
        conn, _ = listener.accept()
        conn.sendall(b"here")
        conn.recv(1)
    """
    with Scene(folder(source, "server")) as scene:
        server = scene.server()
        scene.person("Anna").connects(server).receives("here").ends()
        server.types("does anybody read this?").ends()


@pytest.mark.skipif(sys.platform != "linux", reason="Other systems do not tell what threads do")
def test_what_comes_to_rest_has_done_all_that_it_does_by_itself(folder):
    source = """
        import sys, threading, time
        from pathlib import Path

        def work():
            for line in sys.stdin:
                while time.thread_time() < 0.2: pass
                Path(line.rstrip()).touch()

        threading.Thread(target=work, daemon=True).start()
        print("begun", flush=True)
        threading.Event().wait()
        """
    with Scene(folder(source)) as scene:
        client = scene.client()
        client.prints("begun")
        client.types("one").types("two").comes_to_rest()
        assert client.file("two") == b""


def test_what_never_rests_is_not_waited_for(folder, monkeypatch):
    monkeypatch.setattr(programs, "RESTS_WITHIN", 0.05)
    with Scene(folder("print('begun', flush=True)\nwhile True: pass")) as scene:
        client = scene.client()
        client.prints("begun")
        client.types("x" * 1_000_000).comes_to_rest()
        assert not client.ended


@pytest.mark.skipif(sys.platform != "linux", reason="Other systems do not tell what a pipe holds")
def test_what_has_taken_half_a_line_is_at_its_keyboard(folder):
    source = "import sys, time\ntime.sleep(0.7)\nprint('begun', flush=True)\nsys.stdin.readline()"
    with Scene(folder(source)) as scene:
        client = scene.client().begins_to_type("half a li")
        client.comes_to_rest()
        assert client.printed == b"begun\n"
        client.types("ne").ends(status=0)


def test_a_keyboard_that_is_never_read_blocks_nobody(folder):
    with Scene(folder("import threading\nthreading.Event().wait()")) as scene:
        client = scene.client()
        for _ in range(100):
            client.types("x" * 100_000)
        client.ends_keyboard()
        assert not client.ended


def test_a_child_may_hold_the_screen_longer(folder):
    source = """
        import subprocess, sys
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        print("done", flush=True)
    """
    with Scene(folder(source)) as scene:
        scene.client().ends().prints("done")


def test_a_child_may_listen(folder):
    source = """
        import subprocess, sys
        code = "import socket, sys; listener = socket.create_server((sys.argv[1], int(sys.argv[2]))); listener.accept()"
        subprocess.run([sys.executable, "-c", code, *sys.argv[1:]])
    """
    with Scene(folder(source, "server")) as scene:
        server = scene.server()
        scene.person("Anna").connects(server)


@pytest.mark.parametrize("way", ["kernel", "psutil", "somebody"])
def test_each_way_to_see_who_listens(folder, monkeypatch, way):
    if way == "kernel" and sockdiag.listening() is None:
        pytest.skip("this system does not tell")
    if way != "kernel":
        monkeypatch.setattr(sockdiag, "listening", lambda: None)
    if way == "somebody":
        monkeypatch.setattr(psutil.Process, "net_connections", _denied)
    source = """
        import socket, sys
        with socket.create_server((sys.argv[1], int(sys.argv[2]))) as listener:
            listener.accept()
    """
    with Scene(folder(source, "server")) as scene:
        server = scene.server()
        if way != "somebody":
            assert server.listens_on() == [server.address]
        scene.person("Anna").connects(server)


def _denied(*_):
    raise psutil.AccessDenied()


def test_the_kernel_may_not_tell(monkeypatch):
    monkeypatch.delattr(sockdiag.socket, "AF_NETLINK", raising=False)
    assert sockdiag.listening() is None
    assert sockdiag.sockets() is None
    assert sockdiag.unread(("127.0.0.1", 1), ("127.0.0.1", 2)) is None


def test_a_port_that_is_taken_in_between(folder, monkeypatch):
    source = "import socket, sys\nsocket.create_server((sys.argv[1], int(sys.argv[2]))).accept()"
    with socket.create_server(("127.0.0.1", 0)) as other:
        free = FreePort()
        monkeypatch.setattr(free, "number", other.getsockname()[1])
        ports = [free, FreePort()]
        monkeypatch.setattr("parley.harness.scene.FreePort", lambda: ports.pop(0))
        with Scene(folder(source, "server")) as scene:
            server = scene.server()
            server.may_have_a_traceback()
            assert server.address[1] != other.getsockname()[1]


def test_free_ports():
    port = free_port()
    assert 20_000 <= port < 30_000
    with socket.create_server(("127.0.0.1", port)):
        assert in_use(port)
    assert not in_use(free_port())


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="only root on Linux can say which are given")
def test_no_socket_of_ours_takes_the_usual_port(folder):
    """A system may give any of its ports to a socket of ours: then a right program could not listen there."""
    try:
        lead_back = own_network()
    except NotHere as reason:
        pytest.skip(str(reason))
    try:
        given = Path("/proc/sys/net/ipv4/ip_local_port_range")  # of this network alone
        given.write_text(f"{USUAL_PORT} {USUAL_PORT + LISTENERS - 1}", encoding="ascii")
        with Scene(folder("")) as scene:
            assert scene.host(address=("127.0.0.1", USUAL_PORT)).address[1] == USUAL_PORT
    finally:
        lead_back()


CONNECTS = "import socket, sys\nsocket.create_connection((sys.argv[1], int(sys.argv[2]))).recv(1)"


def connections_of_a_client(folder):
    """How many connections to its host a client is said to have, and to another port."""
    with Scene(folder(CONNECTS)) as scene:
        host = scene.host()
        client = scene.client(host)
        host.accepts()
        return client.connections_to(host.address[1]), client.connections_to(1)


@pytest.mark.parametrize("way", ["kernel", "psutil"])
def test_each_way_to_count_connections(folder, monkeypatch, way):
    if way == "kernel" and sockdiag.sockets() is None:
        pytest.skip("this system does not tell")
    if way == "psutil":
        monkeypatch.setattr(sockdiag, "sockets", lambda: None)
    assert connections_of_a_client(folder) == (1, 0)


@pytest.mark.skipif(sockdiag.sockets() is None, reason="this system does not tell")
def test_sockets_of_no_program_are_not_counted():
    """Thousands of them may be in TIME_WAIT, and it takes a busy machine seconds to read them all."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        near = socket.create_connection(listener.getsockname())
        far, _ = listener.accept()
        ports = near.getsockname()[1], listener.getsockname()[1]

        def of_near(sockets):  # its port may serve other connections too, to other listeners
            return [each.state for each in sockets if (each.near[1], each.far and each.far[1]) == ports]

        assert of_near(sockdiag.sockets()) == ["ESTABLISHED"]
        near.close()
        assert far.recv(1) == b""  # so the far end knows, and the near one waits for late segments
        far.close()
    time_wait = 1 << sockdiag.STATES.index("TIME_WAIT")
    assert of_near(sockdiag.sockets(time_wait)) == ["TIME_WAIT"]
    assert not [each for each in sockdiag.sockets() if each.near[1] == ports[1]] and not of_near(sockdiag.sockets())


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="only root on Linux has networks to give")
def test_connections_count_in_the_network_of_a_thread(folder):
    """A thread of the worker has its own network: what /proc/net tells is that of the process."""

    assert in_a_network(lambda: connections_of_a_client(folder)) == (1, 0)


def in_a_network(work):
    """What work() returns in a thread that has its own network; an exception of it, as that exception."""

    def works():
        with contextlib.suppress(NotHere):  # `done` stays empty
            lead_back = own_network()
            try:
                done.append(work())
            except Exception as error:
                done.append(error)
            lead_back()

    done = []
    thread = threading.Thread(target=works)
    thread.start()
    thread.join()
    if not done:
        pytest.skip("no network of its own here")
    return done[0]


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="only root on Linux has networks to give")
def test_each_port_was_just_in_use(folder):
    """A port that nobody uses any more is reserved for a minute, and a machine has no more than 28,000 for clients."""
    echo = """
        import socket, sys
        with socket.create_server((sys.argv[1], int(sys.argv[2]))) as listener:
            while True:
                with listener.accept()[0] as conn:
                    while data := conn.recv(100):
                        conn.sendall(data)
    """

    crowd = sorted(f"Anna{number}" for number in range(16 - LISTENERS))

    def two_servers():
        names = []
        ports = Path("/proc/sys/net/ipv4/ip_local_port_range")
        ports.write_text("40000 40015", encoding="ascii")
        for _ in range(2):  # a second one, when all ports have been used for the first
            with Scene(folder(echo, "server")) as scene:
                server = scene.server()
                for name in crowd:
                    scene.person(name).connects(server).sends(name).receives(name).leaves()
                names.append(sorted(name for port, name in server.visitors.items() if port))
        return names

    assert in_a_network(two_servers) == [crowd] * 2


def test_a_free_port_is_nobody_elses(monkeypatch):
    one = FreePort()
    numbers = [one.number, free_port()]
    monkeypatch.setattr(random.SystemRandom, "randrange", lambda *_: numbers.pop(0))
    other = FreePort()
    assert other.number != one.number and not numbers
    for port in (one, other):
        port.close()


def test_the_end_is_proven(folder, monkeypatch):
    source = "import socket, sys\nsocket.create_server((sys.argv[1], int(sys.argv[2]))).accept()"
    scene = Scene(folder(source, "server"))
    server = scene.server()
    monkeypatch.setattr(programs, "_still_listens", lambda _: True)
    with pytest.raises(programs.Leftover, match=f"Port {server.address[1]} is still in use"):
        scene.end()


@pytest.mark.skipif(sockdiag.listening() is None, reason="This system does not tell whose socket listens.")
def test_who_takes_the_port_of_a_program_that_ended_is_nothing_of_its_own(folder):
    source = "import socket, sys\nsocket.create_server((sys.argv[1], int(sys.argv[2]))).accept()"
    scene = Scene(folder(source, "server"))
    server = scene.server()
    server.kill()
    assert server.wait_until_it_ends(5)
    with socket.create_server(server.address):
        scene.end()


@pytest.mark.parametrize(
    ("log", "exception"),
    [
        ("", ""),
        ("all is well: Traceback", ""),
        ("Traceback (most recent call last):\n  File x\n    y\nKeyError: 'a'\n", "KeyError"),
        ("Traceback (most recent call last):\n  File x\nKeyboardInterrupt\n", "KeyboardInterrupt"),
        ("Traceback (most recent call last):\n  x\njson.decoder.JSONDecodeError: no\n", "JSONDecodeError"),
        ("Traceback (most recent call last):\n  File x\n", "exception"),
        (
            "Exception in thread Thread-1 (f):\nTraceback (most recent call last):\n  x\nOSError: [Errno 9]\n\n"
            "During handling of the above exception, another exception occurred:\n\n"
            "Traceback (most recent call last):\n  x\nValueError: no\n",
            "ValueError",
        ),
        ("Fatal Python error: _enter_buffered_busy: could not acquire lock", "Fatal Python error"),
    ],
)
def test_the_type_of_an_uncaught_exception(folder, log, exception):
    with Scene(folder(f"import sys\nsys.stderr.write({log!r})")) as scene:
        client = scene.client()
        assert client.wait_until_it_ends()
        assert client.uncaught() == exception


def test_where_an_exception_came_up(folder):
    source = """\
        import threading

        def serve(names):
            print(names["Anna"])

        threading.Thread(target=serve, args=[{}], name="door").start()
    """
    with Scene(folder(textwrap.dedent(source))) as scene:
        client = scene.client()
        assert client.wait_until_it_ends()
        assert client.uncaught_at() == " (line 4 of client.py, in serve, thread door)"


@pytest.mark.parametrize(("log", "where"), [("", ""), ("Traceback (most recent call last):\nKeyError\n", "")])
def test_an_exception_from_nowhere(folder, log, where):
    with Scene(folder(f"import sys\nsys.stderr.write({log!r})")) as scene:
        client = scene.client()
        assert client.wait_until_it_ends()
        assert client.uncaught_at() == where


def test_how_it_ended():
    assert how_it_ended(None) == ""
    assert how_it_ended(0) == "status 0"
    assert how_it_ended(-100) == "status -100"
    if os.name != "nt":
        assert how_it_ended(-signal.SIGABRT) == "signal SIGABRT"


def test_a_slow_machine_waits_longer(monkeypatch):
    measured = []
    monkeypatch.setattr(deadlines, "slowness", lambda: measured.append(1) or 4.0)
    waits = Deadlines()
    late = threading.Event()
    timer = threading.Timer(0.3, lambda: (late.set(), waits.tell()))
    timer.start()
    assert waits.until(late.is_set, 0.1)
    assert measured
    timer.join()


def test_a_wait_that_is_met_measures_nothing(monkeypatch):
    monkeypatch.setattr(deadlines, "slowness", pytest.fail)
    waits = Deadlines()
    assert waits.until(lambda: True, 0.1)
    assert waits.poll(lambda: True, 0.1)


def test_the_bound_of_the_whole_scene(monkeypatch):
    monkeypatch.setattr(deadlines, "slowness", lambda: 1.0)
    waits = Deadlines(seconds=0.1)
    assert not waits.until(lambda: False, 5)
    assert waits.out_of_time


def test_slowness_is_a_number_from_1_to_10(monkeypatch):
    assert 1 <= deadlines.slowness() <= deadlines.SLOWEST
    monkeypatch.setattr(deadlines, "REFERENCE_START", 1e-9)
    assert deadlines.slowness() == deadlines.SLOWEST


def test_the_time_that_a_program_has_used_is_known_after_its_end(folder):
    with Scene(folder("sum(range(20_000_000))")) as scene:
        client = scene.client().ends()
        assert client.cpu_seconds() > 0.05 or os.name == "nt"
