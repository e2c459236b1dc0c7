"""People, hosts and programs in their roles: what they do and see, with real sockets and programs."""

import ast
import os
import socket
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from parley.contract.errors import NotHere, SceneOver
from parley.contract.record import Failed
from parley.harness import actors, wire
from parley.harness.scene import EARLY_CLIENTS, MANY_ROUNDS, Scene, unready

ECHO = """
    import socket, sys
    with socket.create_server((sys.argv[1], int(sys.argv[2]))) as listener:
        while True:
            conn, _ = listener.accept()
            with conn:
                while data := conn.recv(4096):
                    conn.sendall(data)
"""


@pytest.fixture
def folder(tmp_path):
    """A function that writes server.py and client.py with these sources, and returns their folder."""

    def write(server=ECHO, client=""):
        for name, source in (("server", server), ("client", client)):
            (tmp_path / f"{name}.py").write_text(textwrap.dedent(source), encoding="utf-8")
        return tmp_path

    return write


def verbs(scene, who):
    return [event.what for event in scene.record if event.who == who]


def test_a_person_talks_to_a_program(folder):
    with Scene(folder()) as scene:
        anna = scene.person("Anna").connects(scene.server())
        anna.sends("hello\n").receives(b"hello\n")
        anna.says("naïve").receives_line("naïve")
        anna.says("one").says("two")
        assert anna.receives_lines(2) == ["one", "two"]
        anna.says("three\nfour\nfive")
        assert anna.receives_lines_until("four") == ["three", "four"]
        assert anna.receives_nothing_before("fi") == "five"
        anna.says("six")
        assert anna.receives_line(check=str.isalpha, words="a word") == "six"
        anna.ends().sees_end()
        assert anna.received() == "hello\nnaïve\none\ntwo\nthree\nfour\nfive\nsix\n".encode()
    assert verbs(scene, "Anna")[0] == "connects"
    assert verbs(scene, "Anna")[-2:] == ["ends stream", "sees end"]


def test_a_line_may_end_with_carriage_return(folder):
    with Scene(folder()) as scene:
        anna = scene.person("Anna").connects(scene.server())
        anna.sends("telnet\r\n").receives_line("telnet")


def test_pieces_are_received_one_by_one(folder, monkeypatch):
    monkeypatch.setattr(wire, "PIECE_BOUND", 10)
    monkeypatch.setattr(wire, "PIECES_BOUND", 30)
    server = """
        import socket, sys
        with socket.create_server((sys.argv[1], int(sys.argv[2]))) as listener:
            conn, _ = listener.accept()
            while data := conn.recv(4096):
                conn.sendall(b"%d " % len(data))
    """
    with Scene(folder(server)) as scene:
        anna = scene.person("Anna").connects(scene.server())
        anna.sends_in_pieces(*["ab"] * 50)
        anna.receives(b"2 " * 50)


def test_each_byte_of_a_text_may_come_on_its_own(folder, monkeypatch):
    monkeypatch.setattr(actors, "MOST_PIECES", 100)
    client = """
        import socket, sys, time
        with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as conn:
            conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for byte in input().encode():
                conn.sendall(bytes([byte]))
                time.sleep(0.001)
            input()
    """
    with Scene(folder(client=client)) as scene:
        host = scene.host()
        client = scene.client(host)
        server = host.accepts()
        client.types("a" * 400)
        server.receives("a" * 400)
        client.ends_keyboard().may_have_a_traceback()


def test_much_goes_through_at_once(folder):
    with Scene(folder()) as scene:
        anna = scene.person("Anna").connects(scene.server())
        data = os.urandom(8 * 1024 * 1024)
        anna.sends(data).receives(data)


