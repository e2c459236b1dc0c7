"""A scene: programs and people that meet, and one record of what happens. At its end nothing is left running."""

from __future__ import annotations

import ast
import errno
import functools
import os
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from parley.contract.errors import SceneOver, TooLong
from parley.contract.record import Failed, Record
from parley.harness import actors
from parley.harness.actors import GIVEN_UP_WITHIN, AnyRole, Facts, Host, Person, Reason, Role, trouble
from parley.harness.deadlines import Deadlines
from parley.harness.network import own_network
from parley.harness.programs import LOOPBACK, START_TAKES, FreePort, Plain, Starter, end_all, free_port, in_use
from parley.harness.sockdiag import Address
from parley.harness.wire import Target, Wire, port_of

if TYPE_CHECKING:
    from parley.harness.window import Screen, Window

MOST_SOURCE = 64 * 1024  # bytes of a program that we parse: for one line, Python may need the square of its length
LISTENERS = 8  # sockets reserved for the test, more than most tests need
USUAL_PORT = 50007  # where programs listen without PORT: an OS may give it to anyone, so we return it
LISTENS = "listens"  # the hint for a server that never listens, in the suites that have it
EARLY_CLIENTS = 8  # to press Ctrl+C in time, on a busy machine
STARTS_WITHIN = 2.5  # seconds of a quick machine: limit for a server to listen

WORDS = """
    harbour lantern ferry pepper marble teapot orchard violin compass blanket river candle market saddle lemon
    window garden anchor basket thunder museum pocket feather bridge copper meadow ticket kettle
    naïve café crêpe façade jalapeño smörgås søster Straße niño
"""
# words that are commands in other stages or programs, and texts like all others in stages 1 and 2
NO_COMMANDS = (
    *("quit", "exit", "bye", "end", "close", "stop", "q", "help", "QUIT", "END"),
    *("/quit", "/exit", "/help", "/close", "{quit}", ".", "# note", "!!"),
)
# texts like all others where only the line /close is a command
NO_CLOSE = (
    *("☕ /close", "/close ☕", "/CLOSE", "/closed", " /close", "/close "),
    *(word for word in NO_COMMANDS if word != "/close"),
)
MANY_ROUNDS = 1000  # a program whose function calls itself for each reaches the end of Python's stack
ROUNDS_TAKE = 9  # seconds after which no more of them begin: a slow program isn't wrong
SILENCE = 2.2  # seconds in which nobody says anything: more than the two in which a client must be connected
FAR_WORDS = "žluťoučký πλοίο чайник 船 茶"  # hardly any encoding except UTF-8 has all of these
NAMES = "Anna Ben Carla Dana Emil Farah Goran Hana Ivo Jana Kofi Lina Mira Noor Olga Pau Rosa Sami Tara Ugo"


class Closable(Protocol):
    """An actor other than a program: a person, host, wire or screen."""

    def close(self) -> None:
        """Close everything."""


AnyClosable = TypeVar("AnyClosable", bound=Closable)


