"""What goes and what stays in the derived versions of a program; every rule has samples of its own."""

import ast
import contextlib
import io
import re
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parley import stages
from parley.contract.errors import CannotDerive
from parley.derive.versions import bare, comments, quiet

RUFF_SECONDS = 120
RUN_SECONDS = 120
PROGRAMS = sorted(stages.root().glob("solutions/*/full/*.py"))


def text(sample):
    """A sample as it would stand in a file."""
    return dedent(sample).lstrip("\n")


def assert_derived(derive, before, after):
    """The version is as wanted, stays the same when it is derived again, and is Python."""
    derived = derive(text(before))
    assert derived == text(after)
    compile(derived, "derived", "exec")
    assert derive(derived) == derived


# quiet: what belongs to the log

QUIET = {
    "log calls and the import": (
        """
        import logging
        import sys

        logging.basicConfig(level=logging.INFO, format="%(message)s")
        print(sys.argv)
        logging.info("printed %d", len(sys.argv))
        """,
        """
        import sys

        print(sys.argv)
        """,
    ),
    "a logger of the module": (
        """
        import logging

        log = logging.getLogger(__name__)
        log.setLevel(logging.DEBUG)


        def f():
            log.info("f")
            return 1


        f()
        """,
        """
        def f():
            return 1


        f()
        """,
    ),
    "a logger of an object, and of a chain of calls": (
        """
        import logging


        class Chat:
            def __init__(self):
                self.log = logging.getLogger("chat")
                self.name = "chat"

            def say(self, text):
                self.log.info("%s", text)
                logging.getLogger("chat").info("%s", text)
                print(text)


        Chat().say("hello")
        """,
        """
        class Chat:
            def __init__(self):
                self.name = "chat"

            def say(self, text):
                print(text)


        Chat().say("hello")
        """,
    ),
    "other forms of the import": (
        """
        import logging as l
        import logging.handlers
        from logging import getLogger, info

        handler = l.handlers.MemoryHandler(10)
        getLogger().addHandler(handler)
        info("here")
        l.info("there")
        print(1)
        """,
        """
        print(1)
        """,
    ),
    "the comment directly above goes, the one apart from it stays": (
        """
        import logging


        def f():
            # about all that follows

            # tell the log
            # what happens
            logging.info("f")
            # go on
            print(1)
            logging.info("g")  # behind it
            # at the end
        """,
        """
        def f():
            # about all that follows

            # go on
            print(1)
            # at the end
        """,
    ),
    "a paragraph stays a paragraph": (
        """
        import logging


        def f():
            print(1)

            # tell the log
            logging.info("f")
            print(2)

            logging.info("g")

            print(3)

            logging.info("h")


        f()
        """,
        """
        def f():
            print(1)

            print(2)

            print(3)


        f()
        """,
    ),
    "an if without a body, an else and an elif without a body": (
        """
        import logging

        a = b = 1
        if a:
            logging.info("a")
        if a:
            print(1)
        else:
            # what else?
            logging.info("not a")
        if a:
            print(1)
        elif b:
            logging.info("b")
        if a:
            print(1)
        elif b:
            print(2)
        else:
            logging.info("neither")
        """,
        """
        a = b = 1
        if a:
            print(1)
        if a:
            print(1)
        if a:
            print(1)
        elif b:
            print(2)
        """,
    ),
    "an if without a body whose else stays": (
        """
        import logging

        a = b = c = 1
        if a:
            logging.info("a")
        else:
            print(1)
        # about b
        if not b:
            logging.info("b")
        else:
            # why
            print(2)
        if a < b:
            logging.info("less")
        else:
            print(3)
        if c:
            print(4)
        elif a is None:
            logging.info("none")
        else:
            print(5)
        """,
        """
        a = b = c = 1
        if not a:
            print(1)
        # about b
        if b:
            # why
            print(2)
        if a >= b:
            print(3)
        if c:
            print(4)
        elif a is not None:
            print(5)
        """,
    ),
    "loops and with without a body": (
        """
        import logging
        import threading

        lock = threading.Lock()
        names = ["anna"]
        for name in names:
            logging.info("%s", name)
        with lock:
            logging.info("locked")
        while not names:
            logging.info("nobody")
        for name in names:
            print(name)
        else:
            logging.info("all")
        with lock:
            print(names)
        """,
        """
        import threading

        lock = threading.Lock()
        names = ["anna"]
        for name in names:
            print(name)
        with lock:
            print(names)
        """,
    ),
    "an except without a body": (
        """
        import logging

        try:
            print(1)
            print(2)
        except OSError as error:  # lost
            # the next one
            # is not lost
            logging.warning("lost: %s", error)  # tell it
        except ValueError as error:
            logging.warning("wrong: %s", error)
            print(error)
        finally:
            logging.info("end")
        """,
        """
        try:
            print(1)
            print(2)
        except OSError:  # lost
            # the next one
            # is not lost
            # tell it
            pass
        except ValueError as error:
            print(error)
        """,
    ),
    "a try that needs none any more": (
        """
        import logging

        # first
        try:
            # print it
            print(1)
        finally:
            logging.info("end")
        try:
            logging.info("here")
        except OSError:
            print(2)
        print(3)
        """,
        """
        # first
        # print it
        print(1)
        print(3)
        """,
    ),
    "names that only the log has read": (
        """
        import logging
        import time


        def f(conn):
            # since when
            start = time.monotonic()
            count = 0
            size: int = 0
            for line in conn:
                count += 1
                size += len(line)
                print(line)
            host, port = conn.getpeername()
            logging.info("%d lines, %d bytes from %s in %f s", count, size, host, time.monotonic() - start)
            return port


        f(None)
        """,
        """
        def f(conn):
            for line in conn:
                print(line)
            _host, port = conn.getpeername()
            return port


        f(None)
        """,
    ),
    "a value that is worked for stays, its name goes": (
        """
        import logging


        def f(conn):
            sent = conn.send(b"x")
            logging.info("%d", sent)
            peer = conn.getpeername()
            logging.info("%s", peer)
            for _, number in enumerate(conn):
                logging.info("%d", number)
                conn.close()
            with open("file") as file:
                logging.info("%s", file)
                conn.close()


        f(None)
        """,
        """
        def f(conn):
            conn.send(b"x")
            for _, _number in enumerate(conn):
                conn.close()
            with open("file"):
                conn.close()


        f(None)
        """,
    ),
    "names of the module, and a global": (
        """
        import logging

        FORMAT = "%(message)s"  # how the log looks
        count = 0


        def f():
            global count
            count += 1
            logging.info("%d", count)
            print(1)


        logging.basicConfig(format=FORMAT)
        f()
        """,
        """
        def f():
            print(1)


        f()
        """,
    ),
    "functions that only log": (
        """
        import logging
        import sys


        def set_up_log():
            \"\"\"Send the log to a file.\"\"\"
            logging.basicConfig(filename="log")


        def describe(address):
            \"\"\"An address in words.\"\"\"
            return "%s port %s" % address


        def tell(address, text):
            \"\"\"Tell the log something.\"\"\"
            logging.info("%s: %s", describe(address), text)


        def main(address):
            set_up_log()
            tell(address, "here")
            # start
            print(sys.argv)


        main(None)
        """,
        """
        import sys


        def main():
            # start
            print(sys.argv)


        main()
        """,
    ),
    "a parameter that only the log has read": (
        """
        import logging
        import threading


        def serve(conn, address, name="x", *, loud=False):
            logging.info("%s %s", address, name)
            print(conn, loud)


        def accept(listener):
            while True:
                conn, address = listener.accept()
                threading.Thread(target=serve, args=[conn, address], daemon=True).start()
                threading.Thread(target=serve, args=(conn, address)).start()
                serve(conn, address, loud=True)
                serve(conn, address, "y")
                serve(conn, address=address, name="y")


        accept(None)
        """,
        """
        import threading


        def serve(conn, *, loud=False):
            print(conn, loud)


        def accept(listener):
            while True:
                conn, _address = listener.accept()
                threading.Thread(target=serve, args=[conn], daemon=True).start()
                threading.Thread(target=serve, args=(conn,)).start()
                serve(conn, loud=True)
                serve(conn)
                serve(conn)


        accept(None)
        """,
    ),
    "a parameter that cannot go from every use": (
        """
        import logging


        def serve(conn, address):
            logging.info("%s", address)
            print(conn)


        def work(conn, address):
            logging.info("%s", address)
            print(conn)


        for function in (serve,):
            function(1, 2)
        work(1, 2)
        work(*[1, 2])
        """,
        """
        def serve(conn, address):
            print(conn)


        def work(conn, address):
            print(conn)


        for function in (serve,):
            function(1, 2)
        work(1, 2)
        work(*[1, 2])
        """,
    ),
    "a parameter that also comes by name": (
        """
        import logging
        import threading


        def serve(conn, address):
            logging.info("%s", address)
            print(conn)


        threading.Thread(target=serve, args=[1], kwargs={"address": 2}).start()
        """,
        """
        import threading


        def serve(conn, address):
            print(conn)


        threading.Thread(target=serve, args=[1], kwargs={"address": 2}).start()
        """,
    ),
    "what was never read is none of our business": (
        """
        import logging
        import readline  # noqa: F401

        unused = 1


        def never(address):
            print(1)


        logging.info("x")
        """,
        """
        import readline  # noqa: F401

        unused = 1


        def never(address):
            print(1)
        """,
    ),
    "a name of the same name elsewhere": (
        """
        import logging


        def f():
            error = 1
            logging.info("%s", error)


        def g():
            error = 2
            print(error)


        def h():
            try:
                g()
            except OSError as error:
                logging.info("%s", error)
                g()


        h()
        """,
        """
        def g():
            error = 2
            print(error)


        def h():
            try:
                g()
            except OSError:
                g()


        h()
        """,
    ),
    "several statements on one line": (
        """
        import logging, sys

        a = 1; logging.info("a")
        logging.info("b"); print(a, sys.argv)
        """,
        """
        import sys

        a = 1
        print(a, sys.argv)
        """,
    ),
}