def test_many_people(folder):
    server = """
        import socket, sys, threading
        def serve(conn):
            while data := conn.recv(4096):
                conn.sendall(data)
            conn.close()
        with socket.create_server((sys.argv[1], int(sys.argv[2]))) as listener:
            while True:
                threading.Thread(target=serve, args=[listener.accept()[0]], daemon=True).start()
    """
    with Scene(folder(server)) as scene:
        people = scene.people(scene.server(), *scene.names(30))
        for person in people:
            person.sends(person.name)
        for person in people:
            person.receives(person.name)


def test_a_connection_may_be_closed_before_its_thread_runs(folder, monkeypatch):
    """A busy machine starts threads late."""
    closed, read, trouble = threading.Event(), actors.Person._read, []

    def late(self, *args):
        assert closed.wait(10)
        read(self, *args)

    monkeypatch.setattr(actors.Person, "_read", late)
    monkeypatch.setattr(threading, "excepthook", trouble.append)
    with Scene(folder()) as scene:
        anna = scene.person("Anna").connects(scene.server())
        anna.close()
        closed.set()
        anna._reader.join(10)
    assert not trouble and not anna._reader.is_alive()


def test_a_person_resets(folder):
    server = """
        import socket, sys
        with socket.create_server((sys.argv[1], int(sys.argv[2]))) as listener:
            conn, _ = listener.accept()
            try:
                print(conn.recv(10), flush=True)
                print(conn.recv(10), flush=True)
            except ConnectionResetError:
                print("reset", flush=True)
    """
    with Scene(folder(server)) as scene:
        server = scene.server()
        anna = scene.person("Anna").connects(server).sends("hello")
        server.prints("b'hello'")
        anna.resets()
        server.prints("reset")


def test_end_and_reset_are_not_the_same(folder):
    server = """
        import socket, sys
        with socket.create_server((sys.argv[1], int(sys.argv[2]))) as listener:
            while True:
                conn, _ = listener.accept()
                conn.recv(1)
                conn.close()  # with bytes that were not received: a reset
    """
    with Scene(folder(server)) as scene:
        server = scene.server()
        scene.person("Anna").connects(server).sends("a").sees_end()
        scene.person("Ben").connects(server).sends("ab").sees_end_or_reset()
        with pytest.raises(Failed) as caught:
            scene.person("Carla").connects(server).sends("ab").sees_end()
        assert caught.value.cause == "reset"


def test_somebody_who_does_not_read(folder, monkeypatch):
    monkeypatch.setattr(actors, "WITHIN", 0.3)
    with Scene(folder()) as scene:
        anna = scene.person("Anna").stops_reading().connects(scene.server())
        with pytest.raises(Failed) as caught:
            anna.sends(b"x" * 30_000_000)
        assert caught.value.cause == "unread"
        assert anna.received() == b""


def test_another_address_of_this_machine(folder):
    with Scene(folder()) as scene:
        server = scene.server(host="")
        try:
            scene.person("Anna").connects(server, host="127.0.0.2").sends("hello").receives("hello")
        except NotHere as reason:
            assert "127.0.0.2" in str(reason)
        with pytest.raises(NotHere, match=r"doesn't have the address 192\.0\.2\.1"):
            scene.person("Ben").connects(server, host="192.0.2.1")


def test_a_host_plays_the_server(folder):
    client = """
        import socket, sys
        with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as conn:
            conn.sendall(input().encode())
            print("Received:", conn.recv(100).decode())
    """
    with Scene(folder(client=client)) as scene:
        host = scene.host()
        client = scene.client(host).types("hello")
        server = host.accepts()
        server.receives("hello").sends("HELLO")
        assert client.prints("HELLO") == "Received: HELLO"
        client.ends()
        server.sees_end()
    assert [(e.who, e.what) for e in scene.record if e.peer] == [
        ("server", "accepts"),
        ("server", "receives"),
        ("server", "sends"),
        ("server", "sees end"),
    ]


