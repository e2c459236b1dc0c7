"""What goes and what stays in the derived versions of a program; every rule has samples of its own."""

import ast
import contextlib
import io
import re
import subprocess
import sys
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parley import stages
from parley.contract.errors import CannotDerive
from parley.derive.extensions import only
from parley.derive.versions import bare, comments, quiet

RUFF_SECONDS = 120
RUN_SECONDS = 120
SOLUTIONS = stages.root() / "solutions"


QUIET = {
    "log calls and the import, each with the comment directly above it": """
        - import logging
          import sys

        - # set up
        - # the log
        - logging.basicConfig(level=logging.INFO, format="%(message)s")
          # what was typed

        - # tell it
        - logging.info("printed %d", len(sys.argv))  # so many
          print(sys.argv)
    """,
    "paragraphs stay, and the comment at the end of a block": """
        - import logging
        -
        -
          def f(a):
              print(1)
        -
        -     # tell the log
        -     logging.info("f")

              print(2)
              if a:
                  print(3)
        -         logging.info("g")
                  # at the end
              print(4)

        -     logging.info("last")
        -

          f(1)
    """,
    "an if that only logs, and the one around it": """
        - import logging
        -
          a, b = 1, 2
        - if a:  # perhaps
        -     # tell it
        -     logging.info("a")
        - # both
        - if a:
        -     if b and a is not None:
        -         logging.info("b")
        -     logging.info("a")
          if a:
              print(1)
          elif b:
        -     logging.info("b")
              print(2)
    """,
    "an except that only logs, and the names of errors": """
        - import logging
        -
          try:
              print(1)
        - except OSError as error:  # lost
        -     logging.warning("lost: %s", error)
        - except (ValueError, TypeError) as error:
        -     logging.warning("wrong: %s", error)
        + except OSError:  # lost
        +     pass
        + except (ValueError, TypeError):
              print(2)
          except KeyError as error:
        -     logging.warning("no key")
              print(error)
    """,
    "a parameter that only the log has read, in calls and threads": """
        - import logging
          import threading


        - def serve(conn, größe, address, tries):
        -     logging.info("%s port %s: %d", *address, größe)
        -     print(tries)
        + def serve(conn, tries):
        +     print(tries)
              conn.close()


          def accept(listener):
              while True:
        -         größe = 1
        -         conn, address = listener.accept()  # (conn and address)
        -         threading.Thread(target=serve, args=[conn, größe, address, 3], daemon=True).start()
        -         serve(conn, größe, address, 2)
        +         conn, _address = listener.accept()  # (conn and address)
        +         threading.Thread(target=serve, args=[conn, 3], daemon=True).start()
        +         serve(conn, 2)


          accept(None)
    """,
    "other names that only the log has read": """
        - import datetime
        - import logging
          import time

        - FORMAT = "%(message)s"  # how the log looks
        - START = datetime.date
          unused = 1  # read by nobody before: that is none of our business


          def f(count):
        -     # how many
        -     size = count
        -     logging.info("%d", size)
        -     size = 0
        -     logging.info("%d", size)
              return len(range(count))


          def g():
              size = 1
              print(size, time.time())


        - logging.basicConfig(format=FORMAT, datefmt=START)
          f(1)
          g()
    """,
}


