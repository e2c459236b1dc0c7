"""The sandbox: what a program in it has and has not, how it ends, and what the probe says where it cannot be had."""

import json
import os
import shutil
import struct
import subprocess
import sys
import textwrap
from pathlib import Path

import psutil
import pytest

from parley.isolation import sandbox, seccomp
from parley.isolation.sandbox import Probe

SECONDS = 100  # bound of what runs in one process here
ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
isolated = pytest.mark.usefixtures("isolation")
AS_A_USER = Path(__file__).with_name("as_a_user.py")
ATTACKS = Path(__file__).with_name("attacks")
MODES = [
    pytest.param(
        "root", marks=pytest.mark.skipif(not ROOT, reason="Only root can try what the sandbox does for root.")
    ),
    "user",
]
INSIDE = """
import contextlib, json, os, sys, tempfile, time
from pathlib import Path
from parley.isolation import sandbox
from parley.isolation.bwrap import SandboxedProcess
from parley.harness.programs import Leftover
from parley.harness.scene import Scene
from parley.isolation.sandbox import Limits, NoSandbox, Sandbox

sandbox.enter()

def scene(source, box):
    folder = Path(tempfile.mkdtemp())
    (folder / "client.py").write_text(source)
    (folder / "helper.py").write_text("word = 'helped'")
    box.fresh_network()
    return Scene(folder, start=box)

def say(**fields):
    print(json.dumps(fields), flush=True)

"""


def words(mode, *more):
    """Words that start Python in this mode."""
    before = ["-I", AS_A_USER] if mode == "user" and ROOT else []
    return [sys.executable, *before, "-I", *more]


def python(mode, *more):
    streams = {"capture_output": True, "text": True, "stdin": subprocess.DEVNULL}
    return subprocess.run(words(mode, *more), timeout=SECONDS, **streams)


def inside(mode, code):
    """What this code says, in a process with namespaces of its own."""
    run = python(mode, "-c", INSIDE + textwrap.dedent(code))
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


# What a program has, and how it ends


@isolated
@pytest.mark.parametrize("mode", MODES)
def test_an_honest_program_has_what_it_needs(mode):
    said = inside(
        mode,
        """
        SOURCE = '''
        import json, multiprocessing, os, socket, sys
        from helper import word

        for path in ("logbook.txt", "/tmp/file", "/dev/shm/file"):
            open(path, "w").write("entry")
        print(json.dumps({
            "word": word, "argv": sys.argv, "cwd": os.getcwd(), "home": os.path.expanduser("~"),
            "user": os.environ["USER"], "exit": "exit" in dir(__builtins__), "letters": sys.stdout.encoding,
            "name": socket.gethostbyname(socket.gethostname()), "local": socket.gethostbyname("localhost"),
            "six": socket.getaddrinfo("::1", 1)[0][4][0], "lock": bool(multiprocessing.Lock()),
            "submission": sorted(os.listdir("/submission")), "root": sorted(os.listdir("/")),
            "environment": sorted(os.environ),
        }), flush=True)
        input()
        '''
        import textwrap
        box = Sandbox()
        with scene(textwrap.dedent(SOURCE), box) as scene:
            client = scene.client(None, "a b", "ü", environment={"MORE": "x y"}, files={"put.txt": "put"})
            said = json.loads(client.prints(containing="word"))
            client.holds("logbook.txt", ["entry"])
            said["put"] = client.file("put.txt").decode()
            said["threads"], said["files"] = client.threads(), client.open_files()
            said["memory"] = client.memory()
            client.types("").ends()
        say(**said)
        """,
    )
    files = {name: said.pop(name) for name in ("environment", "memory", "files")}
    assert said == {
        "word": "helped",
        "argv": ["/submission/client.py", "a b", "ü"],
        "cwd": "/home/student",
        "home": "/home/student",
        "exit": True,
        "name": "127.0.0.1",
        "local": "127.0.0.1",
        "six": "::1",
        "letters": "utf-8",
        "user": "student",
        "lock": True,
        "submission": ["client.py", "helper.py"],
        "root": said["root"],
        "put": "put",
        "threads": 1,
    }
    assert {"home", "proc", "submission", "tmp", "usr"} <= set(said["root"])
    assert not {"boot", "media", "mnt", "opt", "run", "srv", "sys", "var"} & set(said["root"])
    assert files["environment"] == sorted([*sandbox.ENVIRONMENT, "MORE", "PWD"])
    assert 1_000_000 < files["memory"] < 100_000_000
    assert 3 <= files["files"] < 20