@pytest.mark.skipif(os.name == "nt", reason="Only Linux tells what a program has not received.")
def test_what_a_client_has_left_unread_was_not_received(folder):
    client = """
        import socket, sys
        conn = socket.create_connection((sys.argv[1], int(sys.argv[2])))
        input()
    """
    with Scene(folder(client=client)) as scene:
        host = scene.host()
        client = scene.client(host)
        server = host.accepts().sends("tea")
        client.types("").ends(status=None)
        with pytest.raises(Failed):
            server.was_received()


def test_no_one_takes_the_port_of_a_host_that_refuses(folder):
    with Scene(folder()) as scene, pytest.raises(OSError):
        socket.create_server(scene.host(listens=False).address)


def test_hosts_that_are_no_use(folder):
    client = """
        import socket, sys
        try:
            socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=0.3)
        except OSError as error:
            sys.exit(type(error).__name__)
    """
    with Scene(folder(client=client)) as scene:
        client = scene.client(scene.host(listens=False)).ends_with_a_sentence(status=1)
        assert client.logged.strip() == b"ConnectionRefusedError"
        try:
            host = scene.host().never_answers()
        except NotHere:
            return
        client = scene.client(host).ends_with_a_sentence(status=1)
        assert client.logged.strip() == b"TimeoutError"


def test_an_exception_that_is_on_its_way_is_seen(folder):
    client = """
        import threading, time
        def works():
            until = time.monotonic() + 0.3
            while time.monotonic() < until:
                pass
            raise ValueError("too late")
        threading.Thread(target=works).start()
        print("hello", flush=True)
        input()
    """
    with Scene(folder(client=client)) as scene:
        scene.client().prints("hello")
        with pytest.raises(Failed, match="no traceback"):
            scene.check()


CONNECTS = """
    import socket, sys
    try:
        socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=60)
    except KeyboardInterrupt:
        sys.exit(STATUS)
    except OSError as error:
        sys.exit(str(error))
"""


def stops_while_it_connects(folder, client):
    with Scene(folder(client=client)) as scene:
        try:
            scene.stops_while_it_connects("hello")
        except NotHere as reason:
            pytest.skip(str(reason))
        return len(scene.programs)


@pytest.mark.skipif(sys.platform != "linux", reason="not each system tells what a program waits for")
def test_ctrl_c_while_a_client_connects(folder, monkeypatch):
    monkeypatch.setattr(actors, "PATIENT_FOR", 60)
    assert stops_while_it_connects(folder, CONNECTS.replace("STATUS", "0")) == 1
    assert stops_while_it_connects(folder, "raise SystemExit(1)") == 1  # it doesn't connect
    with pytest.raises(Failed, match="other status"):
        stops_while_it_connects(folder, CONNECTS.replace("STATUS", "1"))
    with monkeypatch.context() as slow, pytest.raises(Failed, match="other status"):
        slow.setattr(actors, "PATIENT_FOR", 1.5)  # no more than the program takes to start
        starts = "import socket, sys, time\n    time.sleep(1.5)"
        stops_while_it_connects(folder, CONNECTS.replace("import socket, sys", starts).replace("STATUS", "1"))
    monkeypatch.setattr(actors, "PATIENT_FOR", 0)  # so slow a machine that each may have given up
    assert stops_while_it_connects(folder, CONNECTS.replace("STATUS", "1")) == EARLY_CLIENTS


@pytest.mark.parametrize(("status", "where"), [(0, "stdout"), (1, "stderr")])
def test_a_notice_is_on_the_screen_and_an_error_on_standard_error(folder, status, where):
    client = f"import sys\nprint('The end.', file=sys.{where})\nsys.exit({status})"
    with Scene(folder(client=client)) as scene:
        scene.client().ends_with_a_sentence(status).ends_with_a_sentence(status, unlike="end!")
        with pytest.raises(Failed, match="to print why it exits"):
            scene.client().ends_with_a_sentence(status, unlike="end.")