@pytest.mark.parametrize(("before", "after"), QUIET.values(), ids=QUIET)
def test_quiet_takes_out_the_log(before, after):
    assert_derived(quiet, before, after)


# bare: what belongs to the handling of errors

BARE = {
    "try: its body stays, in order with else and finally": (
        """
        def f(conn):
            # say it
            try:  # perhaps
                # all of it
                conn.sendall(b"x")
                # below
            # it may be gone
            except OSError as error:
                # no harm
                print(error)
            else:
                print(1)
            # in any case
            finally:  # in the end
                conn.close()


        f(None)
        """,
        """
        def f(conn):
            # say it
            # all of it
            conn.sendall(b"x")
            # below
            print(1)
            # in any case
            # in the end
            conn.close()


        f(None)
        """,
    ),
    "suppress: its body stays": (
        """
        import contextlib
        from contextlib import suppress

        conn, lock = [], []
        # close it
        with contextlib.suppress(OSError):  # perhaps closed
            conn.close()
        with suppress(OSError), lock:
            conn.close()
        """,
        """
        conn, lock = [], []
        # close it
        conn.close()
        with lock:
            conn.close()
        """,
    ),
    "blank lines of what is opened": (
        """
        def f(a):
            print(1)

            try:
                a.settimeout(1)

                print(2)

                a.settimeout(2)
            finally:
                a.settimeout(3)

                # two
                print(3)
            print(4)

            if a:
                raise ValueError(a)
            else:
                a.settimeout(4)

                print(a)


        f(None)
        """,
        """
        def f(a):
            print(1)

            print(2)
            # two
            print(3)
            print(4)

            print(a)


        f(None)
        """,
    ),
    "limits of time": (
        """
        PATIENCE = 5  # seconds


        def f(conn):
            # so long
            conn.settimeout(PATIENCE)
            conn.settimeout(None)
            conn.recv(1)
            try:
                conn.settimeout(2)
            except OSError:
                print(1)


        f(None)
        """,
        """
        def f(conn):
            conn.settimeout(None)
            conn.recv(1)


        f(None)
        """,
    ),
    "checks that only complain": (
        """
        import sys

        MAX_LINE = 65_536


        def f(line, a):
            # not too long
            if len(line) > MAX_LINE:
                raise ValueError(f"more than {MAX_LINE} bytes")
            if not a:
                sys.exit("no a")
            for x in a:
                if x:
                    print("wrong", x, file=sys.stderr)
                    continue
                if not line.strip():
                    sys.stderr.write("empty")
                    break
                if line:
                    print("one more")
                    continue
                print(x)
            if a == 2:
                print("two", file=sys.stderr)
                return 1
            return 2


        f("", "")
        """,
        """
        def f(line, a):
            for x in a:
                if line:
                    print("one more")
                    continue
                print(x)
            return 2


        f("", "")
        """,
    ),
    "a check in a chain": (
        """
        a = b = 1
        # which one?
        if a > 1:
            raise ValueError("a")
        elif b:
            print(2)
        else:
            print(3)
        if a > 1:
            raise ValueError("a")
        else:  # very good
            # good
            print(4)
        if a:
            print(5)
        elif b:
            raise ValueError("b")
        else:
            print(6)
        if a:
            print(7)
        else:
            raise ValueError("not a")
        if a:
            if b:
                raise ValueError("both")
        """,
        """
        a = b = 1
        # which one?
        if b:
            print(2)
        else:
            print(3)
        # very good
        # good
        print(4)
        if a:
            print(5)
        else:
            print(6)
        if a:
            print(7)
        """,
    ),
    "the else of a loop": (
        """
        def f(lines):
            for line in lines:
                if line:
                    print(line)
                    break
            else:
                raise ConnectionError("gone")
            while lines:
                print(lines.pop())
            else:
                print("empty")


        f([])
        """,
        """
        def f(lines):
            for line in lines:
                if line:
                    print(line)
                    break
            while lines:
                print(lines.pop())
            else:
                print("empty")


        f([])
        """,
    ),
    "a raise at the end of a function": (
        """
        def f(lines):
            \"\"\"Print.\"\"\"
            for line in lines:
                if line == "/close":
                    return
                print(line)
            # nobody has said it
            raise ConnectionError("gone without /close")


        def g():
            \"\"\"Not yet.\"\"\"
            raise NotImplementedError


        f([])
        g()
        """,
        """
        def f(lines):
            \"\"\"Print.\"\"\"
            for line in lines:
                if line == "/close":
                    return
                print(line)


        def g():
            \"\"\"Not yet.\"\"\"
            raise NotImplementedError


        f([])
        g()
        """,
    ),
    "names, functions and classes that only errors need": (
        """
        import sys
        import threading

        lost = threading.Event()  # set when the other side is lost
        ended = threading.Event()  # set when the chat is over


        class LineTooLong(Exception):
            \"\"\"A line of too many bytes.\"\"\"


        def complain(sentence):
            \"\"\"Say it, and end.\"\"\"
            print(sentence, file=sys.stderr)
            sys.exit(1)


        def check_name(name):
            \"\"\"A name must be good.\"\"\"
            if not name.isprintable():
                raise LineTooLong(name)


        def main(conn):
            name = conn.name
            check_name(name)
            try:
                conn.close()
            except OSError:
                lost.set()
                ended.set()
            ended.wait()
            if lost.is_set():
                complain("lost")


        main(None)
        """,
        """
        import threading

        ended = threading.Event()  # set when the chat is over


        def main(conn):
            conn.close()
            ended.wait()


        main(None)
        """,
    ),
    "what is no check": (
        """
        import sys


        def main():
            \"\"\"The status of the program.\"\"\"
            print(1)
            return 0


        if not sys.argv:
            sys.exit(0)
        if not sys.argv:
            sys.exit()
        print("ready", file=sys.stderr)
        if len(sys.argv) > 2:
            raise SystemExit
        if __name__ == "__main__":
            sys.exit(main())
        """,
        """
        import sys


        def main():
            \"\"\"The status of the program.\"\"\"
            print(1)
            return 0


        if not sys.argv:
            sys.exit(0)
        if not sys.argv:
            sys.exit()
        print("ready", file=sys.stderr)
        if len(sys.argv) > 2:
            raise SystemExit
        if __name__ == "__main__":
            sys.exit(main())
        """,
    ),
    "a loop that a handler has continued": (
        """
        def receive(conn):
            while True:
                # receive some bytes
                try:
                    data = conn.recv(4096)
                except TimeoutError:  # nobody has to speak
                    continue
                if not data:
                    break
                print(data)


        receive(None)
        """,
        """
        def receive(conn):
            while True:
                # receive some bytes
                data = conn.recv(4096)
                if not data:
                    break
                print(data)


        receive(None)
        """,
    ),
}


