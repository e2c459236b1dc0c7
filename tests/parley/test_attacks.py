"""A class with one hostile submission in it: it earns what its behaviour earns, and the others what they earn alone."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from pathlib import Path

import psutil
import pytest

from parley import stages
from parley.isolation import namespaces

ATTACKS = Path(__file__).parent / "attacks"
AS_A_USER = Path(__file__).with_name("as_a_user.py")
SECONDS = 180  # bound of grading such a class
MOST_MEMORY = 1536 * 1024**2  # bytes of all processes of the grader together
ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
GIB = 1024**3
MODES = [
    "as we are",
    pytest.param(
        "user",
        marks=[
            pytest.mark.nightly,
            pytest.mark.skipif(not ROOT, reason="Only root can become another user."),
        ],
    ),
]
GENERATED = {  # sources that would be too large to be kept: (the server, what its client earns in stage 1)
    "one f-string of a megabyte": ('x = f"' + "{a}" * 340_000 + '"\n', 50),
    "as many statements as fit": ("a;" * 500_000 + "\n", 50),
    "nested as deeply as fits": ("-" * 60_000 + "1\n", 50),
    "one line of words that begin a loop": ("# " + "for" * 300_000 + "\nimport sys\nsys.exit(1)\n", 50),
}


def attacks():
    for path in sorted(ATTACKS.glob("*.py")):
        fields = dict(re.findall(r"^(\w+): (.+)$", path.read_text(encoding="utf-8").split('"""')[1], re.MULTILINE))
        if "Earns" in fields:
            stage, points = fields["Earns"].split()
            program, source = fields.get("Program", "server"), path.read_text(encoding="utf-8")
            yield pytest.param(stage, program, source, int(points), id=path.stem)
    for name, (source, points) in GENERATED.items():
        yield pytest.param("1_echo", "server", source, points, id=name)


@pytest.fixture
def place(isolation):
    """A folder for a class and its grades, where an ordinary user may come, too."""
    with tempfile.TemporaryDirectory(prefix="parley-class-") as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


def hand_in(place, student, stage, version="full", **programs):
    """Put a version's programs into the class, some of them replaced by these sources."""
    folder = place / "class" / student / stage
    folder.mkdir(parents=True)
    for name in ("server.py", "client.py"):
        (folder / name).write_bytes((stages.root() / "solutions" / stage / version / name).read_bytes())
    for program, source in programs.items():
        (folder / f"{program}.py").write_text(source, encoding="utf-8")
    return folder


def grade(place, stage, mode="as we are"):
    """Grade the class: {student: (points, of)}, and the most memory that it took."""
    before = []
    if mode == "user":
        before = ["-I", AS_A_USER]
        for path in (place, *place.rglob("*")):
            os.chown(path, *[namespaces.USERS[0]] * 2)
    words = ["grade", place / "class", "-o", place / "grades", "--seed", "1", "--stage", stage]
    command = [sys.executable, *before, "-m", "parley.cli", *words]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "encoding": "utf-8"}
    run = subprocess.Popen([str(word) for word in command], **streams)
    peak = Peak(run.pid)
    try:
        said, _ = run.communicate(timeout=SECONDS)
    finally:
        run.kill()
    assert run.returncode == 0, said
    grades = json.loads((place / "grades" / "grades.json").read_text(encoding="utf-8"))
    assert (place / "grades" / "grades.json").stat().st_size < 8 * 1024**2
    return {student["key"]: (student["points"], student["of"]) for student in grades["students"]}, peak.most


