"""First contact: one short examination of each program, in the order of a program's life, made to see facts.

Each stage's page in catalogue/ has what is done, examine_server(visit) and examine_client(visit); what that needs is
here. A right program takes half a second.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from parley.checks.diagnosis import positions
from parley.checks.diagnosis.evidence import AS_IT_IS, PAIR, Variation
from parley.checks.diagnosis.syntax import read
from parley.contract.diagnosis import Detail, Fact
from parley.contract.errors import NotHere, SceneOver
from parley.contract.record import Failed, visible
from parley.harness.actors import Host, Person, Role, spins
from parley.harness.scene import Scene, unready

MOST_SOCKETS = 50  # of a program, of which is noted what they hold
COMES_WITHIN = 0.7  # seconds within which all else has to come: longer than a right program ever takes
MOST_IN_VAIN = 5  # such waits for something that does not come, after which an experiment shows nothing more
TAKES_AT_MOST = 15.0  # seconds for all of it


class Visit:
    """One examination of one program.

    `program`: "server" or "client", or PAIR: both of them, with each other; `vary`: what is different this time;
    `facts`: what was seen so far.
    """

    def __init__(
        self, folder: Path, program: str, vary: Variation = AS_IT_IS, start: Any = None, seed: int | None = None
    ) -> None:
        """`folder`: of the programs; `start`: how programs are started (see parley.harness.scene.Scene)."""
        self.folder = folder.resolve()
        self.program = program
        self.vary = vary
        self.facts: list[Fact] = []
        self.failed: Failed | None = None  # why it could not even begin
        self.scene = Scene(folder, seed=seed, seconds=TAKES_AT_MOST, start=start)
        self.scene.answers_within = COMES_WITHIN
        self._heard: dict[Person, int] = {}
        self._in_vain = 0
        self._met: list[Role] = []
        self._moment = "at its start"

    def run(self, examine: Callable[[Visit], None]) -> list[Fact]:
        """Do it, and return the facts that were seen."""
        try:
            with contextlib.suppress(SceneOver):
                self._is_readable()
                examine(self)
        except Failed as failed:  # an expectation of the examination itself: it ends here
            self.note("stuck", cause=failed.cause)
        finally:
            try:
                self._conclude()
            finally:
                self.scene.end()
        return self.facts

    @property
    def source(self) -> str:
        """The text of the program; "" where it cannot be read."""
        try:
            return (self.folder / f"{self.program}.py").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""

    # what is noted

    def at(self, moment: str) -> None:
        """From now on, what is noted was seen then: "after the first text"."""
        self._moment = moment

    def note(self, fact: str, whose: Role | None = None, /, **details: Detail) -> None:
        """Keep a fact about the program; in an examination of both about the one of the two that is given."""
        program = whose.kind if whose else self.program
        self.facts.append(Fact(program, fact, details, self._moment))

    def amiss(self, program: Role, what: str) -> None:
        """Note that something is not as it should be (`what`: in a word), and what the program does at this moment."""
        self.note("trouble", program, what=what)
        self.look(program)

    def look(self, program: Role, spun: bool = False) -> None:
        """Note where the program's threads stand, whether it spins, and what its sockets hold. `spun`: whether it did
        so just now.
        """
        busy = _is_busy(program, spun)
        self.stand(program)
        if busy:
            self.note("spins", program)
        for each in program.sockets()[:MOST_SOCKETS]:
            self.note("socket", program, state=each.state, port=each.near[1], unread=each.unread)

    def stand(self, program: Role) -> None:
        """Note where the program's threads stand, once they have come to rest: what was seen just now may be something
        that one of them sent a moment before it waits again.
        """
        program.wait_until_it_rests()
        kind = program.kind
        for position in positions.positions(program, self.folder / f"{kind}.py"):
            self.note(
                "stands",
                program,
                thread=position.thread,
                call=position.call,
                function=position.function,
                line=position.line,
                told=positions.told(position, kind),
            )

    # who takes part

    def server(self, **more: Any) -> Role:
        """The server, listening. Raises SceneOver if it does not listen, which is noted."""
        server: Role = self._begins(lambda: self.scene.server(**self._examined(), **more))
        return server

    def client(self, *lines: str) -> tuple[Role, Host]:
        """The client, at whose keyboard these lines are typed, and the host that it was told to connect to."""
        host = self.scene.host()
        client = self.scene.client(host, **self._examined())
        self._met.append(client)
        self.note("told", host=host.address[0], port=host.address[1])
        for line in lines:
            client.types(line)
        return client, host

    def own_client(self, server: Role, *lines: str) -> Role:
        """The client, told to connect to the own server, and these lines typed at its keyboard."""
        client = self.scene.client(server, **self._examined())
        self._met.append(client)
        for line in lines:
            client.types(line)
        return client

    def comes(self, client: Role, host: Host) -> Person:
        """The client's connection at the host. Raises SceneOver if it does not connect, which is noted."""
        person: Person = self._begins(host.accepts)
        self._heard[person] = 0
        self.note("connected")
        return person

    def guest(self, name: str, server: Role, reads: bool = True) -> Person:
        """Someone who has connected to the server. Raises SceneOver if it cannot be, which is noted.

        `reads`: whether this person receives what comes.
        """
        person = self.scene.person(name)
        if not reads:
            person.stops_reading()
        self._heard[person] = 0
        if not person.tries_to_connect(server):
            server.wait_until_it_ends(COMES_WITHIN)
            self.note("not_reached")
            raise SceneOver("Nothing more can be seen.")
        return person

    def another_guest(self, name: str, server: Role) -> Person | None:
        """Someone else who connects to a server that should be over; None if no one gets there."""
        person = self.scene.person(name)
        self._heard[person] = 0
        return person if person.tries_to_connect(server) else None

    # what is done and seen

    def hears(self, person: Person, ready: Callable[[bytes], bool]) -> bytes:
        """What comes to this person, until ready(what came) or the end of the stream, but not for long.

        Raises SceneOver in an experiment in which too much was awaited in vain: a student waits for its end.
        """
        start = self._heard[person]
        if not self.scene.deadlines.until(lambda: ready(person.received()[start:]) or person.over, COMES_WITHIN):
            self._in_vain += 1
            if self._in_vain > MOST_IN_VAIN and self.vary != AS_IT_IS:
                raise SceneOver("Nothing more can be seen.")
        came = person.received()[start:]
        self._heard[person] += len(came)
        return came

    def has_come(self, person: Person) -> bytes:
        """What has come to this person since the last time, at this moment; hears() will still return it."""
        return person.received()[self._heard[person] :]

    def sees_end(self, person: Person) -> bool:
        """Whether this person's connection comes to its end."""
        return bool(self.scene.deadlines.until(lambda: person.over, COMES_WITHIN))

    def shows(self, program: Role, ready: Callable[[str], bool]) -> str:
        """The program's screen, as soon as ready(screen), but not for long."""
        self.scene.deadlines.until(lambda: ready(_text(program.printed)) or program.ended, COMES_WITHIN)
        return _text(program.printed)

    def ends(self, program: Role) -> bool:
        """Whether the program ends, which is noted with its status."""
        program.wait_until_it_ends(COMES_WITHIN)
        return program.ended

    def interrupts(self, program: Role) -> None:
        """Press Ctrl+C. If the program goes on, note where its threads stand, and whether Enter ends it."""
        self.at("after Ctrl+C")
        with contextlib.suppress(NotHere):
            program.presses_ctrl_c()
            if not self.ends(program):
                self.look(program)
                program.types("")
                self.note("enter", ends=self.ends(program))

    # how it is done

    def _examined(self) -> dict[str, Any]:
        environment = {"PYTHONUNBUFFERED": "1"} if self.vary.unbuffered else {}
        return {"environment": environment, "instrument": positions.INSTRUMENT}

    def _is_readable(self) -> None:
        for program in ("server", "client") if self.program == PAIR else (self.program,):
            source = self.folder / f"{program}.py"
            cause, _ = unready(source)
            for name, details in read(source):
                self.note(name, **details)
            if cause:
                self.note("unreadable" if cause == "syntax" else cause.replace(" ", "_"))
                raise SceneOver("Nothing more can be seen.")

    def _begins(self, begin: Callable[[], Any]) -> Any:
        try:
            found = begin()
        except Failed as failed:
            self.failed = failed
            program = self.scene.programs[-1]
            self.note("does_not_begin", program, cause=failed.cause)
            for host, port in program.listens_on():
                self.note("listens_elsewhere", program, host=host, port=port, told=(program.address or ("", 0))[1])
            self.look(program, spun=failed.cause == "spins")
            self._met.append(program) if program not in self._met else None
            raise SceneOver("Nothing more can be seen.") from None
        if isinstance(found, Role):
            self._met.append(found)
        return found

    def _conclude(self) -> None:
        """Note what the programs have left behind: their end, screen and log, and what they wrote down."""
        for program in self._met:
            for event in positions.events(program):
                self.note(event.what, program, **event.details)
            if program.address:
                self.note("told", program, host=program.address[0], port=program.address[1])
            exception = program.uncaught()
            if exception:
                self.note("uncaught", program, exception=exception, where=program.uncaught_at(), ended=program.ended)
            status = 0 if program._killed or program.status is None else program.status
            if program.ended and not program._killed:
                self.note("ended", program, status=status)
            self.note("screen", program, text=_text(program.printed), log=_text(program.logged), status=status)


