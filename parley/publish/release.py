"""What goes out: the students' edition, and the files with which Gradescope and GitHub Classroom grade."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from parley import stages
from parley.contract.errors import BadInput
from parley.contract.files import write_whole
from parley.derive import build, lessons
from parley.derive.leaks import known_lines, leaks
from parley.notebooks import book, run_cache
from parley.publish.zips import new_zip, write_zip

TOP = "parley"  # the folder in the students' zip
TEMPLATES = Path(__file__).with_name("templates")
WRITTEN = "## Break it on the wire"  # the lesson's heading after which the reader's programs are written
TUTOR = "AGENTS.md"  # AI assistants read this file in their folder
# The only files that go out unchanged. All others in the project's folder stay there.
MEASURING = ("broadcast", "quick", "server_threads", "server_selectors", "server_asyncio")  # in benchmarks/
SINGLE = (
    *("start.py", "pyproject.toml", "LICENSE", "PROTOCOLS.md", "docs/server5.svg"),
    *(f"benchmarks/{name}.py" for name in MEASURING),
)
OF_THE_TOOL = (".py", ".html", ".css", ".js", ".md", ".sh", ".yml", "")  # kinds of file in parley/ ("": a script)
OF_A_SUITE = (".py", ".md")
SCRIPTS = ("setup.sh", "run_autograder")  # what Gradescope runs
SPARE_MINUTES = 10  # of a job on GitHub, for everything except grading
FETCH = """\
      - name: Fetch Parley
        uses: actions/checkout@v4
        with:
          path: parley-tool
          repository: {name}{branch}
