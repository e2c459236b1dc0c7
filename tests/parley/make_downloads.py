"""A class of thirty, as each learning platform delivers it: ordinary hand-ins of one stage, and all kinds of odd ones.

    python tests/parley/make_downloads.py PLATFORM FOLDER

writes the download and the roster of that platform into a folder.
"""

import csv
import io
import sys
import warnings
import zipfile
from dataclasses import dataclass
from pathlib import Path

SERVER, CLIENT = b"print('server')\n", b"print('client')\n"
BOTH = (("server.py", SERVER), ("client.py", CLIENT))
PLAN = b'"""Echo server."""\n\n\ndef serve():\n    """Serve."""\n    # later\n'
FOUND, LOOK, NOTHING = "found", "needs a look", "nothing handed in"


def zipped(*members):
    """A zip as bytes, of pairs (name, bytes)."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, data in members:
            archive.writestr(name, data)
    return file.getvalue()


def in_folder(folder, files=BOTH):
    """The same files in a folder."""
    return tuple((f"{folder}/{name}", data) for name, data in files)


def encrypted():
    """A zip whose files say that they are encrypted."""
    data = bytearray(zipped(*in_folder("1_echo")))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := data.find(mark, at + 1)) >= 0:
            data[at + offset] |= 1
    return bytes(data)


PROJECT = (
    *in_folder("parley/exercises/1_echo"),
    *in_folder("parley/edition/exercises/1_echo", (("server.py", PLAN), ("client.py", PLAN))),
    *in_folder("parley/solutions/1_echo/full", (("server.py", b"no = 1\n"),)),
    *in_folder("parley/tests/1_echo", (("test_server.py", b"no = 1\n"), ("hints.md", b"?"))),
    ("parley/start.py", b"no = 1\n"),
)
OTHER = (("server.py", b"other = 1\n"), ("client.py", CLIENT))
# What each student hands in: (what is odd, the files that were uploaded, what must come of it).
HAND_INS = (
    ("a zip with the stage's folder", (("work.zip", zipped(*in_folder("1_echo"))),), FOUND),
    ("a zip in a zip", (("all.zip", zipped(("work.zip", zipped(*in_folder("1_echo"))))),), FOUND),
    ("a zip beside a report", (("report.pdf", b"%PDF"), ("work.zip", zipped(*in_folder("1_echo")))), FOUND),
    (
        "a project as Windows packs it",
        (("parley-students.zip", zipped(*in_folder("parley-students\\parley\\exercises\\1_echo"))),),
        FOUND,
    ),
    ("flat files", BOTH, FOUND),
    ("flat files in a zip", (("work.zip", zipped(*BOTH)),), FOUND),
    ("a whole project", (("parley.zip", zipped(*PROJECT)),), FOUND),
    (
        "what macOS adds",
        (("work.zip", zipped(*in_folder("1_echo"), ("__MACOSX/1_echo/._server.py", b"\0"), (".DS_Store", b"\0"))),),
        FOUND,
    ),
    ("another spelling", (("work.zip", zipped(*in_folder("1-Echo"))),), FOUND),
    ("a number alone", (("work.zip", zipped(*in_folder("Stage 1"))),), FOUND),
    ("capitals", (("Server.py", SERVER), ("Client.py", CLIENT)), FOUND),
    ("a capital", (("work.zip", zipped(("1_echo/Server.py", SERVER), ("1_echo/client.py", CLIENT))),), FOUND),
    ("a copy's name", (("server (1).py", SERVER), ("client.py", CLIENT)), LOOK),
    ("an archive of another kind", (("work.rar", b"Rar!"),), LOOK),
    ("a damaged zip", (("work.zip", zipped(*in_folder("1_echo"))[:-30]),), LOOK),
    ("an encrypted zip", (("work.zip", encrypted()),), LOOK),
    ("a notebook", (("work.ipynb", b"{}"),), LOOK),
    ("a report alone", (("report.pdf", b"%PDF"),), LOOK),
    ("two different programs", (("work.zip", zipped(*in_folder("a/1_echo"), *in_folder("b/1_echo", OTHER))),), LOOK),
    ("the same twice", (("work.zip", zipped(*in_folder("a/1_echo"), *in_folder("b/1_echo"))),), FOUND),
    (
        "work beside the plan",
        (("work.zip", zipped(*in_folder("1_echo"), *in_folder("exercises/1_echo", (("server.py", PLAN),)))),),
        FOUND,
    ),
    (
        "a folder for each program",
        (("work.zip", zipped(("server/server.py", SERVER), ("client/client.py", CLIENT))),),
        LOOK,
    ),
    ("one program", (("server.py", SERVER),), FOUND),
    ("text files", (("server.py.txt", SERVER), ("client.py.txt", CLIENT)), LOOK),
    ("an empty zip", (("work.zip", zipped()),), NOTHING),
    ("handed in late", BOTH, FOUND),
    ("handed in once more", (("server-1.py", SERVER), ("client-2.py", CLIENT)), FOUND),
    ("a twin by name", BOTH, FOUND),
    ("a twin by name, the other one", BOTH, FOUND),
    ("nothing", (), NOTHING),
)
LATE, AGAIN, TWINS = 25, 26, (27, 28)
FIRST = [
    "Anna",
    "Ben",
    "Carla",
    "Dana",
    "Emil",
    "Farah",
    "Gül",
    "Hao",
    "Ida",
    "Jon",
    "Kofi",
    "Lea",
    "Mia",
    "Núria",
    "Omar",
    "Pia",
    "Qi",
    "Rosa",
    "Sam",
    "Tea",
    "Uma",
    "Vik",
    "Wu",
    "Xia",
]
LAST = ["Bell", "Cruz", "O'Neil", "de la Cruz", "Éric", "Frey", "Ng", "Holm-Berg", "Ito", "Jha"]


@dataclass(frozen=True)
class Pupil:
    """A student of the class, and what is handed in: see HAND_INS."""

    at: int
    first: str
    last: str
    oddity: str
    uploaded: tuple
    comes_to: str

    @property
    def id(self):
        return f"s{100 + self.at}"

    @property
    def number(self):
        return str(7000 + self.at)

    @property
    def login(self):
        return f"user-{self.at}"

    @property
    def email(self):
        return f"{self.id}@example.org"

    @property
    def name(self):
        return f"{self.first} {self.last}"


def the_class():
    """The thirty, two of whom have one name."""
    pupils = []
    for at, (oddity, uploaded, comes_to) in enumerate(HAND_INS):
        first, last = ("Anna", "Twin") if at in TWINS else (FIRST[at % len(FIRST)], LAST[at % len(LAST)])
        pupils.append(Pupil(at, first, last, oddity, uploaded, comes_to))
    return pupils


def put(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def sheet(path, *rows):
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def without_number(pupil, file):
    """The name of a file where the platform writes no number behind what is handed in again."""
    return file.replace("-1.", ".").replace("-2.", ".") if pupil.at == AGAIN else file


def moodle(folder, roster, *, folders=True, blind=False):
    """Moodle: a folder for each student, or their files side by side; with or without names."""
    for pupil in the_class():
        who = "Participant" if blind else pupil.name
        front = f"{who}_{pupil.number}_assignsubmission_file_"
        for file, data in pupil.uploaded:
            file = without_number(pupil, file)
            put(folder / front / file if folders else folder / f"{front}{file}", data)
    rows = [
        [f"Participant {pupil.number}", *([] if blind else [pupil.name, pupil.id, pupil.email]), "", "50", "-"]
        for pupil in the_class()
    ]
    known = [] if blind else ["Full name", "ID number", "Email address"]
    sheet(roster, ["Identifier", *known, "Grade", "Maximum grade", "Last modified (grade)"], *rows)


def canvas(folder, roster):
    """Canvas: all files side by side, with LATE and numbers."""
    rows = [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Stage 1 (98)"],
        ["    Points Possible", *[""] * 5],
    ]
    for pupil in the_class():
        late = "_LATE" if pupil.at == LATE else ""
        front = "".join(letter for letter in f"{pupil.last}{pupil.first}".lower() if letter.isalnum())
        for number, (file, data) in enumerate(pupil.uploaded):
            put(folder / f"{front}{late}_{pupil.number}_{5000 + 10 * pupil.at + number}_{file}", data)
        section = "A" if pupil.at % 2 else "B"
        rows.append([f"{pupil.last}, {pupil.first}", pupil.number, pupil.id, pupil.login, section, ""])
    sheet(roster, *rows, ["Student, Test", "1", "", "t", "A", ""])


def gradescope(folder, roster):
    """Gradescope: submission_metadata.yml, and a folder for each submission."""
    lines = ["---"]
    for pupil in the_class():
        if not pupil.uploaded:
            continue
        lines += [
            f"submission_{pupil.number}:",
            "  :submitters:",
            f'  - :name: "{pupil.name}"',
            f"    :sid: '{pupil.id}'",
        ]
        lines += [f"    :email: {pupil.email}", "  :created_at: 2026-11-20 10:00:00.123456000 Z", "  :score: 0.0"]
        lines += ["  :results: !ruby/hash:ActiveSupport::HashWithIndifferentAccess", "    tests: []", "  :history: []"]
        for file, data in pupil.uploaded:
            put(folder / f"submission_{pupil.number}" / without_number(pupil, file), data)
    put(folder / "submission_metadata.yml", "\n".join(lines).encode())
    head = ["First Name", "Last Name", "SID", "Email", "Sections"]
    sheet(roster, head, *([pupil.first, pupil.last, pupil.id, pupil.email, "A"] for pupil in the_class()))


def github(folder, roster):
    """GitHub Classroom: a clone for each student."""
    for pupil in the_class():
        for file, data in pupil.uploaded:
            place = folder / f"stage-1-{pupil.login}"
            put(place / without_number(pupil, file), data)
            put(place / ".git" / "HEAD", b"ref: refs/heads/main\n")
    head = ["identifier", "github_username", "github_id", "name"]
    sheet(roster, head, *([pupil.id, pupil.login, pupil.number, ""] for pupil in the_class()))


def plain(folder, roster):
    """A folder for each student, by their ids."""
    for pupil in the_class():
        for file, data in pupil.uploaded:
            put(folder / pupil.id / without_number(pupil, file), data)
    sheet(roster, ["id", "name", "email"], *([pupil.id, pupil.name, pupil.email] for pupil in the_class()))


PLATFORMS = {
    "moodle": moodle,
    "moodle-flat": lambda folder, roster: moodle(folder, roster, folders=False),
    "moodle-blind": lambda folder, roster: moodle(folder, roster, blind=True),
    "canvas": canvas,
    "gradescope": gradescope,
    "github": github,
    "plain": plain,
}


def main():
    platform, folder = sys.argv[1:]
    PLATFORMS[platform](Path(folder) / "download", Path(folder) / "roster.csv")


if __name__ == "__main__":
    main()