def test_an_error_on_the_screen_is_in_the_wrong_place(folder):
    with Scene(folder(client="print('Nobody is there.')\nraise SystemExit(1)")) as scene:
        with pytest.raises(Failed, match="on standard error"):
            scene.client().ends_with_a_sentence()


def test_a_notice_in_the_log_is_in_the_wrong_place(folder):
    with Scene(folder(client="import sys\nprint('It is over.', file=sys.stderr)")) as scene:
        with pytest.raises(Failed, match="on standard output"):
            scene.client().ends_with_a_sentence(status=0)


@pytest.mark.parametrize("last", ["'', end=''", "'lost'"], ids=["silent", "told"])
def test_what_was_said_before_is_no_reason(folder, last):
    client = f"import sys\nprint('connected', file=sys.stderr, flush=True)\ninput()\nprint({last}, file=sys.stderr)"
    with Scene(folder(client=f"{client}\nsys.exit(1)")) as scene:
        program = scene.client()
        program.deadlines.until(lambda: program.logged, 5)
        program.has_had_its_say().types("")
        if "lost" in last:
            program.ends_with_a_sentence(status=1)
        else:
            with pytest.raises(Failed, match="to print why it exits"):
                program.ends_with_a_sentence(status=1)


def test_rounds_end_in_time(folder, monkeypatch):
    with Scene(folder()) as scene:
        assert len(list(scene.rounds())) == MANY_ROUNDS
        monkeypatch.setattr("parley.harness.scene.ROUNDS_TAKE", -1)
        assert not list(scene.rounds())


def test_rounds_have_more_time_on_a_slow_machine(folder, monkeypatch):
    monkeypatch.setattr("parley.harness.scene.ROUNDS_TAKE", 0)
    monkeypatch.setattr("parley.harness.deadlines.slowness", lambda: 1.0)
    with Scene(folder()) as scene:
        assert not list(scene.rounds())
    monkeypatch.setattr("parley.harness.scene.ROUNDS_TAKE", 1e-9)
    monkeypatch.setattr("parley.harness.deadlines.slowness", lambda: 1e12)
    with Scene(folder()) as scene:
        assert len(list(scene.rounds())) == MANY_ROUNDS


def test_prompts_do_not_disturb(folder):
    client = "name = input('Name: ')\nwhile True: print('you:', input('> '), flush=True)"
    with Scene(folder(client=client)) as scene:
        client = scene.client().types("Anna").types("hello").types("bye")
        assert client.prints("you: hello") == "Name: > you: hello"
        client.prints(containing="bye")
        client.has_not_printed("Traceback")
        client.may_have_a_traceback().ends_keyboard()


def late(scene, monkeypatch, what):
    """Let the thread that takes in what arrives be late, as on a busy machine, when it notes this."""
    add = scene.record.add

    def add_late(who, noted, *rest, **facts):
        if noted == what:
            threading.Event().wait(0.3)
        return add(who, noted, *rest, **facts)

    monkeypatch.setattr(scene.record, "add", add_late)


def test_what_has_arrived_counts_before_it_is_taken_in(folder, monkeypatch):
    with Scene(folder()) as scene:
        server = scene.server()
        anna = scene.person("Anna").connects(server)
        late(scene, monkeypatch, "receives")
        anna.sends("hello")
        server.comes_to_rest()
        with pytest.raises(Failed, match="received no more"):
            anna.has_received_no_more()


def test_what_was_printed_counts_before_it_is_read(folder, monkeypatch):
    with Scene(folder(client="print(input(), flush=True)\ninput()")) as scene:
        client = scene.client()
        late(scene, monkeypatch, "prints")
        client.types("hello").comes_to_rest()
        with pytest.raises(Failed, match="not to print"):
            client.has_not_printed("hello")
        client.ends_keyboard().may_have_a_traceback()