BARE = {
    "the body of a try stays, and that of its finally": """
          def f(conn):
              # say it
        -     try:  # perhaps
        -         # all of it
        -         conn.sendall(b"x")
        +     # all of it
        +     conn.sendall(b"x")

        -         print(1)
        -         # below
        -     # it may be gone
        -     except OSError as error:
        -         # no harm
        -         print(error)
        -     except ValueError:
        -         pass
        +     print(1)
        +     # below
              # in any case
        -     finally:  # in the end
        -         # close it
        -         conn.close()
        +     # close it
        +     conn.close()

              print(2)


          f(None)
    """,
    "what is inside of one another": """
        - import contextlib
        -
        -
          def f(conn):
        -     try:
        -         with contextlib.suppress(OSError):  # perhaps closed
        -             try:
        -                 print(
        -                     "one",
        -                     2,
        -                 )
        -             finally:
        -                 # close it
        -                 with contextlib.suppress(ValueError):
        -                     conn.close()
        -     except OSError:
        -         print("lost")
        +     print(
        +         "one",
        +         2,
        +     )
        +     # close it
        +     conn.close()


          f(None)
    """,
    "limits of time": """
          import socket

        - PATIENCE = 5  # seconds
        -

        - def f(conn, a):
        + def f(conn):
              conn.settimeout(None)
        -     # so long
        -     conn.settimeout(PATIENCE)
        -     if a:
        -         conn.settimeout(2)
        -     try:
        -         conn.settimeout(3)
        -         conn.recv(1)
        -     except TimeoutError:
        -         print(PATIENCE)
        +     conn.recv(1)


        - a = 1
        - f(socket, a)
        + f(socket)
    """,
    "checks that only complain, and the raise at the end of a function": """
        - import sys
        - import threading
        -
        - MAX_LINE = 65_536
        - lost = threading.Event()
        -
        -
          def f(lines):
              \"\"\"Print.\"\"\"
              for line in lines:
        -         # not too long
        -         if len(line) > MAX_LINE:
        -             raise ValueError(f"more than {MAX_LINE} bytes")
                  if line == "/close":
                      return
                  print(line)
        -     # nobody has said it
        -     raise ConnectionError("gone without /close")


        - try:
        -     f([])
        - except OSError:
        -     lost.set()
        - if lost.is_set():
        -     sys.exit("The server was lost.")
        + f([])
    """,
    "what only handlers need": """
          import socket
        - import sys
        -
        - try:
        -     import tkinter
        - except ImportError:
        -     sys.exit("There is no tkinter.")
        + import tkinter

        - REASON = "lost"
        -

          def main(conn):
        -     try:
        -         conn.sendall(b"x", socket, tkinter)
        -     except OSError as error:
        -         print(REASON, error)
        +     conn.sendall(b"x", socket, tkinter)


          main(None)
    """,
    "a loop that a handler has continued": """
          def receive(conn):
              while True:
                  # receive some bytes
        -         try:
        -             data = conn.recv(4096)
        -         except TimeoutError:  # nobody has to speak
        -             continue
        +         data = conn.recv(4096)
                  if not data:
                      break
                  print(data)
              print("end")


          receive(None)
    """,
}


COMMENTS = """
          \"\"\"A server.

          It serves.
          \"\"\"

        - import socket  # for the network
        + # for the network

        - MAX = 1  # at most so many
        + # at most so many


          class Chat:
              \"\"\"A chat.\"\"\"

        -     count = 0  # of all
        +     # of all

              def serve(
                  self,  # the chat
                  size=10,
              ):
                  \"\"\"Serve.\"\"\"
                  # while there is something
        -         while data := self.recv(size):
                      # send it back
        -             self.sendall(data)  # all of it
        +             # all of it

                      # and again
        -             if not data:
        -                 print(  # a long one
        -                     "no data",
        +                 # a long one
                              # which is strange
        -                     "# no comment",
        -                 )
                  # the end

                  # at last
        -         try:
        -             self.close()
        -         except OSError:  # closed already
        +         # closed already
                      # no harm
        -             pass


          # above main
          def main():
              \"\"\"Begin.\"\"\"
              # nothing more
        -     Chat()


          # start here
        - main()
          # below all
    """
SAMPLES = {(quiet, name): sample for name, sample in QUIET.items()}
SAMPLES |= {(bare, name): sample for name, sample in BARE.items()}
SAMPLES |= {(comments, "docstrings, signatures, comments"): COMMENTS}


@pytest.mark.parametrize(("derive", "name"), SAMPLES)
def test_a_version_is_the_lines_that_have_no_minus(derive, name):
    """The version of the lines without a plus is those without a minus, and stays the same when it is derived again."""
    lines = dedent(SAMPLES[derive, name]).strip("\n").split("\n")
    before, after = ("".join(f"{line[2:]}\n" for line in lines if line[:1] != sign) for sign in "+-")
    assert derive(before) == after
    assert derive(after) == after