class Peak(threading.Thread):
    """Watches how much memory the grader's own processes take together. `most`: bytes."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.most = pid, 0
        self.start()

    def run(self):
        while psutil.pid_exists(self.pid):
            self.most = max(self.most, sum(map(memory, own_processes(self.pid))))
            threading.Event().wait(0.3)


def own_processes(pid):
    """The driver and its workers, without what they have started in sandboxes."""
    try:
        driver = psutil.Process(pid)
        return [driver, *(child for child in driver.children(recursive=True) if is_worker(child))]
    except psutil.Error:
        return []


def is_worker(process):
    try:
        return "parley.grading.worker" in process.cmdline()
    except psutil.Error:
        return False


def memory(process):
    try:
        return process.memory_info().rss
    except psutil.Error:
        return 0


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("stage", "program", "source", "earns"), list(attacks()))
def test_an_attack_earns_what_it_earns_and_costs_nobody_else(place, mode, stage, program, source, earns):
    hand_in(place, "bad", stage, **{program: source})
    hand_in(place, "bare", stage, "bare")
    hand_in(place, "full", stage)
    points, peak = grade(place, stage, mode)
    assert points == {"bad": (earns, 100), "bare": (60, 100), "full": (100, 100)}
    assert peak < MOST_MEMORY


@pytest.mark.nightly
def test_gigabytes_are_not_read(place):
    """A zip that is a bomb, files of 5 GB, and a server that logs for ever."""
    hand_in(place, "full", "1_echo")
    huge = hand_in(place, "huge", "1_echo")
    for name in ("server.py", "helper.py", "film.mp4"):
        with open(huge / name, "wb") as file:
            file.truncate(5 * GIB)
    hand_in(place, "talker", "1_echo", server=(ATTACKS / "logs_for_ever.py").read_text(encoding="utf-8"))
    with zipfile.ZipFile(place / "class" / "bomb.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as bomb:
        for name in ("1_echo/server.py", "1_echo/client.py"):
            with bomb.open(name, "w", force_zip64=True) as member:
                for _ in range(128):
                    member.write(bytes(2 * GIB // 128))
    points, peak = grade(place, "1_echo")
    print(f"{peak // 1024**2} MB")
    assert points == {"bomb": (0, 100), "full": (100, 100), "huge": (50, 100), "talker": (50, 100)}
    assert peak < MOST_MEMORY


HOSTILE = ("floods_everybody", "forks_for_ever", "hoards_memory", "logs_one_long_line", "takes_every_port")


@pytest.mark.nightly
def test_five_hostile_students_do_not_hold_up_fifteen_honest_ones(tmp_path, isolation):
    programs = stages.root() / "solutions" / "1_echo" / "full"
    took = {}
    for hostile in ((), HOSTILE):
        folder = tmp_path / f"with {len(hostile)}"
        for student in (*range(15), *hostile):
            home = folder / "class" / f"student {student}" / "1_echo"
            shutil.copytree(programs, home)
            if student in hostile:
                shutil.copy(ATTACKS / "honest.py", home)
                shutil.copy(ATTACKS / f"{student}.py", home / "server.py")
                (home / "where.py").write_text("SECRET, PROJECT, PORT = '/secret', '/project', 1\n", encoding="utf-8")
        began = time.monotonic()
        words = ["grade", folder / "class", "-o", folder / "grades", "--seed", "1", "--stage", "1"]
        subprocess.run([sys.executable, "-m", "parley.cli", *map(str, words)], check=True, capture_output=True)
        took[len(hostile)] = time.monotonic() - began
        grades = json.loads((folder / "grades" / "grades.json").read_text(encoding="utf-8"))
        points = {student["name"].partition(" ")[2]: student["points"] for student in grades["students"]}
        assert [points[str(honest)] for honest in range(15)] == [100] * 15
        assert all(points[name] <= 60 for name in hostile), points
    print(f"honest {took[0]:.0f} s, with five hostile {took[5]:.0f} s")
    assert took[5] < 2 * took[0]


@pytest.mark.skipif(os.name == "nt", reason="there is no kill -9")
@pytest.mark.parametrize("options", [[], ["--no-sandbox"]], ids=["sandbox", "plain"])
def test_nothing_of_a_driver_that_was_killed_runs_on(tmp_path, isolation, options):
    folder = tmp_path / "class" / "anna" / "1_echo"
    folder.mkdir(parents=True)
    (folder / "server.py").write_text("import time\nwhile True: time.sleep(1)\n", encoding="utf-8")
    words = ["grade", tmp_path / "class", "-o", tmp_path / "grades", "--stage", "1_echo", "--jobs", "1", *options]
    mark = {"PARLEY_TEST": str(tmp_path)}
    driver = subprocess.Popen(
        [sys.executable, "-m", "parley.cli", *map(str, words)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **mark},
    )

    def started():
        return psutil.Process(driver.pid).children(recursive=True)

    until(lambda: any(runs_a_submission(child) for child in started()), 60)
    family = started()
    driver.send_signal(signal.SIGKILL)
    driver.wait()
    until(lambda: not any(map(is_alive, family)), 3)  # a second, on a machine that does nothing else


def runs_a_submission(process):
    """Whether it is a program of the class: one that does nothing but wait."""
    try:
        return any(word.endswith("/server.py") for word in process.cmdline())
    except psutil.Error:
        return False


def is_alive(process):
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def until(ready, seconds):
    end = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < end
        threading.Event().wait(0.02)
