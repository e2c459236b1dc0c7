"""Write the files derived from solutions/*/full and lessons/, find stale ones, and reset exercises.

quiet/ and bare/ in solutions/ belong to this module. exercises/ and notebooks/ belong to the student: a file there is
only overwritten while its text is one that this module wrote. `.parley/exercises.json` has the SHA-256 of those in
exercises/, and in a fresh clone git knows them. A notebook contains the SHA-256 of its own cells.
"""

import contextlib
import difflib
import hashlib
import shutil
import subprocess
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from parley import stages
from parley.contract.errors import BadInput, CannotDerive
from parley.contract.files import read_json, write_json, write_whole
from parley.derive import extensions, lessons, versions
from parley.stages import Stage

HEADER = '# Derived from ../{full} by "parley build": change that file, not this one.\n'
QUIETER = ("quiet", "bare")  # the derived versions in solutions/
File = tuple[Path, str]  # a file and the text that it should have
Written = dict[str, set[str]]  # SHA-256 of the texts that builds wrote, by _key of the file
GIT_SECONDS = 30  # seconds for git to show one committed file


@dataclass(frozen=True)
class Stale:
    """An outdated file: its path, a sentence, and a unified diff to what it should be."""

    path: Path
    reason: str
    diff: str


@dataclass
class Built:
    """What a build did: paths that it wrote and removed, and a sentence for each file that it left unchanged."""

    written: list[Path] = field(default_factory=list)
    removed: list[Path] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)


def plan(root: Path) -> list[File]:
    """Return all derived files of the project in this folder, as a list of (path, the text that it should have).

    Raise BadInput if a full version is missing or a version can't be derived from it.
    """
    if not stages.has_solutions(Path(root)):
        raise BadInput(f"{stages.NO_SOLUTIONS} So there's nothing to derive: everything stays as you got it.")
    made = [file for stage in (*stages.STAGES, stages.WINDOW) for file in _plan(root, stage)]
    return [*made, *plan_further(root), *plan_notebooks(root)]


def plan_notebooks(root: Path) -> list[File]:
    """Return the notebooks among them, or none if the packages for them aren't installed. Raise BadInput."""
    if not lessons.available():
        return []
    return lessons.notebooks(root)


def build(root: Path) -> Built:
    """Write each outdated derived file, except edited exercises and notebooks.

    Return a Built. Raise BadInput as plan() does (then nothing is written), and OSError.
    """
    root, built, written = Path(root), Built(), _written(root)
    wanted = dict(plan(root))
    for path, text in wanted.items():
        old = _read(path)
        if old is None or not _is_fresh(path, old, text):
            if not _may_replace(root, path, old, written):
                built.kept.append(_why_kept(root, path))
                continue
            write_whole(path, text)
            built.written.append(path)
        if path.is_relative_to(root / "exercises"):
            written.setdefault(_key(path), set()).add(_digest(text))
    if lessons.pages(root) and not lessons.available():
        built.kept.append(lessons.NOT_BUILT)
    for path in _surplus(root, wanted):
        if _is_derived(path):
            path.unlink()
            built.removed.append(path)
        else:
            built.kept.append(f"{_name(root, path)} wasn't made by this build, so it stays.")
    _remember(root, written)
    return built


def _why_kept(root: Path, path: Path) -> str:
    """Return why an edited file stays unchanged, and what to do."""
    name = _name(root, path)
    if path.suffix == ".ipynb":
        kept = f"{name} was edited or run, so it stays unchanged, although its lesson changed. "
        return f"{kept}Rename it or delete it, then build again."
    back = stages.command(f"reset {path.parent.name}")
    return f"{name} was edited, so it stays unchanged. To get the comments back and keep a copy: {back}"


def stale_files(root: Path) -> list[Stale]:
    """Return the files that differ from a build without edits, as a list of Stale.

    Raise BadInput as plan() does.
    """
    root, stale = Path(root), []
    wanted = dict(plan(root))
    for path, text in wanted.items():
        old = _read(path)
        if old is None:
            stale.append(Stale(path, f"{_name(root, path)} is missing.", _diff(root, path, "", text)))
        elif not _is_fresh(path, old, text):
            reason = f"{_name(root, path)} isn't what its {_source(path)} gives."
            stale.append(Stale(path, reason, _diff(root, path, old, text)))
        elif path.suffix == ".ipynb" and lessons.has_outputs(old):
            stale.append(Stale(path, f"{_name(root, path)} was run, but must be committed without outputs.", ""))
    for path in _surplus(root, wanted):
        reason = f"{_name(root, path)} has no {_source(path)}."
        stale.append(Stale(path, reason, _diff(root, path, _read(path) or "", "")))
    return stale