def test_what_has_no_comments_has_no_plan():
    assert (comments("print('# no comment')\n"), comments("")) == ("", "")


LOG = "import logging\n\n"
TELL = f"{LOG}def tell(a, b):\n    logging.info('%s', b)\n    print(a)\n\n\n"  # seven lines
REFUSED = [  # the derivation, the line, words of the reason, the source
    (quiet, 2, "isn't Python", "a = 1\ndef:\n"),
    (quiet, 2, "no rule knows", "a = 1\nmatch a:\n    case 1:\n        print(a)\n"),
    (quiet, 3, "no rule knows", "import a\n@a.b\ndef f():\n    print(a)\n"),
    (quiet, 1, "no rule knows", "import logging as log\n\nlog.info('x')\n"),
    (quiet, 2, "its own line", "a = 1\nprint(a); print(a)\n"),
    (quiet, 2, "its own line", "a = 1\nif a: print(a)\n"),
    (quiet, 2, "on one line", "a = [\n    '''b\n    c'''\n]\n"),
    (quiet, 1, "use of logging", "from logging import info\n\ninfo('x')\n"),
    (quiet, 3, "use of logging", f"{LOG}log = logging.getLogger()\n"),
    (quiet, 3, "recv.* may do more", f"{LOG}logging.info('%s', conn.recv(10))\n"),
    (quiet, 4, "recv.* may do more", f"{LOG}if (\n    conn.recv(1)):\n    logging.info('x')\n"),
    (quiet, 3, "may do more", f"{LOG}if n := 1:\n    logging.info('x')\n"),
    (quiet, 4, "nothing is left", f"{LOG}if a:\n    logging.info('x')\nelse:\n    print(1)\n"),
    (quiet, 6, "nothing is left", f"{LOG}if a:\n    print(1)\nelse:\n    logging.info('x')\n"),
    (quiet, 5, "nothing is left", f"{LOG}if a:\n    print(1)\nelif b:\n    logging.info('x')\n"),
    (quiet, 4, "nothing is left", f"{LOG}for line in [1]:\n    logging.info('x')\n"),
    (quiet, 5, "nothing is left", f"{LOG}def tell():\n    'Log.'\n    logging.info('x')\n"),
    (quiet, 3, "reads line in", f"{LOG}for line in lines:\n    print(1)\n    logging.info(line)\n"),
    (quiet, 3, "send.* may do more", f"{LOG}sent = conn.send(b'x')\nlogging.info('%d', sent)\n"),
    (quiet, 3, "reads a in", f"{LOG}a = b = 1\nlogging.info('%d', a)\nprint(b)\n"),
    (quiet, 3, "reads os in", f"{LOG}import os, sys\nlogging.info(os)\nprint(sys)\n"),
    (quiet, 3, "reads b in", f"{TELL}table = {{'tell': tell}}\n"),
    (quiet, 3, "reads b in", f"{TELL}tell(*both)\n"),
    (quiet, 3, "reads b in", f"{TELL}tell(1, 2)\n"),
    (quiet, 3, "reads b in", f"{TELL}b = 2\ntell(\n    1,\n    b,\n)\n"),
    (quiet, 9, "reads b in", f"{TELL}b = 2\ntell(a=1, b=b)\n"),
    (quiet, 9, "reads b in", f"{TELL}b = 2\nprint(tell(1, b), tell(3, b))\n"),
    (quiet, 3, "reads b in", TELL.replace("b):", "b=1):")),
    (quiet, 4, "reads a in", f"{LOG}class Chat:\n def tell(self, a):\n  logging.info(a)\n  print(self)\n"),
    (bare, 1, "reads f in", "def f():\n    print(1)\n\n\ntry:\n    a()\nexcept OSError:\n    f()\n"),
    (bare, 1, "handling of errors", "try:\n    a()\nexcept OSError:\n    b()\nelse:\n    c()\n"),
    (bare, 1, "handling of errors", "from contextlib import suppress\n\nwith suppress(OSError):\n    a()\n"),
    (bare, 3, "handling of errors", "import contextlib\n\nwith a, contextlib.suppress(OSError):\n    a()\n"),
    (bare, 3, "handling of errors", "if a:\n    print(1)\n    raise OSError('no')\n"),
    (bare, 3, "handling of errors", "import sys\n\nsys.exit(1)\n"),
    (bare, 4, "handling of errors", f"{LOG}logging.info('x')\nraise OSError\n"),  # its line in the full source
    (bare, 2, "handling of errors", "def f(a):\n    try:\n        return a()\n    finally:\n        a()\n"),
    (bare, 2, "handling of errors", "while True:\n try:\n  a()\n  break\n except ValueError:\n  print('again')\n"),
    (bare, 2, "handling of errors", "while True:\n try:\n  a()\n except OSError:\n  break\na()\n"),
    (bare, 1, "connect_ex.* may do", "if conn.connect_ex(a):\n    raise OSError('no')\n"),
    (bare, 3, "nothing is left", "if a:\n    b()\nelif c:\n    raise OSError('no')\n"),
    (bare, 4, "isn't Python in this", "import contextlib\nwith contextlib.suppress(\n    OSError\n):\n    print(1)\n"),
    (bare, 3, "isn't Python in this", "try:\n    a()\nfinally:\n\n    b()\n"),
    (comments, 2, "isn't Python in this", "if a:\n    def f():\n        'F.'\n"),
    (comments, 2, "needs PORT", "PORT = 1\ndef f(port=PORT):\n    'F.'\n"),
    (comments, 1, "needs Base", "class Chat(Base):\n    'A chat.'\n"),
    (comments, 1, "its own line", "def f(): return 1\n"),
    (comments, 1, "no docstring", "def f():\n    a()\n"),
]