@isolated
@pytest.mark.parametrize("mode", MODES)
def test_how_programs_end(mode):
    said = inside(
        mode,
        """
        WORK = "import time; exec('while time.process_time() < 0.3: pass')"
        SOURCES = {
            "well": "print(1)",
            "status": "raise SystemExit(3)",
            "signal": "import os; os.kill(os.getpid(), 15)",
            "traceback": "1/0",
            "Ctrl+C": "print('ready', flush=True); input()",
            "killed": f"{WORK}\\nprint('worked', flush=True); input()",
            "worker": f"import os\\nif os.fork(): os.wait()\\nelse:\\n {WORK}",
            "orphan": "import os, time; os.fork() or time.sleep(60)",
        }
        box, said = Sandbox(), {}
        for name, source in SOURCES.items():
            with scene(source, box) as played:
                client = played.client()
                if name in ("Ctrl+C", "killed"):
                    client.prints(containing="worked" if name == "killed" else "ready")
                    client.presses_ctrl_c() if name == "Ctrl+C" else client.kill()
                client.wait_until_it_ends(20)
            said[name] = [client.status, client.uncaught(), round(client.cpu_seconds(), 4)]
        say(**said, processes=[int(name) for name in os.listdir("/proc") if name.isdigit()])
        """,
    )
    assert said.pop("processes") == [1]
    assert {name: ending[:2] for name, ending in said.items()} == {
        "well": [0, ""],
        "status": [3, ""],
        "signal": [-15, ""],
        "traceback": [1, "ZeroDivisionError"],
        "Ctrl+C": [-2, "KeyboardInterrupt"],
        "killed": [-9, ""],
        "worker": [0, ""],
        "orphan": [0, ""],
    }
    assert all(0.005 < cpu < 5 for _, _, cpu in said.values())
    # what is killed is known from the kernel's clock ticks alone, of 10 ms in each of two modes
    assert said["worker"][2] >= 0.28, "the time of a child that has ended counts"
    assert said["killed"][2] >= 0.28, "the time of a program that is killed counts"


@isolated
def test_ctrl_c_comes_too_late():
    said = inside(
        "user",
        """
        from parley.contract.record import Failed
        with scene("print('all is said')", Sandbox()) as played:
            client = played.client()
            client.wait_until_it_ends(20)
            try:
                client.presses_ctrl_c()
            except Failed as failed:
                say(cause=failed.cause)
        """,
    )
    assert said == {"cause": "ended"}, "it is the program's end that is told, and no trouble of the grader's"


@isolated
def test_limits_have_names():
    said = inside(
        "user",
        """
        SOURCES = {
            "memory": "x = [bytearray(b'x' * 1_000_000) for _ in range(300)]\\ninput()",
            "time": "while True: pass",
            "time of many": "import os\\nfor _ in range(3): os.fork()\\nwhile True: pass",
            "processes": "import os, time\\nfor _ in range(20): os.fork() or time.sleep(60)\\ntime.sleep(60)",
            "files": "import os, time\\nos.fork()\\nx = [os.pipe() for _ in range(200)]\\ntime.sleep(60)",
            "allowed": "x = [bytearray(b'x' * 1_000_000) for _ in range(50)]",
            "allowed files": "import os\\nx = [os.pipe() for _ in range(200)]",
        }
        said = {}
        box = Sandbox(Limits(memory=100 * 1024**2, cpu=1, processes=10, open_together=500))
        for name, source in SOURCES.items():
            with scene(source, box) as played:
                client = played.client()
                client.wait_until_it_ends(20)
            said[name] = client.overflow
        say(**said)
        """,
    )
    assert said == {
        "memory": "it used more than 100 MiB of memory",
        "time": "it used more than 1 s of processor time",
        "time of many": "it used more than 1 s of processor time",
        "processes": "it had more than 10 processes",
        "files": "it had more than 500 open files and sockets",
        "allowed": "",
        "allowed files": "",
    }


@isolated
def test_many_processes_are_seen_at_once():
    """Also where a look at what all of them use takes so long that it is taken rarely."""
    said = inside(
        "user",
        """
        sandbox.SPARING = 1_000_000
        SOURCE = "import os, time\\nfor _ in range(20): os.fork() or time.sleep(60)\\ntime.sleep(60)"
        box, said = Sandbox(Limits(processes=10)), []
        for source in ("input()", SOURCE):
            with scene(source, box) as played:
                client = played.client()
                said.append([client.wait_until_it_ends(1 if source == "input()" else 20), client.overflow])
        say(found=said)
        """,
    )
    assert said["found"] == [[False, ""], [True, "it had more than 10 processes"]]