class Contact:
    """First contact with the programs of a folder, all of them at once, in threads of their own.

    `facts`: what was seen so far; `trouble`: exceptions of ours.
    """

    def __init__(
        self,
        folder: Path,
        examinations: dict[str, Callable[[Visit], None]],
        start: Any = None,
        alone: Callable[[], object] = lambda: None,
    ) -> None:
        """Begin at once. `examinations`: {program: what is done with it}; alone() is called on the thread of each one
        before it begins.
        """
        self.facts: list[Fact] = []
        self.trouble: list[BaseException] = []
        self._visits: dict[str, Visit | None] = dict.fromkeys(examinations)
        self._over = False
        self._door = threading.Lock()  # none of them begins while end() looks who is there

        def run(program: str, examine: Callable[[Visit], None]) -> None:
            try:
                alone()
                visit = Visit(folder, program, start=start)  # here, because its sockets belong to this thread's network
                with self._door:
                    self._visits[program] = visit
                    if self._over:
                        visit.scene.end()
                facts = visit.run(examine)
            except Exception as error:  # ours: it explains nothing, and costs no one a point
                self.trouble.append(error)
            else:
                self.facts += facts

        self._threads = [threading.Thread(target=run, args=each, daemon=True) for each in examinations.items()]
        for thread in self._threads:
            thread.start()

    @property
    def given_up(self) -> dict[str, Failed]:
        """{program: why} of those that do not even begin: whoever waits for one of these need not wait."""
        return {program: visit.failed for program, visit in self._visits.items() if visit and visit.failed}

    def wait(self) -> list[Fact]:
        """Wait for its end, and return what was seen."""
        for thread in self._threads:
            while thread.is_alive():
                thread.join(1)  # a limit, so that Windows sees Ctrl+C
        return self.facts

    def end(self) -> None:
        """End all that takes part."""
        with self._door:
            self._over = True
            begun = [visit for visit in self._visits.values() if visit]
        for visit in begun:
            visit.scene.end()