def _source(path: Path) -> str:
    return "lesson" if path.suffix == ".ipynb" else "full version"


def _is_fresh(path: Path, old: str, text: str) -> bool:
    """Whether a file has the right text. For a notebook, compare only its cells: it may have been run."""
    if path.suffix == ".ipynb":
        return lessons.content(old) == lessons.content(text)
    return old == text


def reset(root: Path, stage: Stage) -> Path | None:
    """Put the comments back into exercises/<stage>. Return the folder with the copy of the work, or None.

    If a program of the stage was edited, all are first copied to exercises/<stage>/kept-YYYYmmdd-HHMMSS.
    Raise BadInput as plan() does, and OSError.
    """
    root, written, kept = Path(root), _written(root), None
    wanted = dict(plan_exercises(root, [other for other in (stage, stages.WINDOW) if other.number == stage.number]))
    old = {path: _read(path) for path in wanted}
    if any(old[path] != text and not _may_replace(root, path, old[path], written) for path, text in wanted.items()):
        kept = _new_folder(root / "exercises" / stage.name / f"kept-{datetime.now():%Y%m%d-%H%M%S}")
        for path in wanted:
            if old[path] is not None:
                shutil.copy2(path, kept)
    for path, text in wanted.items():
        if old[path] != text:
            write_whole(path, text)
        written.setdefault(_key(path), set()).add(_digest(text))
    _remember(root, written)
    return kept


def plan_exercises(root: Path, wanted: Iterable[Stage] = (*stages.STAGES, stages.WINDOW)) -> list[File]:
    """Return the comments-only programs of these stages, as a list of (path, text). A students' edition, which can't
    derive them, contains them. Raise BadInput.
    """
    root = Path(root)
    if stages.has_solutions(root):
        files = [file for stage in wanted for file in _plan(root, stage)]
        return [(path, text) for path, text in files if path.is_relative_to(root / "exercises")]
    paths = [stages.exercise(stage, program, root) for stage in wanted for program in stage.programs]
    texts = []
    for path in paths:
        text = _read(root / stages.EDITION / path.relative_to(root))
        if text is None:
            raise BadInput(f"{stages.EDITION}/{_name(root, path)} is missing. Unpack the students' edition again.")
        texts.append((path, text))
    return texts


def _plan(root: Path, stage: Stage) -> list[File]:
    root, files = Path(root), []
    for program in stage.programs:
        path = stages.solution(stage, "full", program, root)
        with _naming(root, path):
            texts = _versions(_full(root, path))
        files += _with_header(root, stage, program, texts, f"full/{program}.py")
        files.append((stages.exercise(stage, program, root), texts["comments"]))
    return files


def plan_further(root: Path) -> list[File]:
    """Return the derived files of the extra exercises: all in one server, each on its own, and what each adds."""
    root = Path(root)
    path, names = stages.solution(stages.FURTHER, "full", "server", root), stages.FURTHER_NAMES
    together = _full(root, path)
    with _naming(root, path):
        files = _with_header(root, stages.FURTHER, "server", _versions(together), "full/server.py")
        without = versions.comments(extensions.only(together, (), names))
        for name, exercise in zip(names, stages.EXERCISES, strict=True):
            full = extensions.only(together, [name], names)
            texts = {"full": full, **_versions(full)}
            files += _with_header(root, exercise, "server", texts, "../full/server.py")
            page = extensions.page(exercise.title, texts["comments"], without)
            files.append((stages.plan_page(exercise, root), page))
    return files


def _with_header(root: Path, stage: Stage, program: str, texts: dict[str, str], full: str) -> list[File]:
    """Return the files in solutions/ with these versions of a program. Each says from which `full` one it was made."""
    header, made = HEADER.format(full=full), [version for version in texts if version != "comments"]
    return [(stages.solution(stage, version, program, root), header + texts[version]) for version in made]


def _full(root: Path, path: Path) -> str:
    if not path.is_file():
        raise BadInput(f"{_name(root, path)} is missing: the other versions are made from it.")
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BadInput(f"{_name(root, path)} isn't UTF-8 text.") from error