@pytest.mark.parametrize(("before", "after"), BARE.values(), ids=BARE)
def test_bare_takes_out_the_handling_of_errors(before, after):
    assert_derived(bare, before, after)


# What cannot be done well

REFUSED = {
    "not Python": (quiet, 2, "not Python", "a = 1\ndef:\n"),
    "a body on the line of its if": (quiet, 2, "lines of its own", "a = 1\nif a: print(a)\n"),
    "a match": (quiet, 2, "no rule", "a = 1\nmatch a:\n    case 1:\n        print(a)\n"),
    "the log in a variable of another kind": (
        quiet,
        4,
        "log is used here",
        "import logging\n\nlog = logging.getLogger()\nprint(log)\n",
    ),
    "the log in a condition": (
        quiet,
        4,
        "logging is used here",
        "import logging\nimport sys\n\nif sys.argv and logging.root:\n    print(1)\n",
    ),
    "a log call that works": (
        quiet,
        4,
        "something else",
        "import logging\n\nconn = None\nlogging.info('%s', conn.recv(10))\n",
    ),
    "a condition that works": (
        quiet,
        4,
        "more than ask",
        "import logging\n\nconn = None\nif conn.recv(1):\n    logging.info('x')\n",
    ),
    "an assignment in a condition": (
        quiet,
        3,
        "more than ask",
        "import logging\n\nif n := 1:\n    logging.info('x')\nprint(n)\n",
    ),
    "an else that depends on a long condition": (
        quiet,
        4,
        "needs its condition",
        "import logging\n\na = b = 1\nif a and b:\n    logging.info('x')\nelse:\n    print(1)\n",
    ),
    "an elif that depends on an if": (
        quiet,
        4,
        "needs its condition",
        "import logging\n\na = b = 1\nif a:\n    logging.info('x')\nelif b:\n    print(1)\n",
    ),
    "a loop that drains": (
        quiet,
        4,
        "this loop",
        "import logging\n\nconn = None\nfor line in conn.makefile():\n    logging.info(line)\n",
    ),
    "a with that opens": (
        quiet,
        3,
        "this with",
        "import logging\n\nwith open('file', 'w') as file:\n    logging.info('%s', file)\n",
    ),
    "a try with nothing but an else": (
        quiet,
        3,
        "this try",
        "import logging\n\ntry:\n    logging.info('x')\nexcept OSError:\n    print(1)\nelse:\n    print(2)\n",
    ),
    "a method that only logs": (
        quiet,
        5,
        "nothing is left to do in tell",
        "import logging\n\n\nclass Chat:\n    def tell(self):\n        logging.info('x')\n",
    ),
    "a function inside another one that only logs": (
        quiet,
        5,
        "nothing is left to do in tell",
        "import logging\n\n\ndef f():\n    def tell():\n        logging.info('x')\n\n    tell()\n",
    ),
    "a call that works of a function that only logs": (
        quiet,
        9,
        "this call does something",
        "import logging\n\n\ndef tell(text):\n    logging.info(text)\n\n\nconn = None\ntell(conn.recv(1))\n",
    ),
    "a function that only logs, as a value": (
        quiet,
        9,
        "tell is used here",
        "import logging\n\n\ndef tell():\n    logging.info('x')\n\n\nfor n in (1, 2):\n    print(n, tell)\n",
    ),
    "code behind a return": (
        bare,
        5,
        "nothing leads to",
        "def f(conn):\n    try:\n        return conn.recv(1)\n    finally:\n        conn.close()\n",
    ),
    "code that only a handler led to": (
        bare,
        7,
        "nothing leads to",
        "def f(conn):\n    while True:\n        try:\n            conn.recv(1)\n        except OSError:\n"
        "            break\n    conn.close()\n",
    ),
    "a loop that only an error repeats": (
        bare,
        2,
        "only once",
        "def f():\n    while True:\n        try:\n            return int(input())\n"
        "        except ValueError:\n            print('once more')\n",
    ),
    "a check that works": (
        bare,
        2,
        "more than ask",
        "conn = None\nif conn.connect_ex(('', 1)):\n    raise OSError('no')\n",
    ),
    "a definition inside an if": (
        comments,
        3,
        "inside a statement",
        "a = 1\nif a:\n    def f():\n        print(a)\n",
    ),
    "a signature that needs a constant": (
        comments,
        4,
        "needs PORT",
        "PORT = 1\n\n\ndef f(port=PORT):\n    print(port)\n",
    ),
    "a function on one line": (comments, 1, "lines of its own", "def f(): return 1\n"),
}


