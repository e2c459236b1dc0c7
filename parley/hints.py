"""The hints of a stage: questions that teach, from the page hints.md beside its graded tests."""

from dataclasses import dataclass
from pathlib import Path

PAGE = "hints.md"


@dataclass(frozen=True)
class Hint:
    """One hint: a question, where to read about it, and which part of the bare version shows it."""

    key: str
    question: str
    read: str
    bare: str


def hints(folder):
    """The hints of the graded suite in this folder, as {key: Hint}.

    Raises ValueError with one sentence if the page is missing or is not as it should be: `## key`, a question,
    a line `Read: ...` and a line `Bare: ...`.
    """
    page = Path(folder) / PAGE
    try:
        text = page.read_text(encoding="utf-8")
    except OSError:
        raise ValueError(f"There is no page of hints: {page}.") from None
    found = {}
    for part in f"\n{text}".split("\n## ")[1:]:
        hint = _hint(part, page)
        if hint.key in found:
            raise ValueError(f"{page} has the hint {hint.key!r} twice.")
        found[hint.key] = hint
    return found


def _hint(part, page):
    key, _, body = part.partition("\n")
    fields = {"Read": "", "Bare": ""}
    question = []
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
        raise ValueError(f"The hint {key.strip()!r} in {page} has no {' and no '.join(missing)}.")
    return Hint(key.strip(), " ".join(question).strip(), fields["Read"], fields["Bare"])