def test_a_program_that_has_just_started_may_take_its_time_to_end(folder):
    client = "import sys, threading\nthreading.Event().wait(float(sys.argv[1]))"
    with Scene(folder(client=client)) as scene:
        scene.client(None, "3").ends(status=0)
        scene.starts_within = 0.5
        with pytest.raises(Failed) as caught:
            scene.client(None, "60").ends(status=0)
        assert caught.value.cause == "goes on"


@pytest.mark.skipif(os.name == "nt", reason="Ctrl+C cannot be sent to another program")
def test_an_end_before_ctrl_c_is_no_answer_to_it(folder):
    serves_one = ECHO.replace("while True:", "for _ in range(1):")
    with Scene(folder(serves_one)) as scene:
        server = scene.server()
        scene.person("Anna").connects(server).leaves()
        with pytest.raises(Failed) as failed:
            server.presses_ctrl_c().ends(status=0)
        assert failed.value.cause == "ended"


def test_a_program_that_rests_and_one_that_spins(folder):
    client = "import sys\nsys.stdin.readline()\nwhile True: pass"
    with Scene(folder(client=client)) as scene:
        client = scene.client()
        client.rests()
        with pytest.raises(Failed) as caught:
            client.types("now").rests()
        assert caught.value.cause == "spins"


def test_who_was_busy_a_moment_ago_was_busy_all_the_same(folder):
    with Scene(folder(client="input()")) as scene:
        client = scene.client()
        client.comes_to_rest()
        assert actors.trouble(client) is None
        assert client._what_was_seen() == ("spins", {"who": "client"})


def test_whoever_has_ended_rests_whether_or_not_its_end_is_known_yet(folder):
    with Scene(folder(client="input()")) as scene:
        client = scene.client().types("now")
        client.rests()
        client.ends()
        client.rests()


def test_a_program_that_spins_is_known_where_it_gets_little_of_the_processor(folder):
    client = """\
        import sys, threading, time
        sys.stdin.readline()
        print("now", flush=True)
        end = time.monotonic() + 0.6
        while time.monotonic() < end:  # as if others had nine tenths of the processor
            began = time.thread_time()
            while time.thread_time() - began < 0.002: pass
            threading.Event().wait(0.018)
        while True: pass
    """
    with Scene(folder(client=client)) as scene:
        client = scene.client().types("now")
        client.prints("now")
        with pytest.raises(Failed) as caught:
            client.rests()
        assert caught.value.cause == "spins"


@pytest.mark.skipif(not hasattr(os, "SCHED_IDLE"), reason="only Linux lets a program have what no other wants")
def test_a_program_that_spins_is_known_where_it_gets_nothing_of_the_processor(folder):
    client = """\
        import contextlib, os, pathlib, sys
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
        with contextlib.suppress(OSError):  # where each session gets its share, a small one
            pathlib.Path("/proc/self/autogroup").write_text("19")
        sys.stdin.readline()
        print("now", flush=True)
        while True: pass
    """
    with Scene(folder(client=client)) as scene:
        client = scene.client().types("now")
        client.prints("now")
        one = min(os.sched_getaffinity(client.process.pid))
        os.sched_setaffinity(client.process.pid, {one})
        greedy_code = "print('now', flush=True)\nwhile True: pass"
        greedy = subprocess.Popen([sys.executable, "-c", greedy_code], stdout=subprocess.PIPE)
        try:
            os.sched_setaffinity(greedy.pid, {one})
            greedy.stdout.readline()
            with pytest.raises(Failed) as caught:
                client.rests()
            assert caught.value.cause == "spins"
        finally:
            greedy.kill()
            greedy.communicate()


def test_a_program_that_looks_around_at_times_does_not_spin(folder):
    client = """\
        import threading, time
        print("here", flush=True)
        while True:
            began = time.thread_time()
            while time.thread_time() - began < 0.001: pass
            threading.Event().wait(0.05)
    """
    with Scene(folder(client=client)) as scene:
        client = scene.client()
        client.prints("here")
        client.rests()


