"""A sample class: what its students hand in, and the points that each of them must get.

    python tests/parley/class/make_class.py FOLDER

Nothing is kept twice: the programs are made from the solutions, the variants and the known mistakes.
"""

import stat
import sys
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

from parley.checks.mistakes import mistakes, wrong_source
from parley.derive.versions import comments
from parley.stages import STAGES, root, solution

HANGS = "import time\n\nwhile True:\n    time.sleep(60)\n"
FLOODS = "while True:\n    print('x' * 100_000)\n"
NO_PYTHON = "def serve(conn:\n    pass\n"
# before a right program: something that goes on when the program has ended
LEAVES_A_CHILD = """import subprocess
import sys

subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
"""
FORMULA = "=cmd| calc!A1 <script>alert(1)"  # the name of a student


@dataclass
class Student:
    """What a student hands in: the name of a folder or zip, {path in it: text or bytes}, and what must come of it.

    `points`: {stage name: points}, 0 where it is left out; `said`: words of a sentence about what was handed in;
    `look`: whether a person has to look at some of it.
    """

    entry: str
    files: dict[str, str | bytes]
    points: dict[str, int] = field(default_factory=dict)
    said: str = ""
    look: bool = False


def version(stage, name, above=""):
    """The files of our own programs of a stage: full, quiet or bare."""
    paths = {program: solution(stage, name, program) for program in stage.programs}
    return {f"{above}{stage.name}/{program}.py": path.read_bytes() for program, path in paths.items()}


def variant(stage, server, client=None):
    """The files of right programs of another build: names of folders in tests/variants."""
    names = {"server": server, "client": client or server}
    folder = root() / "tests" / "variants" / stage.name
    return {f"{stage.name}/{role}.py": (folder / name / f"{role}.py").read_bytes() for role, name in names.items()}


def wrong(stage, *names):
    """The files of a stage with some of its known mistakes, one for each program at most."""
    files = version(stage, "full")
    for mistake in mistakes(stage):
        if mistake.name in names:
            files[f"{stage.name}/{mistake.program}.py"] = wrong_source(stage, mistake)
    return files


def untouched(stage):
    """The files that a student begins with: the plan in comments, and nothing done."""
    return {name: comments(data.decode()) for name, data in version(stage, "full").items()}


def both(stage, text):
    return {f"{stage.name}/{program}.py": text for program in stage.programs}


def trick(name, kind, mode=0o777):
    """The head of a zip's member that is no plain file."""
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, (kind | mode) << 16
    return info


def students():
    """The class. Nobody in it needs more than a few seconds."""
    echo, logbook, turns, peers, broadcast = STAGES
    whole = {name: data for stage in STAGES for name, data in version(stage, "full").items()}
    exercises = "parley-main/exercises/"
    bare = version(echo, "bare", exercises) | version(turns, "bare", exercises)
    quiet = version(echo, "quiet") | version(logbook, "quiet")
    others = variant(echo, "asyncio") | variant(peers, "asyncio_streams")
    half = version(echo, "full") | {"1_echo/server.py": NO_PYTHON}
    child = version(echo, "full") | {"1_echo/server.py": leaves_a_child(echo)}
    return [
        Student("anna", whole, {stage.name: 100 for stage in STAGES}),
        Student("ben_101_2001_chat.zip", quiet, {"1_echo": 90, "2_logbook": 90}),
        Student("carla", bare, {"1_echo": 60, "3_turns": 60}),
        Student("dana", others, {"1_echo": 100, "4_peers": 100}),
        Student("emil", wrong(logbook, "torn-message"), {"2_logbook": 82}),
        Student("farah", wrong(echo, "serve-once", "stdout-buffered"), {"1_echo": 37}),
        Student("goran", wrong(turns, "crlf", "no-connect-timeout"), {"3_turns": 96}),
        Student("hana", wrong(broadcast, "echo-to-author"), {"5_broadcast": 62}),
        Student("ivo", wrong(peers, "run-not-start", "endless-line"), {"4_peers": 56}),
        Student("jana", untouched(echo) | untouched(logbook), said="Not handed in: 3_turns, 4_peers, 5_broadcast."),
        Student("kofi", half, {"1_echo": 50}),
        Student("lina", both(echo, HANGS)),
        Student("mira", both(echo, FLOODS)),
        Student("noor", child, {"1_echo": 100}),
        Student("olga.zip", tricks(echo), {"1_echo": 50}, said="leads out of the zip", look=True),
        Student("pau", {"README.md": "I was ill."}, said="files README.md", look=True),
        Student("rosa", {}, said="is empty"),
        Student("Núria Øst 陈.zip", version(echo, "full", "meine Lösung/"), {"1_echo": 100}),
        Student(FORMULA, version(echo, "quiet"), {"1_echo": 90}),
    ]


def leaves_a_child(stage):
    return LEAVES_A_CHILD + solution(stage, "full", "server").read_text(encoding="utf-8")


def tricks(stage):
    """The files of a zip whose server is a link, beside names that no file should have."""
    client = version(stage, "full")["1_echo/client.py"]
    return {
        trick("1_echo/server.py", stat.S_IFLNK): b"/etc/passwd",
        "1_echo/client.py": client,
        "../../1_echo/server.py": b"print('outside')\n",
        "/tmp/1_echo/server.py": b"print('outside')\n",
        "1_echo/conftest.py": b"raise SystemExit\n",
        "grades.json": b'{"points": 500}\n',
        "2_logbook/server.py": bytes(30_000_000),
    }


def make_class(folder, only=None):
    """Write the class, or only some of it (names of entries), into a folder; returns the Students."""
    chosen = [student for student in students() if only is None or student.entry in only]
    Path(folder).mkdir(parents=True, exist_ok=True)
    for student in chosen:
        write(student, Path(folder) / student.entry)
    return chosen


def write(student, path):
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in student.files.items():
                archive.writestr(name, content)
        return
    path.mkdir(parents=True)
    for name, content in student.files.items():
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())


if __name__ == "__main__":
    for student in make_class(sys.argv[1]):
        print(f"{student.entry}: {sum(student.points.values())} points")