class Scene:
    """The stage for one test or run: `with Scene(folder) as scene: server = scene.server() ...`

    `record`: what happens; `rng`: random numbers from the seed; `programs`: those started here.
    """

    def __init__(
        self,
        folder: Path | str,
        *,
        seed: int | str | None = None,
        python: Sequence[str] = (),
        seconds: float = 20.0,
        start: Starter | None = None,
    ) -> None:
        """`folder`: contains server.py and client.py; `python`: the command that starts Python (default: ours);
        `seconds`: bound of the whole scene, on a quick machine; `start`: another way to start programs (see
        parley.isolation.sandbox).
        """
        self.folder = Path(folder)
        self.start: Starter = start or Plain(python)
        self._own_port: Callable[[], int] = functools.partial(next, self.start.own_ports())
        self.record = Record()
        self.deadlines = Deadlines(seconds)
        self.rng = random.Random(seed)
        # ports for hosts and wires, taken before a program can take them all
        self._reserved: list[socket.socket] = []
        self._reserve()
        self.programs: list[Role] = []
        self._others: list[Closable] = []  # people, hosts and wires
        self._number = 0
        self._over = False
        self._door = threading.Lock()  # no actor joins while end() checks who is there
        self._screen: Screen | None = None  # for windows
        self.starts_within: float = STARTS_WITHIN
        self.answers_within: float = actors.WITHIN
        self._lead_back: Callable[[], None] = lambda: None  # to the previous network
        self._listened = False  # a server listened where it was told to
        self._in_vain = False  # a server started as usual neither exited by itself nor listened
        # whether it is known that this program never listens or connects
        self.given_up: Callable[[str], bool] = lambda program: False

    def __enter__(self) -> Scene:
        return self

    def __exit__(self, *trouble: object) -> None:
        self.end()
        self._lead_back()

    @property
    def waited_in_vain(self) -> set[str]:
        """The programs that neither exited by themselves nor listened or connected."""
        clients = {"client" for host in self._hosts if host.waited_in_vain}
        return clients | {"server"} if self._in_vain else clients

    @property
    def killed(self) -> set[str]:
        """The programs that were killed for what they used or printed."""
        return {program.kind for program in self.programs if program.overflow}

    @property
    def begun(self) -> set[str]:
        """The programs that listened or connected where they were told to."""
        clients = {"client" for host in self._hosts if host.people}
        return clients | {"server"} if self._listened else clients

    @property
    def wires(self) -> list[Wire]:
        """The wires of this scene."""
        return [actor for actor in self._others if isinstance(actor, Wire)]

    @property
    def _hosts(self) -> list[Host]:
        return [actor for actor in self._others if isinstance(actor, Host)]

    # actors

    def takes_a_network_of_its_own(self) -> None:
        """Give all actors from now on their own network, so that any port can be used.

        Call it first, in the thread that plays the scene. Raise NotHere if this isn't available.
        """
        self._lead_back = own_network()
        self._reserve()

    def server(
        self,
        *args: str,
        host: str | None = LOOPBACK,
        port: int | None = None,
        tells_port: bool = True,
        name: str = "server",
        types: str | None = None,
        listens: bool = True,
        hint: str | None = None,
        **more: Any,
    ) -> Role:
        """Start the folder's server.py at `host` and a free port (or the one given), and wait until it listens.

        `args` come after host and port. tells_port=False omits the port there, host=None omits both. `types`: a line
        typed immediately, for a server that may ask for something before it listens. listens=False: don't wait. `more`:
        folder (its working directory), environment, programs (where server.py is, if not in the scene's folder). Raise
        Failed if it doesn't listen, or if there's nothing to start. The hint is LISTENS for a start with the usual
        arguments.
        """
        as_usual = not (self.programs or args or port) and tells_port and host == LOOPBACK
        if as_usual:
            hint = hint or LISTENS
        name = self._another(name)
        hopeless = (lambda: self.given_up("server")) if tells_port and not port else None
        for _ in range(3):
            if listens and hopeless and hopeless():
                raise Failed(self.record, "test", f"the {name} to listen", "not reached", {})
            number = port or self._takes_part(FreePort()).number
            where = [] if host is None else [host, str(number)] if tells_port else [host]
            server = self._start(Role, "server", name, *where, *args, **more)
            if types is not None:
                server.types(types)
            if number in range(1, 65_536):
                server.address = (host or LOOPBACK, number)
            within = GIVEN_UP_WITHIN if self.given_up("server") else self.starts_within
            if not listens or server.wait_until_it_listens(number, within, hopeless):
                self._listened = self._listened or listens
                return server
            self._in_vain = self._in_vain or (as_usual and not server.ended_by_itself)
            if hopeless and hopeless() and not server.ended:
                raise Failed(self.record, "test", f"the {name} to listen", "not reached", {})
            if port or not (server.ended and in_use(number)):
                break
            # another program took the port in between: try again with another port
        raise self._not_listening(server, number, within, hint)

    def client(self, target: Target | None = None, *args: str, name: str = "client", **more: Any) -> Role:
        """Start the folder's client.py, to connect to a server, a wire or a host. `args` replace host and port if
        there's no target; `more`: folder (its working directory), environment.
        """
        name = self._another(name)
        where = [LOOPBACK, str(port_of(target))] if target else []
        if isinstance(target, Wire):
            target.near = name
        client = self._start(Role, "client", name, *where, *args, **more)
        if isinstance(target, Host):
            target.visitor = client
        return client

    def stops_while_it_connects(self, *typed: str) -> None:
        """Expect Ctrl+C to stop a client that waits for its connection: exit status 0.

        `typed`: lines for clients that ask for something first. A client gives up by itself after 2 seconds at most: if
        a busy machine comes too late to press Ctrl+C before that, another client has to show it.

        Example: `scene.stops_while_it_connects("hello")`
        """
        silent = self.host("silent server").never_answers()
        for _ in range(EARLY_CLIENTS):
            early = self.client(silent, name="early client")
            if typed:
                early.types(*typed)
            if not early.connects_to(silent):
                return
            if early.is_interrupted():
                early.ends(status=0)
                return
            early.may_have_a_traceback()  # it may have been on its way out

    def window(
        self, target: Target | None = None, *args: str, name: str = "client", screen: bool = True, **more: Any
    ) -> Window:
        """Start the folder's gui_client.py as client() does, on its own screen (or on none). Without a target it asks
        for one.

        Raise NotHere if there's no screen (see parley.harness.window).
        """
        from parley.harness.window import Screen, Window

        if self._screen is None:
            self._screen = self._takes_part(Screen())
        where = [LOOPBACK, str(port_of(target))] if target else []
        more["environment"] = self._screen.environment if screen else self._screen.none()
        window = self._start(Window, "gui_client", self._another(name), *where, *args, **more)
        if isinstance(target, Host):
            target.visitor = window
        return window

    def person(self, name: str) -> Person:
        """Return someone with a socket, not connected yet."""
        person = self._takes_part(Person(name, self.record, self.deadlines).waits_for(self.answers_within))
        person.own_port = self._own_port
        return person

    def rounds(self) -> Iterator[int]:
        """Yield numbers for MANY_ROUNDS rounds, or as many as begin within ROUNDS_TAKE seconds of a quick machine."""
        began, bound = time.monotonic(), float(ROUNDS_TAKE)
        for number in range(MANY_ROUNDS):
            if time.monotonic() - began > bound:
                bound = self.deadlines.stretched(ROUNDS_TAKE)
                if time.monotonic() - began > bound:
                    return
            yield number

    def people(self, target: Target, *names: str) -> list[Person]:
        """Return several people, each connected to the target."""
        return [self.person(name).connects(target) for name in names]

    def host(self, name: str = "server", address: tuple[str, int] = (LOOPBACK, 0), listens: bool = True) -> Host:
        """Return a server that the test plays itself, for a client. With port 0 it gets a free port.

        listens=False: it only keeps the port. No other program can listen there, and clients are refused.
        """
        listener = self._listener(address, listens)
        host = self._takes_part(Host(name, self.record, self.deadlines, listener, listens))
        host.own_port = self._own_port
        host.comes_within, host.answers_within = self.starts_within, self.answers_within
        if address == (LOOPBACK, 0):
            host.given_up = self.given_up
        elif self.given_up("client"):
            host.comes_within = GIVEN_UP_WITHIN
        return host

    def wire(self, target: Target) -> Wire:
        """Return a wire to a server or a host: connecting to the wire reaches the target through it."""
        listener = self._listener((LOOPBACK, 0))
        return self._takes_part(Wire(target, self.record, self.deadlines, listener, self._own_port))

    # words

    def words(self, count: int = 3) -> str:
        """Return this many words in one line, and a number that no other text of this scene has. Some letters need
        UTF-8, so every seed tests that.
        """
        self._number += 1
        words = [*self.rng.choices(WORDS.split(), k=count - 1), self.rng.choice(FAR_WORDS.split())]
        return " ".join([*words, str(self._number)])

    def names(self, count: int) -> list[str]:
        """Return this many different names."""
        names = NAMES.split()
        rounds = range(1, count // len(names) + 2)
        return [name if turn == 1 else f"{name} {turn}" for turn in rounds for name in names][:count]

    # the end

    def check(self) -> None:
        """Expect no uncaught exception in any program's log, once each program has come to rest: one of its threads may
        be at its end, and on a busy machine no line of that is in the log yet. Raise Failed.
        """
        for program in self.programs:
            if not program.forgiven:
                program.comes_to_rest().has_no_traceback()

    def end(self) -> None:
        """End all actors, and prove that nothing is left. Raise Leftover otherwise."""
        with self._door:
            if self._over:
                return
            self._over = True
        self.record.close()
        # the programs first: none should see the other actors leave, or log it
        try:
            end_all(self.programs, self.start)
        finally:
            for actor in self._others:
                actor.close()
            self._give_back()

    # how it is done

    def _reserve(self) -> None:
        """Reserve ports for hosts and wires, in the current network."""
        self._give_back()
        self._reserved += [_bound((LOOPBACK, 0)) for _ in range(LISTENERS)]
        for usual in [kept for kept in self._reserved if kept.getsockname()[1] == USUAL_PORT]:
            self._reserved.remove(usual)
            usual.close()

    def _give_back(self) -> None:
        while self._reserved:
            self._reserved.pop().close()

    def _listener(self, address: Address, listens: bool = True) -> socket.socket:
        """Return a socket at this address, which listens there unless told not to. With port 0 it gets a free port."""
        ours = address == (LOOPBACK, 0) and self._reserved
        listener = self._reserved.pop() if ours else _bound(address)
        if listens:
            listener.listen()
        return listener

    def _takes_part(self, actor: AnyClosable) -> AnyClosable:
        with self._door:
            self._others.append(actor)
        if self._over:
            actor.close()
            raise SceneOver
        return actor

    def _another(self, name: str) -> str:
        """Return an unused name for another program: "client", "second client"."""
        role, names = name, {program.name for program in self.programs}
        numbers = iter(("second", "third", "fourth", "fifth"))
        while name in names:
            name = f"{next(numbers, 'further')} {role}" if name != f"further {role}" else f"{name} {len(names)}"
        return name

    def _start(
        self, kind: type[AnyRole], role: str, name: str, *args: str, programs: Path | None = None, **more: Any
    ) -> AnyRole:
        path = (programs or self.folder).resolve() / f"{role}.py"
        cause, facts = unready(path)
        if cause:
            raise Failed(self.record, "test", f"{path.name} to be a program", cause, facts)
        with self._door:
            if self._over:
                raise SceneOver
            program = kind(self.record, self.deadlines, path, *args, start=self.start, name=name, **more)
            program.starts_within, program.answers_within = self.starts_within, self.answers_within
            program.given_up = lambda: self.given_up(role)
            if self.given_up(role):
                program.starts_within = program.answers_within = GIVEN_UP_WITHIN
                program.listening_takes = START_TAKES
            self.programs.append(program)
        return program

    def _not_listening(self, server: Role, port: int, within: float, hint: str | None) -> Failed:
        expectation = f"the {server.name} to listen on port {port}"
        elsewhere = [address for address in server.listens_on() if address[1] != port]
        if elsewhere:
            where = {"who": server.name, "port": port, "elsewhere": elsewhere[0][1]}
            return Failed(self.record, "test", expectation, "other port", where, hint=hint)
        if server.is_given_up():
            return Failed(self.record, "test", expectation, "not reached", {})
        facts: Facts = {"who": server.name, "port": port, "seconds": within}
        cause, found = trouble(server) or ("not listening", {})
        return Failed(self.record, "test", expectation, cause, facts | found, hint=hint)


def _bound(address: Address) -> socket.socket:
    """Return a socket at this address. Port 0 means any port. Raise OSError."""
    bound = socket.socket()
    try:
        if address[1] and os.name != "nt":  # allow a port that was in use a moment ago
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError as error:
        bound.close()
        if address[1] or error.errno != errno.EADDRINUSE:
            raise
        return _bound((address[0], free_port()))  # clients have just used all ports that the OS gives out
    return bound


def unready(path: Path) -> Reason | tuple[None, Facts]:
    """Return why this program can't be started: a cause and its facts, or (None, {}) if it can.

    "missing": the file doesn't exist; "not begun": it has only comments and docstrings; "syntax": it isn't valid
    Python.
    """
    facts: Facts = {"file": path.name}
    try:
        cause, said = _readable(path.read_bytes())
    except FileNotFoundError:
        return "missing", facts
    return (cause, facts | said) if cause else (None, {})


_parsing = threading.Lock()  # in Python 3.11.7, two threads that parse may raise SystemError (its bug gh-106905)


def syntax_tree(source: bytes | str) -> ast.Module:
    """Return the syntax tree of a program, parsing one at a time. Raise what ast.parse raises, and TooLong."""
    if len(source) > MOST_SOURCE:
        raise TooLong("It's too long to be parsed here.")
    with _parsing:
        return ast.parse(source)


@functools.lru_cache(maxsize=32)
def _readable(source: bytes) -> tuple[str | None, Facts]:
    """Return what is wrong with this source: a cause and what Python says about it. (Cached: a suite asks about the
    same programs again and again.)
    """
    try:
        tree = syntax_tree(source)
    except TooLong:
        return None, {}  # it is run anyway
    except SyntaxError as error:
        text = (error.text or "").rstrip()
        column = (error.offset or 0) - (len(text) - len(text.lstrip()))  # in the text without its indentation
        return "syntax", {"line": error.lineno or 1, "message": error.msg, "text": text.strip(), "column": column}
    except (ValueError, RecursionError, MemoryError) as error:  # the last two: nested too deeply
        return "syntax", {"line": 1, "message": str(error) or type(error).__name__, "text": "", "column": 0}
    return ("not begun" if all(_says_nothing(statement) for statement in tree.body) else None), {}


def _says_nothing(statement: ast.stmt) -> bool:
    """Whether a statement does nothing: a docstring, pass, or a definition with only such statements."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return all(_says_nothing(inner) for inner in statement.body)
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant)
    return isinstance(statement, ast.Pass)