@isolated
def test_a_program_that_has_every_port_keeps_nobody_away():
    """With a limit that lets it have them all: hosts and people have ports that no program can take."""
    source = (ATTACKS / "takes_every_port.py").read_text(encoding="utf-8")
    said = inside(
        "user",
        f"""
        import errno, socket
        with scene("", Sandbox(Limits(open_together=100_000))) as played:
            (played.folder / "server.py").write_text({source!r})
            played.starts_within = 60
            server = played.server(port=20007)
            try:
                socket.socket().bind(("127.0.0.1", 0))
                left = ""
            except OSError as error:
                left = errno.errorcode[error.errno]
            host, anna = played.host(), played.person("Anna").connects(server)
            say(left=left, port=host.address[1] > 0, end=anna.over, limit=server.overflow)
        """,
    )
    assert said == {"left": "EADDRINUSE", "port": True, "end": False, "limit": ""}


@isolated
def test_memory_of_sockets_counts_in_every_network():
    """Also in one that a test has taken for itself in between."""
    source = (ATTACKS / "hoards_in_sockets.py").read_text(encoding="utf-8")
    said = inside(
        "user",
        f"""
        box, said = Sandbox(Limits(memory=200 * 1024**2)), []
        for own in (False, True):
            with scene({source!r}, box) as played:
                if own:
                    played.takes_a_network_of_its_own()
                client = played.client(None, "127.0.0.1", "50007")
                client.wait_until_it_ends(20)
                said.append(client.overflow)
        say(found=said)
        """,
    )
    assert said["found"] == ["it used more than 200 MiB of memory"] * 2


@isolated
def test_two_networks_at_the_same_time_know_nothing_of_each_other():
    said = inside(
        "user",
        """
        import threading
        box, said = Sandbox(), []
        SOURCE = "import socket; s = socket.create_server(('127.0.0.1', 50007)); print('ready', flush=True); input()"
        both = threading.Barrier(2)

        def play():
            with scene(SOURCE, box) as played:
                client = played.client()
                client.prints("ready")
                both.wait(20)
                said.append([client.listens_on(), len(played.programs)])
                both.wait(20)

        threads = [threading.Thread(target=play) for _ in range(2)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        say(found=said)
        """,
    )
    assert said["found"] == [[[["127.0.0.1", 50007]], 1]] * 2


@isolated
@pytest.mark.parametrize("mode", MODES)
def test_bubblewrap_that_fails_is_trouble_of_the_grader(mode):
    said = inside(
        mode,
        """
        said = []
        for words in (["--nonsense"], ["--ro-bind", "/is/not/there", "/x"]):
            box = Sandbox()
            box._system += words
            try:
                with scene("print('hello')", box) as played:
                    played.client().wait_until_it_ends(5)
                said.append("")
            except Leftover as problem:
                said.append(str(problem))
        say(found=said)
        """,
    )
    assert all("bubblewrap couldn't start a program" in sentence for sentence in said["found"])
    assert "nonsense" in said["found"][0]


@isolated
@pytest.mark.parametrize("mode", MODES)
def test_what_is_entered_ends_as_it_does_and_with_who_entered(mode):
    enter = "import os, time; from parley.isolation import sandbox; sandbox.enter(); "
    assert python(mode, "-c", f"{enter}raise SystemExit(7)").returncode == 7
    assert python(mode, "-c", f"{enter}os._exit(0)").returncode == 0
    code = f"{enter}print('in', flush=True); time.sleep(60)"
    with subprocess.Popen(words(mode, "-c", code), stdout=subprocess.PIPE, text=True) as entered:
        assert entered.stdout.readline() == "in\n"
        (child,) = psutil.Process(entered.pid).children()
        entered.kill()
        psutil.wait_procs([child], timeout=10)
        assert not child.is_running()


@isolated
@pytest.mark.parametrize("mode", MODES)
def test_who_has_entered_cannot_write_anywhere_and_is_not_root(mode, tmp_path):
    said = inside(
        mode,
        f"""
        said = []
        for path in ({str(tmp_path)!r}, "/tmp", "/etc", "/home", "/dev/shm", "/usr"):
            with contextlib.suppress(OSError):
                open(path + "/parley", "w")
                said.append(path)
        with open("/proc/self/uid_map") as ids:
            say(written=said, outside=os.getuid() + int(ids.read().split()[1]))
        """,
    )
    assert said["written"] == []
    assert said["outside"] in (sandbox.namespaces.USERS if ROOT else [os.geteuid()])


# The probe


def test_other_systems_are_refused(monkeypatch):
    monkeypatch.setattr(sandbox.sys, "platform", "darwin")
    assert sandbox.probe() == Probe(
        False, "Isolation needs Linux.", "Use a Linux machine, on Windows WSL 2; or grade with --no-sandbox."
    )


@pytest.mark.skipif(sys.platform != "linux", reason="The tools are those of Linux.")
@pytest.mark.parametrize(
    ("said", "reason"),
    [(None, "bubblewrap isn't installed."), ("bubblewrap 0.6.1", "This bubblewrap 0.6.1 is too old.")],
)
def test_tools_that_are_missing_or_too_old(monkeypatch, tmp_path, said, reason):
    if said:
        (tmp_path / "bwrap").write_text(f"#!/bin/sh\necho {said}\n", encoding="utf-8")
        (tmp_path / "bwrap").chmod(0o755)
    monkeypatch.setattr(sandbox, "PATH", str(tmp_path))
    found = sandbox.probe()
    assert (found.ok, found.reason) == (False, reason)
    assert found.remedy