@pytest.mark.parametrize(("derive", "line", "words", "source"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_done_well_is_refused_with_its_line(derive, line, words, source):
    with pytest.raises(CannotDerive, match=f"^line {line}: .*{words}.*\\.$") as refused:
        derive(source)
    assert refused.value.line == line
    assert "\n" not in str(refused.value)


# comments only

COMMENTS = {
    "docstrings, signatures, comments": (
        """
        \"\"\"A server.

        It serves.
        \"\"\"

        import socket  # for the network

        MAX = 1  # at most so many


        def serve(conn, size=10, *others, loud=False):
            \"\"\"Serve.\"\"\"
            # while there is something
            while data := conn.recv(size):
                # send it back
                conn.sendall(data)  # all of it

                # and again
                if not data:
                    print(  # a long one
                        "no data",
                        # which is strange
                        loud,
                    )
            # the end

            # at last
            try:
                conn.close()
            except OSError:  # closed already
                # no harm
                pass


        # above main
        def main():
            \"\"\"Start.\"\"\"
            # nothing more
            serve(None)


        # start here
        main()
        # below all
        """,
        """
        \"\"\"A server.

        It serves.
        \"\"\"

        # for the network

        # at most so many


        def serve(conn, size=10, *others, loud=False):
            \"\"\"Serve.\"\"\"
            # while there is something
                # send it back
                # all of it

                # and again
                    # a long one
                        # which is strange
            # the end

            # at last
            # closed already
                # no harm


        # above main
        def main():
            \"\"\"Start.\"\"\"
            # nothing more


        # start here
        # below all
        """,
    ),
    "classes, decorators, nested functions, bodies without a docstring": (
        """
        from dataclasses import dataclass, field
        import os, threading


        @dataclass
        class Participant:
            \"\"\"Somebody.\"\"\"

            name: str  # as typed
            lines: list = field(default_factory=list)

            def say(self):
                # print it
                print(self.name)

            @staticmethod
            def f():
                return 1


        class Sender(threading.Thread):
            count = 0

            def run(
                self,  # the thread
            ):
                def inner():
                    return os.getpid()

                return inner()


        class Error(Exception):
            pass
        """,
        """
        from dataclasses import dataclass
        import threading


        @dataclass
        class Participant:
            \"\"\"Somebody.\"\"\"

            # as typed

            def say(self):
                # print it
                pass

            @staticmethod
            def f():
                pass


        class Sender(threading.Thread):
            def run(
                self,  # the thread
            ):
                def inner():
                    pass


        class Error(Exception):
            pass
        """,
    ),
    "nothing to say": ("print(1)\n", ""),
    "a hash that is no comment, a comment that is for a tool": (
        """
        print("# no comment")
        import os  # noqa: F401
        """,
        "",
    ),
}


@pytest.mark.parametrize(("before", "after"), COMMENTS.values(), ids=COMMENTS)
def test_comments_only_keeps_the_plan(before, after):
    assert_derived(comments, before, after)


# Programs made up at random

NAMES = st.sampled_from(["a", "b", "count"])
CONDITIONS = st.sampled_from(["a", "not b", "a < b", "count in (1, 2)", "len(str(a)) > 1"])
ERRORS = st.sampled_from(["OSError", "(OSError, ValueError)"])
COMPLAINTS = st.sampled_from(["raise ValueError('no')", "print(a, file=sys.stderr)", "sys.exit('no')"])
SIMPLE = st.one_of(
    st.builds("{} = {}".format, NAMES, st.integers(0, 3)),
    st.builds("{} += 1".format, NAMES),
    st.builds("print({})".format, NAMES),
    st.builds("logging.info('%s', {})".format, NAMES),
    st.builds("log.warning('%s', {})".format, NAMES),
    st.just("conn.settimeout(a)"),
    st.just("print(b, file=sys.stderr)"),
)


def block(lines):
    """Lines one step deeper."""
    return [f"    {line}" if line else "" for line in lines]


@st.composite
def statement(draw, depth):
    """The lines of one statement, perhaps with a comment above and one behind it."""
    lines = draw(st.sampled_from([[], [f"# {draw(NAMES)}"], ["", f"# {draw(NAMES)}"], [""]]))
    kinds = ["simple", "simple", "if", "if else", "elif", "for", "try", "finally", "suppress", "check"]
    kind = draw(st.sampled_from(kinds if depth else ["simple"]))

    def body():
        return block([line for inner in draw(st.lists(statement(depth - 1), min_size=1, max_size=3)) for line in inner])

    if kind == "check":
        return [*lines, f"if {draw(CONDITIONS)}:", f"    {draw(COMPLAINTS)}"]
    if kind == "simple":
        return [*lines, draw(SIMPLE) + draw(st.sampled_from(["", "  # why"]))]
    if kind.startswith("if"):
        lines += [f"if {draw(CONDITIONS)}:", *body()]
        return lines + (["else:", *body()] if kind == "if else" else [])
    if kind == "elif":
        return [*lines, f"if {draw(CONDITIONS)}:", *body(), f"elif {draw(CONDITIONS)}:", *body()]
    if kind == "for":
        return [*lines, f"for {draw(NAMES)} in range(2):", *body()]
    if kind == "try":
        return [*lines, "try:", *body(), f"except {draw(ERRORS)} as error:", *body()]
    if kind == "finally":
        return [*lines, "try:", *body(), f"except {draw(ERRORS)}:", "    pass", "finally:", *body()]
    return [*lines, f"with contextlib.suppress({draw(ERRORS)}):", *body()]


@st.composite
def program(draw):
    """The text of a whole program, which ends, whatever happens in it."""
    statements = draw(st.lists(statement(2), min_size=1, max_size=5))
    lines = [line for inner in statements for line in inner]
    head = ["import contextlib", "import logging", "import sys", "", "log = logging.getLogger('x')", "", ""]
    start = ['"""Do it."""', "a = b = count = 1", "conn = Fake()"]
    fake = [
        "class Fake:",
        '    """No socket."""',
        "",
        "    def settimeout(self, seconds):",
        "        pass",
        "",
        "",
    ]
    end = ["", "", "if __name__ == '__main__':", "    main()"]
    return "\n".join([*head, *fake, "def main():", *block(start + lines), *end]) + "\n"


def version(derive, source):
    """A version of a made-up program, None if the rules refuse to make it."""
    try:
        return derive(source)
    except CannotDerive as error:
        assert 1 <= error.line <= source.count("\n")
        return None


def output(source):
    """What a program prints, and the error that it ends with."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(io.StringIO()):
        try:
            exec(compile(source, "program", "exec"), {"__name__": "__main__"})
        except (ValueError, OSError, SystemExit) as error:
            return printed.getvalue(), str(error)
    return printed.getvalue(), None


@settings(max_examples=40, deadline=None)
@given(program())
def test_a_quiet_program_prints_what_the_full_one_prints(source):
    derived = version(quiet, source)
    if derived is not None:
        assert quiet(derived) == derived
        assert "log" not in derived
        assert "\n    \n" not in derived and not re.search(r":\n\n", derived)
        assert output(derived) == output(source)


@settings(max_examples=40, deadline=None)
@given(program())
def test_a_bare_program_is_python_without_error_handling(source):
    source = version(quiet, source)
    derived = source and version(bare, source)
    if derived is not None:
        compile(derived, "bare", "exec")
        assert bare(derived) == derived
        kinds = {type(node) for node in ast.walk(ast.parse(derived))}
        assert not kinds & {ast.Try, ast.ExceptHandler}
        assert "suppress(" not in derived
        printed, error = output(source)
        if error is None and "raise" not in source and "sys.exit" not in source:
            assert output(derived) == (printed, None)


@settings(max_examples=40, deadline=None)
@given(program())
def test_the_comments_only_version_keeps_each_comment_line(source):
    derived = comments(source)
    assert comments(derived) == derived
    assert output(derived) == ("", None)
    own = [line for line in source.splitlines() if line.lstrip().startswith("#")]
    assert [line for line in derived.splitlines() if line.lstrip().startswith("#") and line.lstrip() != "# why"] == own
    assert derived.count("# why") == source.count("# why")


# The programs of the stages


def derived_programs():
    """(name, text) of each version of each full program that there is."""
    for path in PROGRAMS:
        source = path.read_text(encoding="utf-8")
        silent = quiet(source)
        name = f"{path.parts[-3]}_{path.stem}.py"
        yield f"quiet_{name}", silent
        yield f"bare_{name}", bare(silent)
        yield f"comments_{name}", comments(source)


@pytest.fixture(scope="module")
def derived_folder(tmp_path_factory):
    """A folder with all derived programs."""
    folder = tmp_path_factory.mktemp("derived")
    for name, source in derived_programs():
        (folder / name).write_text(source, encoding="utf-8")
    return folder


def ruff(*arguments, **options):
    """Run ruff with the settings of the project; returns what it prints, fails if it finds something."""
    config = stages.root() / "pyproject.toml"
    command = [
        sys.executable,
        "-m",
        "ruff",
        *arguments[:1],
        "--config",
        str(config),
        "--no-cache",
        *arguments[1:],
    ]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=RUFF_SECONDS, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_derived_programs_pass_the_linter(derived_folder):
    ruff("check", str(derived_folder))


def test_the_quiet_and_bare_programs_are_formatted(derived_folder):
    ruff(
        "format",
        "--check",
        *map(str, derived_folder.glob("quiet_*")),
        *map(str, derived_folder.glob("bare_*")),
    )


def test_the_comments_only_programs_are_formatted_but_for_the_depth_of_comments(derived_folder):
    for path in derived_folder.glob("comments_*"):
        source = path.read_text(encoding="utf-8")
        formatted = ruff("format", "-", input=source)
        assert [line.strip() for line in formatted.splitlines()] == [line.strip() for line in source.splitlines()]


def test_the_derived_programs_have_lost_what_they_should(derived_folder):
    for path in derived_folder.iterdir():
        source = path.read_text(encoding="utf-8")
        code = ast.dump(ast.parse(source))
        if not path.name.startswith("comments"):
            assert "'logging'" not in code
        if path.name.startswith("bare"):
            assert "ExceptHandler" not in code and "'suppress'" not in code


def test_a_derived_program_derived_again_is_the_same(derived_folder):
    for path in derived_folder.iterdir():
        derive = {"quiet": quiet, "bare": bare, "comments": comments}[path.name.partition("_")[0]]
        source = path.read_text(encoding="utf-8")
        assert derive(source) == source


def test_the_comments_only_programs_do_nothing(derived_folder):
    for path in derived_folder.glob("comments_*"):
        command = [sys.executable, str(path)]
        done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=RUN_SECONDS)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


# The list of the stages


@pytest.mark.parametrize("name", ["3", "turns", "3_turns", " 3_Turns ", 3])
def test_a_stage_is_found_by_number_or_name(name):
    assert stages.find(name).name == "3_turns"


@pytest.mark.parametrize("name", ["", "6", "0", "echo1", "_", "1_", "turns/../1_echo"])
def test_another_name_raises_one_sentence_that_names_the_five(name):
    with pytest.raises(ValueError) as raised:
        stages.find(name)
    assert "1_echo, 2_logbook, 3_turns, 4_peers and 5_broadcast" in str(raised.value)


def test_where_the_files_are(monkeypatch, tmp_path):
    monkeypatch.setenv("PARLEY_ROOT", str(tmp_path))
    stage = stages.find("echo")
    assert stages.root() == tmp_path.resolve()
    assert stages.solution(stage, "bare", "server") == stages.root() / "solutions" / "1_echo" / "bare" / "server.py"
    assert stages.exercise(stage, "client", Path("there")) == Path("there", "exercises", "1_echo", "client.py")
    with pytest.raises(ValueError, match="no version 'comments'"):
        stages.solution(stage, "comments", "server")
    monkeypatch.setenv("PARLEY_ROOT", str(tmp_path / "nowhere"))
    with pytest.raises(ValueError, match="not a folder"):
        stages.root()
    monkeypatch.delenv("PARLEY_ROOT")
    assert (stages.root() / "parley" / "stages.py").is_file()