@pytest.mark.parametrize(("derive", "line", "words", "source"), REFUSED)
def test_what_no_rule_knows_is_refused_with_its_line(derive, line, words, source):
    with pytest.raises(CannotDerive, match=f"^line {line}: .*{words}.*\\.$") as refused:
        derive(source)
    assert refused.value.line == line
    assert "\n" not in str(refused.value)


# Programs made up at random

NAMES = st.sampled_from(["a", "b", "count"])
CONDITIONS = st.sampled_from(["a", "not b", "a < b", "count in (1, 2)", "len((a, b)) > 1"])
ERRORS = st.sampled_from(["OSError", "(OSError, ValueError)"])
SIMPLE = st.one_of(
    st.builds("{} = {}".format, NAMES, st.integers(0, 3)),
    st.builds("print({})".format, NAMES),
    st.builds("logging.info('%s', {})".format, NAMES),
    st.just("conn.settimeout(a)"),
)
HEAD = "import contextlib\nimport logging\n\nconn = Fake()\n\n\ndef main():\n    'Run.'\n    a = b = count = 1\n"
END = "\n\nmain()\n"


@st.composite
def statement(draw, depth):
    """The lines of one statement, perhaps with a comment above and one behind it."""
    lines = draw(st.sampled_from([[], [f"# {draw(NAMES)}"], ["", f"# {draw(NAMES)}"], [""]]))
    kind = draw(st.sampled_from(["simple", "simple", "if", "for", "try", "finally", "suppress", "check"]))

    def body():
        statements = draw(st.lists(statement(depth - 1), min_size=1, max_size=3))
        inside = [f"    {line}" if line else "" for inner in statements for line in inner]
        return inside[not inside[0] :]  # a block does not begin with a blank line

    if kind == "simple" or not depth:
        return [*lines, draw(SIMPLE) + draw(st.sampled_from(["", "  # why"]))]
    if kind == "check":
        return [*lines, f"if {draw(CONDITIONS)}:", "    raise ValueError('no')"]
    if kind == "if":
        return [*lines, f"if {draw(CONDITIONS)}:", *body()]
    if kind == "for":
        return [*lines, "for _ in range(2):", *body()]
    if kind == "suppress":
        return [*lines, f"with contextlib.suppress({draw(ERRORS)}):", *body()]
    lines += ["try:", *body(), f"except {draw(ERRORS)} as error:", *body()]
    return lines + (["finally:  # at last", *body()] if kind == "finally" else [])