@isolated
def test_a_system_without_user_namespaces_is_refused():
    """In a sandbox of bubblewrap there are none: as on systems where they are switched off."""
    bwrap = [shutil.which("bwrap"), "--dev-bind", "/", "/", "--unshare-user", "--disable-userns", "--"]
    code = f"""
import os, sys
code = "from parley.isolation import sandbox; print(sandbox.probe())"
os.execv({bwrap[0]!r}, [*{bwrap!r}, sys.executable, "-I", "-c", code])
"""
    run = python("user", "-c", code)
    assert "Probe(ok=False, reason=" in run.stdout and "Programs can't be isolated here: " in run.stdout, run.stderr
    assert "remedy=''" not in run.stdout


@isolated
@pytest.mark.parametrize(
    ("opening", "could"),
    [
        ("sandbox.seccomp_filter = lambda: b'\\x06\\0\\0\\0\\0\\0\\xff\\x7f'", "look into other processes"),
        (
            "Sandbox._system_words = lambda box: [*system(box), '--ro-bind', '/etc', '/mnt']",
            "read a file of this machine",
        ),
        ("sandbox._own_words = lambda *places: without(own(*places), '--remount-ro', '/')", "write into the system"),
    ],
)
def test_the_probe_sees_a_program_that_gets_out(opening, could):
    """Each time one wall of the sandbox is taken down."""
    said = inside(
        "user",
        f"""
        def without(words, *some):
            at = next(at for at in range(len(words)) if words[at:at + 2] == list(some))
            return words[:at] + words[at + 2:]

        own, system = sandbox._own_words, Sandbox._system_words
        {opening}
        try:
            said = sandbox._try(["/mnt/passwd", "1"])
        except NoSandbox as problem:
            said = problem.reason
        say(said=said)
        """,
    )
    assert "it could " in said["said"] and could in said["said"]


# The filter of system calls


def runs(program, machine, number, *arguments):
    """What the filter says to a call: a small version of the machine that the kernel has for it."""
    data = struct.pack("<IIQ6Q", number, seccomp.PROCESSORS[machine], 0, *arguments, *[0] * (6 - len(arguments)))
    steps = [struct.unpack_from("=HBBI", program, at) for at in range(0, len(program), 8)]
    at = value = 0
    while True:
        code, if_true, if_false, operand = steps[at]
        at += 1
        if code == seccomp.RETURN:
            return operand
        if code == seccomp.LOAD:
            (value,) = struct.unpack_from("<I", data, operand)
        else:
            true = {
                seccomp.JUMP_EQUAL: value == operand,
                seccomp.JUMP_AT_LEAST: value >= operand,
                seccomp.JUMP_SET: bool(value & operand),
            }[code]
            at += if_true if true else if_false


@pytest.mark.parametrize("machine", seccomp.PROCESSORS)
def test_the_filter(machine):
    program = seccomp.seccomp_filter(machine)
    column = list(seccomp.PROCESSORS).index(machine)
    other = next(processor for processor in seccomp.PROCESSORS if processor != machine)
    deny, allow = seccomp.DENY, seccomp.ALLOW
    socket, pair = seccomp.SOCKET[column], seccomp.SOCKETPAIR[column]
    clone, ioctl = seccomp.CLONE[column], seccomp.IOCTL[column]
    for numbers in seccomp.DENIED:
        assert runs(program, machine, numbers[column]) == deny | 1
    assert runs(program, machine, seccomp.CLONE3[column]) == deny | 38
    assert {family for family in range(60) if runs(program, machine, socket, family) == allow} == {1, 2, 10, 16}
    assert {family for family in range(60) if runs(program, machine, pair, family) == allow} == {1}
    assert runs(program, machine, clone, 0x3D0F00) == allow, "a thread"
    assert runs(program, machine, clone, 0x1200011) == allow, "a process"
    assert runs(program, machine, clone, 0x10000011) == deny | 1, "a process in a user namespace of its own"
    assert [runs(program, machine, ioctl, 0, what) == allow for what in (0x5412, 0x541C, 0x5413)] == [
        False,
        False,
        True,
    ]
    assert runs(program, machine, 0) == allow
    assert runs(program, other, 0) == seccomp.KILL
    assert runs(program, machine, 0x40000000) == deny | 1


def test_a_processor_that_is_not_known():
    with pytest.raises(ValueError, match="of the processor i586 aren't known"):
        seccomp.seccomp_filter("i586")