def _versions(full: str) -> dict[str, str]:
    return {"quiet": versions.quiet(full), "bare": versions.bare(full), "comments": versions.comments(full)}


@contextlib.contextmanager
def _naming(root: Path, path: Path) -> Iterator[None]:
    """Turn a CannotDerive, which names only a line, into a BadInput that also names the program."""
    try:
        yield
    except CannotDerive as error:
        raise BadInput(f"{_name(root, path)}, {error}") from error


def _surplus(root: Path, wanted: Collection[Path]) -> list[Path]:
    """Return the files in the folders of derived ones that aren't derived (any more)."""
    made = (*stages.STAGES, stages.FURTHER, *stages.EXERCISES)
    folders = [stages.solution(stage, version, "server", root).parent for stage in made for version in QUIETER]
    folders += [stages.solution(exercise, "full", "server", root).parent for exercise in stages.EXERCISES]
    found = [path for folder in folders for path in sorted(folder.glob("*.py"))]
    if lessons.available():
        found += [path for path in sorted((root / "notebooks").glob("*.ipynb")) if lessons.is_made(_read(path) or "")]
    return [path for path in found if path not in wanted]


def _is_derived(path: Path) -> bool:
    if path.suffix == ".ipynb":
        return lessons.is_untouched(_read(path) or "")
    return (_read(path) or "").startswith(HEADER.partition("{")[0])


# Whose text is it?


def _may_replace(root: Path, path: Path, text: str | None, written: Written) -> bool:
    """Whether the text of a file is no one's work: in exercises/ no text, one that a build wrote, or committed
    comments.

    (A committed text with statements is someone's work: students use git too.)
    """
    if path.suffix == ".ipynb":
        return text is None or lessons.is_untouched(text)
    if text is None or not path.is_relative_to(root / "exercises") or _digest(text) in written.get(_key(path), ()):
        return True
    return text == _committed(root, path) and _is_comments_only(text)


def _is_comments_only(text: str) -> bool:
    try:
        return versions.comments(text) == text
    except CannotDerive:
        return False


def _committed(root: Path, path: Path) -> str | None:
    """Return the text of a file in the last commit, or None without a commit or git."""
    command = ["git", "-C", str(root), "show", f"HEAD:./{_name(root, path)}"]
    try:
        shown = subprocess.run(command, capture_output=True, timeout=GIT_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return _text(shown.stdout) if shown.returncode == 0 else None


def _written(root: Path) -> Written:
    """Return what builds wrote into exercises/: {"1_echo/server.py": {SHA-256 of a text, ...}, ...}.

    A file that can't be read counts as missing. Then texts unknown to git count as edited.
    """
    try:
        return {key: set(digests) for key, digests in read_json(root / ".parley" / "exercises.json").items()}
    except (AttributeError, TypeError):
        return {}


def _remember(root: Path, written: Written) -> None:
    if written != _written(root):
        ordered = {key: sorted(digests) for key, digests in sorted(written.items())}
        write_json(root / ".parley" / "exercises.json", ordered, indent=2)


def _key(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


# Files


def _name(root: Path, path: Path) -> str:
    """Return a path relative to the project, with slashes on every system."""
    return path.relative_to(root).as_posix()


def _text(data: bytes) -> str:
    """Return bytes of a file as text, with "\\n" as newlines, and invalid UTF-8 replaced."""
    return data.decode("utf-8", errors="replace").replace("\r\n", "\n")


def _read(path: Path) -> str | None:
    """Return the text of a file, or None."""
    try:
        return _text(path.read_bytes())
    except FileNotFoundError:
        return None


def _new_folder(path: Path) -> Path:
    """Make a folder of this name, with a number added if the name is taken."""
    number, folder = 1, path
    while True:
        try:
            folder.mkdir(parents=True)
            return folder
        except FileExistsError:
            number += 1
            folder = path.with_name(f"{path.name}-{number}")


def _diff(root: Path, path: Path, old: str, new: str) -> str:
    """Return a unified diff from what a file is to what it should be (for a notebook, as a page)."""
    name = _name(root, path)
    if path.suffix == ".ipynb":
        old, new = lessons.as_markdown(old), lessons.as_markdown(new)
    lines = difflib.unified_diff(
        old.splitlines(), new.splitlines(), f"{name} (as it is)", f"{name} (as it should be)", lineterm=""
    )
    return "".join(f"{line}\n" for line in lines)