@st.composite
def program(draw):
    """The text of a whole program, which ends, whatever happens in it."""
    statements = draw(st.lists(statement(2), min_size=1, max_size=4))
    return HEAD + "".join(f"    {line}\n" if line else "\n" for inner in statements for line in inner) + END


def output(source):
    """What a program prints, and the error that it ends with."""
    fake = type("Fake", (), {"settimeout": lambda self, seconds: None})
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        try:
            exec(compile(source, "program", "exec"), {"Fake": fake})
        except ValueError as error:
            return printed.getvalue(), str(error)
    return printed.getvalue(), None


@settings(max_examples=60, deadline=None)
@given(program())
def test_versions_of_a_made_up_program_print_what_the_full_one_prints(source):
    for derive in (quiet, bare):
        with contextlib.suppress(CannotDerive):
            derived = derive(source)
            assert derive(derived) == derived
            assert "\n    \n" not in derived
            if derive is quiet or "raise" not in source:  # (a check was an error: then bare may go on)
                assert output(derived) == output(source)


@settings(max_examples=40, deadline=None)
@given(program())
def test_the_comments_only_version_of_a_made_up_program_keeps_each_comment(source):
    derived = comments(source)
    assert output(derived) == ("", None)
    kept, had = (re.findall("# .*", version) for version in (derived, source))
    assert kept == had


# The programs of the stages, and each extra exercise alone

FULL = {
    f"{path.parts[-3]}_{path.stem}": path.read_text(encoding="utf-8")
    for path in sorted(stages.root().glob("solutions/*/full/*.py"))
}
FULL |= {name: only(FULL["5_further_server"], [name], stages.FURTHER_NAMES) for name in stages.FURTHER_NAMES}


@pytest.mark.parametrize("name", FULL)
def test_a_version_has_lost_what_it_should_and_nothing_besides(name):
    for derive in (quiet, bare):
        derived = derive(FULL[name])
        code = ast.dump(ast.parse(derived))
        assert "'logging'" not in code
        if derive is bare:
            assert not re.search("ExceptHandler|Raise|'suppress'|'exit'", code)
        assert derive(derived) == derived
        old, new = ([line.strip() for line in text.splitlines()] for text in (FULL[name], derived))
        assert all(line in old or any(is_made_of(line, full) for full in old) for line in new)
    assert bare(quiet(FULL[name])) == bare(FULL[name])


def is_made_of(line, full):
    """Whether a line is one of the full program with less in it, or says that nothing is done."""
    characters = iter(full)
    return line == "pass" or all(character in characters for character in line.replace(" _", " "))


@pytest.mark.parametrize("name", FULL)
def test_a_comments_only_program_does_nothing(name):
    derived = comments(FULL[name])
    assert comments(derived) == derived
    command = [sys.executable, "-c", derived]
    done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=RUN_SECONDS)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def ruff(*arguments, **options):
    """Run ruff with the settings of the solutions; returns what it prints, fails if it finds something."""
    command = [sys.executable, "-m", "ruff", arguments[0], "--no-cache", *arguments[1:]]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=RUFF_SECONDS, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_derived_programs_pass_the_linter_and_are_formatted():
    ruff("check", str(SOLUTIONS))
    ruff("format", "--check", str(SOLUTIONS))
    for name, full in FULL.items():  # comments alone are formatted, but for their depth
        source, place = comments(full), ["--stdin-filename", str(SOLUTIONS / f"{name}.py"), "-"]
        ruff("check", *place, input=source)
        formatted = ruff("format", *place, input=source)
        assert [line.strip() for line in formatted.splitlines()] == [line.strip() for line in source.splitlines()]
