"""Two programs side by side in time: what goes out, and what comes in."""

import difflib


def compare(old, new):
    """The lines of a unified diff between two program files (paths), each change with its function's name.

    Returns an empty list for equal files. Raises OSError where a file cannot be read.
    """
    names = (f"{path.parent.parent.name}/{path.parent.name}/{path.name}" for path in (old, new))
    return compare_texts(*(path.read_text(encoding="utf-8") for path in (old, new)), *names)


def compare_texts(old, new, old_name, new_name):
    """The same for two texts of programs, and what they are called in the heading."""
    before, lines = old.splitlines(), []
    for line in difflib.unified_diff(before, new.splitlines(), old_name, new_name, lineterm=""):
        if line.startswith("@@"):
            line = _with_function(line, before)
        lines.append(line)
    return lines


def _with_function(heading, before):
    """The heading of a change with the function of the old file in which the change begins."""
    start = int(heading.split()[1].lstrip("-").split(",")[0])
    for line in reversed(before[: start + 3]):
        if line.startswith(("def ", "class ")):
            return f"{heading} {line.rstrip(':')}"
    return heading