def test_nobody_comes_into_a_scene_that_another_thread_has_ended(folder):
    scene = Scene(folder(client="input()"))
    host = scene.host()
    scene.end()
    for comes in (lambda: scene.client(host), lambda: scene.person("Anna"), scene.host, lambda: scene.wire(host)):
        with pytest.raises(SceneOver):
            comes()
    assert not scene.programs


def test_a_sign_in_the_log_says_something_too(folder):
    client = """
        import sys
        for line in ("12:30 +", "2026-11-30 12:31:00", "12:32 -", "12:33 -", "12:34 !"):
            print(line, file=sys.stderr)
        input()
    """
    with Scene(folder(client=client)) as scene:
        client = scene.client()
        assert client.logs() == "12:30 +"
        assert client.logs() == "12:32 -"
        assert client.logs(unlike="12:32 -") == "12:34 !"


def test_what_comes_after_a_text_is_not_printed(folder):
    with Scene(folder(client="print('* Anna is here *', flush=True)\ninput()")) as scene:
        client = scene.client()
        client.prints(containing="Anna")
        client.has_not_printed("*", after="here *").has_not_printed("*", after="Ben")
        with pytest.raises(Failed, match=r"not to print .* after .*Anna"):
            client.has_not_printed("*", after="Anna")
        client.ends_keyboard()


def test_the_log_of_a_scene_is_checked(folder):
    client = "import threading\nthreading.Thread(target=lambda: 1 / 0).start()\nprint('done', flush=True)\ninput()"
    with Scene(folder(client=client)) as scene:
        client = scene.client()
        client.prints("done")
        client.logs(containing="ZeroDivisionError")
        with pytest.raises(Failed) as caught:
            scene.check()
        assert caught.value.cause == "traceback"
        client.may_have_a_traceback()
        scene.check()


def test_what_is_random_comes_from_the_seed(tmp_path):
    with Scene(tmp_path, seed=7) as one, Scene(tmp_path, seed=7) as same, Scene(tmp_path, seed=8) as other:
        texts = [[scene.words() for _ in range(10)] for scene in (one, same, other)]
        assert texts[0] == texts[1] != texts[2]
        assert len(set(texts[0])) == 10
        assert any(not text.isascii() for text in texts[0] + texts[2])
        assert len(set(one.names(100))) == 100


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        ("", "not begun"),
        ('"""Echo."""\n# a plan\n', "not begun"),
        ('def serve(conn):\n    """Serve."""\n    # receive\n\n\nclass A:\n    pass\n', "not begun"),
        ("def serve(:", "syntax"),
        ("x = '\0'", "syntax"),
        ("import socket", None),
        ("print()", None),
    ],
)
def test_a_program_that_cannot_be_started(tmp_path, source, cause):
    (tmp_path / "server.py").write_text(source, encoding="utf-8")
    assert unready(tmp_path / "server.py")[0] == cause


def test_no_two_programs_are_read_at_once(tmp_path, monkeypatch):
    at_work, together = threading.Lock(), []
    parse = ast.parse

    def careful(source, *more):
        if not at_work.acquire(blocking=False):
            together.append(source)
            return parse(source, *more)
        try:
            time.sleep(0.02)  # in which another thread would begin
            return parse(source, *more)
        finally:
            at_work.release()

    for number in range(8):
        (tmp_path / f"{number}.py").write_text(f"print({number})", encoding="utf-8")
    monkeypatch.setattr(ast, "parse", careful)
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda number: unready(tmp_path / f"{number}.py")[0], range(8), timeout=120)) == {None}
    assert together == []


def test_a_program_that_is_not_there(tmp_path):
    with Scene(tmp_path) as scene, pytest.raises(Failed) as caught:
        scene.server()
    assert (caught.value.cause, caught.value.facts) == ("missing", {"file": "server.py"})