"""
NEEDS = f"nbconvert or jupytext isn't installed here. To install them: {stages.install('notebooks', 'release')}"
# a run in the text of a lesson, such as `mistake(4, "join-order")`: a student may try it, so it's recorded too
NAMED = re.compile(r"`(?P<call>(?P<function>play|wire|mistake)\([^`]*\))`")
OWN_RUN = """\
This is the students' edition. The notebooks show runs that were recorded when it was made. As soon as your own programs
of a stage pass all tests of its core, the notebooks run yours instead.
"""
WITH_BARE = """\
Your instructor released `bare` of stage {stages}: the short version, without error handling and without a log, in
`solutions/`. `python3 start.py play {first} --version bare` runs it. Handed in, it earns 60 of 100 points.
"""


# The students' edition


def students(
    root: Path,
    path: Path,
    *,
    bare: Sequence[stages.Stage] = (),
    tutor: bool = True,
    pages: Collection[str] | None = None,
    say: Callable[[str], object] = print,
) -> list[str]:
    """Write the students' edition of the project in this folder as a zip. Return the names of the files in it.

    It has lessons, notebooks, the exercises as comments only, the public suites, the tool, and records of the runs of
    It has lessons, notebooks, the exercises as comments only, the public suites, the tool, and records of the runs of
    solutions that the notebooks show. It has no solutions except `bare` of the stages named, which their lessons then
    show. `tutor`: include AGENTS.md, which tells an assistant how to help. `pages`: the names of the notebooks whose
    runs to record (default: all); `say(line)`: reports progress. Raise BadInput, also for solution text in a file where
    it mustn't be, and for a notebook that fails. Raise OSError.
    """
    if not stages.has_solutions(root):
        raise BadInput(f"{stages.NO_SOLUTIONS} An edition is made of the whole project.")
    if not (find_spec("nbconvert") and lessons.available()):
        raise BadInput(NEEDS)
    new_zip(path)
    known = known_lines(root, _given(root, bare)) | _known_of_the_course(root)
    refuse_leaks(files := _as_they_are(root, bare), known)
    woven = _woven(root, bare)
    if tutor:
        files[TUTOR] = (TEMPLATES / TUTOR).read_bytes()
    with tempfile.TemporaryDirectory(prefix="parley-release-", ignore_cleanup_errors=True) as folder:
        copy = Path(folder).resolve()
        book.copy_project(root, copy)
        for name, text in woven.items():
            write_whole(copy / name, text)
        refuse_leaks(made := _made(copy), known)
        refuse_leaks(runs := _recorded_runs(copy, pages, say), known)
    files |= made | runs | {name: text.encode() for name, text in woven.items()}
    write_zip(path, {f"{TOP}/{name}": data for name, data in files.items()})
    return sorted(files)


def _given(root: Path, bare: Sequence[stages.Stage]) -> list[Path]:
    """Return the solutions that students get: `bare` of these stages, and with stage 5's also that of its extra
    exercises.
    """
    return [
        path
        for stage in bare
        for folder in (stage.name, *(["5_further"] if stage == stages.STAGES[-1] else []))
        for path in sorted((root / "solutions" / folder).rglob("*.py"))
        if path.parent.name == "bare"
    ]


def _woven(root: Path, bare: Sequence[stages.Stage]) -> dict[str, str]:
    """Return the lessons of the stages whose `bare` students get, with a section that shows it beside theirs: {name:
    text}.
    """
    section = (TEMPLATES / "bare.md").read_text(encoding="utf-8")
    woven = {}
    for stage in bare:
        page = root / "lessons" / f"{stage.name}.md"
        if page.is_file():
            own = section.replace("@STAGE@", str(stage.number))
            text = page.read_text(encoding="utf-8").replace(f"{WRITTEN}\n", f"{own}{WRITTEN}\n", 1)
            woven[page.relative_to(root).as_posix()] = text
    return woven


def _as_they_are(root: Path, bare: Sequence[stages.Stage] = ()) -> dict[str, bytes]:
    """Return the files of the project that students may have, with their README: {name: bytes}."""
    suites = (*stages.STAGES, *stages.EXERCISES, stages.WINDOW)
    tool = root / "parley" if (root / "parley").is_dir() else stages.PACKAGE
    folders: list[tuple[Path, Collection[str]]] = [(root / "tests" / stage.name, OF_A_SUITE) for stage in suites]
    folders.append((root / "lessons", (".md",)))
    paths = [root / name for name in SINGLE] + [path for folder, kinds in folders for path in _files(folder, kinds)]
    paths += _of_the_course()
    paths += [path for page in lessons.pages(root) for path in _linked(page)]
    paths += _given(root, bare)
    files = {_name_in(root, path): path.read_bytes() for path in paths}
    files |= {f"parley/{path.relative_to(tool).as_posix()}": path.read_bytes() for path in _files(tool, OF_THE_TOOL)}
    readme = (TEMPLATES / "README.md").read_text(encoding="utf-8")
    numbers = [str(stage.number) for stage in bare]
    said = OWN_RUN + (WITH_BARE.format(stages=", ".join(numbers), first=numbers[0]) if numbers else "")
    return files | {"README.md": readme.replace("@SOLUTIONS@\n", said).encode()}


def _of_the_course() -> list[Path]:
    """Return the tests, hints and plans that the instructor added: no solution, and nothing that gives it away."""
    course = stages.course()
    if course is None:
        return []
    suites = (*stages.STAGES, *stages.EXERCISES, *(own for own in stages.exercises() if own.own), stages.WINDOW)
    paths = [path for stage in suites for path in _files(course / "tests" / stage.name, OF_A_SUITE)]
    return paths + [path for own in suites if own.own and (path := stages.plan_page(own)).is_file()]


def _name_in(root: Path, path: Path) -> str:
    """Return the name of a file in an edition: files of a course are in the folder `course`."""
    course = stages.course()
    if course and path.is_relative_to(course):
        return f"course/{path.relative_to(course).as_posix()}"
    return path.relative_to(root).as_posix()


def _files(folder: Path, kinds: Collection[str]) -> list[Path]:
    """Return the files in a folder and below, of these kinds, except those left by Python and editors."""
    found = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix in kinds]
    if folder == stages.PACKAGE:  # files that an installed Parley contains for others aren't part of the tool
        found = [path for path in found if stages.WORKBOOK not in path.parents]
    return [
        path for path in found if not any(part.startswith((".", "__py")) for part in path.relative_to(folder).parts)
    ]


def _linked(page: Path) -> Iterator[Path]:
    """Return the files of the project outside lessons/ to which a lesson links."""
    for found in re.finditer(r"\]\(\.\./(?P<path>[\w./-]+)[)#]", page.read_text(encoding="utf-8")):
        yield page.parent.parent / found["path"]


def _made(copy: Path) -> dict[str, bytes]:
    """Return the derived files: notebooks, exercises, and the comments again, for reset. {name: bytes}"""
    derived = [*build.plan_further(copy), *build.plan_notebooks(copy)]
    files = {path.relative_to(copy).as_posix(): text.encode() for path, text in derived}
    files = {name: data for name, data in files.items() if not name.startswith("solutions/")}
    for stage in (*stages.STAGES, stages.WINDOW):
        for program in stage.programs:
            path = stages.exercise(stage, program, copy)  # only comments: the copy has derived them
            name = path.relative_to(copy).as_posix()
            files[name] = files[f"{stages.EDITION}/{name}"] = path.read_bytes()
    return files


def _recorded_runs(copy: Path, pages: Collection[str] | None, say: Callable[[str], object]) -> dict[str, bytes]:
    """Run the notebooks in a copy of the project, and return the records of their runs: {name: bytes}."""
    chosen = [
        book.page_of_notebook(path, text)
        for path, text in lessons.notebooks(copy)
        if pages is None or path.stem in pages
    ]
    for page in chosen:
        _run_what_is_named(page.notebook, page.name)
    (copy / "notebooks").mkdir(exist_ok=True)
    folder = copy / run_cache.RUNS
    before = os.environ.get(run_cache.RECORDING)
    os.environ[run_cache.RECORDING] = str(folder)
    try:
        book.run_all(chosen, copy, say)
    finally:
        os.environ.pop(run_cache.RECORDING)
        if before is not None:
            os.environ[run_cache.RECORDING] = before
    return {f"{run_cache.RUNS.as_posix()}/{path.name}": path.read_bytes() for path in sorted(folder.glob("*.json.gz"))}


def _run_what_is_named(notebook: Any, page: str) -> None:
    """Add cells to the notebook of a page: for its stage's own conversation, which commands show, and for each run that
    its text names but no cell has. A run that this system can't do fails and isn't recorded.
    """
    import nbformat

    calls = {f"play({stage.number})": "play" for stage in stages.STAGES if stage.name == page}
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            calls |= {found["call"]: found["function"] for found in NAMED.finditer(cell.source)}
    for call, function in calls.items():
        cell = nbformat.v4.new_code_cell(f"from parley import {function}\n\n{call}")
        cell.metadata["tags"] = ["raises-exception"]
        notebook.cells.append(cell)


# Grading on other platforms


def gradescope(root: Path, path: Path, settings: Mapping[str, Any]) -> list[str]:
    """Write the zip that Gradescope takes as an autograder. Return the names of the files in it.

    `settings`: as in parley.grading.single.settings_from. The zip has the tool and the public suites, and no solution.
    Raise BadInput and OSError.
    """
    files = {f"project/{name}": data for name, data in _as_they_are(root).items()}
    refuse_leaks(files, known_lines(root) | _known_of_the_course(root))
    for name in SCRIPTS:
        files[name] = (TEMPLATES / name).read_bytes()
    files["settings.json"] = (json.dumps(settings, indent=1) + "\n").encode()
    write_zip(path, files, SCRIPTS)
    return sorted(files)


def github(path: Path, settings: Mapping[str, Any], tool: str) -> None:
    """Write the workflow that GitHub Classroom runs in each student's repository.

    `settings`: as in parley.grading.single.settings_from; `tool`: the repository OWNER/NAME, or OWNER/NAME@BRANCH, with
    Parley and the tests that count. Students must not be able to change it (they can change the tests in their own).
    Raise BadInput and OSError.
    """
    if not tool:
        raise BadInput(
            "Students can change the tests in their own repositories. Put Parley into a repository that only you can "
            "change, and name it: --tool OWNER/NAME, or OWNER/NAME@TAG."
        )
    if not re.fullmatch(r"[\w.-]+/[\w.-]+(@[\w./-]+)?", tool):
        raise BadInput(f"{tool!r} isn't a repository. Write OWNER/NAME, or OWNER/NAME@BRANCH.")
    name, _, branch = tool.partition("@")
    fetch = FETCH.format(name=name, branch=f"\n          ref: {branch}" if branch else "")
    text = (TEMPLATES / "workflow.yml").read_text(encoding="utf-8")
    values = {"FETCH": fetch, "TOOL": tool, "SETTINGS": json.dumps(settings)}
    values["MINUTES"] = str(settings["seconds"] // 60 + SPARE_MINUTES)
    for word, value in values.items():
        text = text.replace(f"@{word}@", value)
    write_whole(path, text)


# No solution text


def refuse_leaks(files: Mapping[str, bytes], known: Mapping[tuple[str, ...], str]) -> None:
    """Raise BadInput if there's solution text in a file (see leaks)."""
    for leak in leaks(files, known):
        lines = " / ".join(leak.lines)
        raise BadInput(f"{leak.file} has lines of {leak.solution} in it: {lines}")


def _known_of_the_course(root: Path) -> dict[tuple[str, ...], str]:
    """Return the solution text of a course, without what the workbook's own solutions have too."""
    course = stages.course()
    return known_lines(course) if course and course != root else {}