def compared(expected: bytes, came: bytes) -> str:
    """How what came differs from what was expected, in one word: "same", "nothing", "no line end", "part", "inside"
    (with something before or behind it), "repr" (inside, as Python shows bytes) or "other".
    """
    if came == expected:
        return "same"
    if not came:
        return "nothing"
    if came + b"\n" == expected:
        return "no line end"
    if expected.startswith(came):
        return "part"
    if expected in came:
        return "inside"
    if expected.strip() and expected.strip() in came:
        return "inside"
    return "repr" if repr(expected)[1:-1].encode() in came else "other"


def _is_busy(program: Role, spun: bool) -> bool:
    """Whether it uses the processor all the time. A program that has just begun may be busy for a moment on a loaded
    machine: so it is asked twice, and once it is seen asleep it is not busy (of several threads the system tells the
    state of the main one alone). `spun`: whether the first answer is known.
    """
    if program.ended or not (spun or spins(program)):
        return False
    for process in program.processes():
        with contextlib.suppress(Exception):  # it has ended just now
            if process.num_threads() == 1 and process.status() == "sleeping":
                return False
    return spins(program) and not program.ended


def shown(data: bytes) -> str:
    """Bytes as a fact keeps them: on one line, safe to show."""
    return visible(data[:200])


def _text(data: bytes) -> str:
    return data[:20_000].decode(errors="backslashreplace")
