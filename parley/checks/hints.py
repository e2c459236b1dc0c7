"""The hints of a stage: questions that teach, from the page hints.md beside its graded tests."""

from collections.abc import Mapping
from pathlib import Path

from parley import stages
from parley.contract.errors import BadInput
from parley.contract.record import Failed
from parley.contract.story import Hint
from parley.stages import Stage

PAGE = "hints.md"


# Exceptions that a typo raises and that end a program or one of its threads: this hint comes first, in any test. (A
# missing index or key belongs to the test's own hint.)
SLIPS = (
    *("NameError", "UnboundLocalError", "AttributeError", "TypeError"),
    *("ImportError", "ModuleNotFoundError"),
)
SLIP = Hint(
    "exception",
    "Go to the line that the cause names, and read it aloud. Which value did each name in it have just then? Print "
    "them with `repr()` one line above, check again, and compare what you see with what you expected.",
    "https://docs.python.org/3/tutorial/errors.html#exceptions",
    "",
)


def chosen(failed: Failed, known: Mapping[str, Hint], usual: str) -> str:
    """Return the key of the hint for a failure (a Failed): its own, or the test's `usual` one if its own isn't among
    the `known`. A typo seen in the program itself comes before both.
    """
    if failed.facts.get("exception") in SLIPS and "line" in failed.facts.get("where", ""):
        return SLIP.key
    return failed.hint if failed.hint and failed.hint in known else usual


def hints(folder: Path) -> dict[str, Hint]:
    """Return the hints of the graded suite in this folder, as {key: Hint}. SLIP is always among them.

    Raise BadInput if the page is missing or has another form than `## key`, a question, a line `Read: ...` and a line
    `Bare: ...`.
    """
    page = folder / PAGE
    try:
        text = page.read_text(encoding="utf-8")
    except OSError:
        raise BadInput(f"There's no page of hints: {page}.") from None
    found = {SLIP.key: SLIP}
    for part in f"\n{text}".split("\n## ")[1:]:
        hint = _hint(part, page)
        if hint.key in found:
            raise BadInput(f"{page} has the hint {hint.key!r} twice.")
        found[hint.key] = hint
    return found


def hints_of(stage: Stage) -> dict[str, Hint]:
    """Return all hints of a stage: the workbook's, and those of a course. A course needs a page only for its own hints.

    Raise BadInput as hints() does, and if a course uses a key that is taken.
    """
    first, *others = stages.suites(stage)
    known = hints(first)
    for folder in others:
        added = hints(folder) if (folder / PAGE).is_file() else {}
        added.pop(SLIP.key, None)
        if taken := sorted(set(known) & set(added)):
            raise BadInput(f"{folder / PAGE}: the hint {taken[0]!r} already exists. Give yours another key.")
        known |= added
    return known


def _hint(part: str, page: Path) -> Hint:
    key, _, body = part.partition("\n")
    fields = {"Read": "", "Bare": ""}
    question: list[str] = []
    for line in body.strip().splitlines():
        name, _, rest = line.partition(":")
        if name in fields:
            fields[name] = rest.strip()
        elif not any(fields.values()):
            question.append(line.strip())
    missing = [name for name, value in fields.items() if not value]
    if not "".join(question):
        missing.append("question")
    if missing:
        raise BadInput(f"The hint {key.strip()!r} in {page} has no {' and no '.join(missing)}.")
    return Hint(key.strip(), " ".join(question).strip(), fields["Read"], fields["Bare"])
