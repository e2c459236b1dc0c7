"""The programs of the stages can be read aloud: short lines, comments above what they speak of, no endless program."""

import ast
import io
import re
import tokenize

import pytest

from parley.checks.hints import hints
from parley.derive.build import plan
from parley.stages import EXERCISES, FURTHER, FURTHER_NAMES, STAGES, WINDOW, find, root, solution

COLUMNS = 88  # a projector and a narrow cell show so many
WORDS = 8  # a comment behind a statement has at most so many
ECHO_LINES = 40  # of stage 1's server, with everything
CODE_LINES = 170  # of stage 5's server: lines with code on them
FULL = sorted(path for path in root().glob("solutions/*/full/*.py"))


def name_of(path):
    return path.relative_to(root()).as_posix()


def long_lines(text):
    return [number for number, line in enumerate(text.splitlines(), 1) if len(line) > COLUMNS]


def tokens(text):
    return list(tokenize.generate_tokens(io.StringIO(text).readline))


def long_remarks(text):
    """The comments behind a statement that have too many words; the names of exercises do not count."""
    found = []
    for token in tokens(text):
        behind = token.line[: token.start[1]].strip()
        words = re.sub(rf"^# ((?:{'|'.join(FURTHER_NAMES)})(?:, )?)+: ", "", token.string).lstrip("# ").split()
        if token.type == tokenize.COMMENT and behind and len(words) > WORDS:
            found.append(token.string)
    return found


def lines_of_code(text):
    """How many lines have code on them: no blank lines, no comments, no docstrings."""
    tree = ast.parse(text)
    bodies = [node.body for node in ast.walk(tree) if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)]
    first = [body[0] for body in bodies if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)]
    docstrings = {number for node in first for number in range(node.lineno, node.end_lineno + 1)}
    nothing = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
    coded = [token for token in tokens(text) if token.type not in nothing]
    used = {number for token in coded for number in range(token.start[0], token.end[0] + 1)}
    return len(used - docstrings)


@pytest.mark.parametrize("path", FULL, ids=name_of)
def test_a_full_program_has_short_lines_and_long_comments_above(path):
    text = path.read_text(encoding="utf-8")
    assert long_lines(text) == []
    assert long_remarks(text) == []


def test_what_is_derived_from_them_has_short_lines():
    derived = {path: text for path, text in plan(root()) if path.suffix == ".py"}
    assert len(derived) > 3 * len(FULL)  # quiet, bare and comments of each
    assert {name_of(path): long for path, text in derived.items() if (long := long_lines(text))} == {}


def test_the_servers_of_the_first_and_of_the_last_stage_are_short():
    echo, broadcast = (solution(find(stage), "full", "server").read_text(encoding="utf-8") for stage in (1, 5))
    assert len(echo.splitlines()) <= ECHO_LINES
    assert lines_of_code(broadcast) <= CODE_LINES


def test_what_is_too_long_is_found():
    long = f"one = 1  # {'word ' * 9}"
    assert long_lines(f"one = 1\n{'x' * 88}\n{'x' * 89}\n") == [3]
    assert long_remarks(f'"""A."""\n\n{long}\n# {"word " * 9}\n') == [long[9:]]
    assert long_remarks("one = 1  # kick, alone: a b c d e f g h\n") == []
    assert lines_of_code('"""A\nprogram.\n"""\n\n# why\none = (\n    1  # so\n)\n\n\ndef f():\n    """F."""\n') == 4


@pytest.mark.parametrize("suite", [*STAGES, *EXERCISES, WINDOW], ids=lambda suite: suite.name)
def test_each_hint_names_a_function_that_there_is(suite):
    stage = FURTHER if suite in EXERCISES else suite
    for hint in hints(root() / "tests" / suite.name).values():
        if hint.bare:  # (the hint for a slip is about any line)
            program, function = re.fullmatch(r"(\w+)\.py, function (\w+)", hint.bare).groups()
            text = solution(stage, "bare", program).read_text(encoding="utf-8")
            assert re.search(rf"^ *def {function}\(", text, re.MULTILINE), hint


def words_of_functions():
    """{a function's statements: {its text with comments: the programs that have it}}, of all stages."""
    found = {}
    for stage in STAGES:
        for program in stage.programs:
            text = solution(stage, "full", program).read_text(encoding="utf-8")
            for node in ast.parse(text).body:
                if isinstance(node, ast.FunctionDef):
                    source = "\n".join(text.splitlines()[node.lineno - 1 : node.end_lineno])
                    node.body = node.body[1:]  # without the docstring
                    found.setdefault(ast.dump(node), {}).setdefault(source, []).append((stage.name, program))
    return found


def test_the_same_statements_have_the_same_words_in_each_stage():
    """So `diff 4 5` shows what is new, and the plan of a stage says what a reader knows from the one before."""
    functions = words_of_functions()
    assert max(len(programs) for texts in functions.values() for programs in texts.values()) > 5
    assert not [list(texts.values()) for texts in functions.values() if len(texts) > 1]
