"""How participants talk in each stage. The scenes of faults.py use it, with the same methods for all five."""

from __future__ import annotations

from functools import partial
from typing import Any

from parley.harness.actors import Person, Role
from parley.harness.scene import Scene
from parley.harness.wire import Target, Wire

TEXT, ANSWER = "Coffee at eight? ☕", "Make it nine. ☕"


class Dialogue:
    """The participants of a scene, as in stages 1 to 3: without names. `server`: the program, when it runs."""

    client_name = "client"  # what the story calls a client
    name_typed: str | None = None  # what the server's user types first
    goodbye: str | None = None  # the line to leave with; without one, end of stream does it
    lost_status: int | None = 1  # of a client whose server was killed

    def __init__(self, scene: Scene) -> None:
        self.scene = scene

    def begin(self, **more: Any) -> None:
        """Start the server. `more`: as in Scene.server."""
        self.server = self.start(**more)

    def start(self, **more: Any) -> Role:
        """Start another server."""
        return self.scene.server(types=self.name_typed, **more)

    # a person: someone with a socket, whom the scene plays

    def enter(self, name: str) -> Person:
        """Return a person who connected, and whom the server knows."""
        return self.scene.person(name).connects(self.server)

    def sends(self, person: Person, data: bytes | str) -> None:
        """Send these bytes as this person."""
        person.sends(data)

    def says(self, person: Person, text: str) -> None:
        """Say a line as this person, and expect it to arrive."""
        self.sends(person, f"{text}\n".encode())
        self.heard(text)

    def heard(self, text: str) -> None:
        """Expect this text, after a time or a name, where lines arrive: here on the server's screen."""
        self.server.prints(f" {text}")

    def last_words(self, person: Person, text: str) -> None:
        """Say a line as this person and close the sending side right after it. Expect that outstanding lines still
        arrive.
        """
        person.sends(f"{text}\n").ends()
        self.heard(text)

    def leave(self, person: Person) -> None:
        """Leave as this person, the way this stage does it, and see the end."""
        if self.goodbye:
            person.says(self.goodbye)
        person.ends().receives_lines_until_end()

    def lost(self, name: str, status: int | None = 1) -> str:
        """Expect what must happen when this person is lost, and return it as a sentence."""
        self.says(self.enter("Ben"), "I am still here.")
        return "The server continued, and served the next client."

    # a client: the real program

    def begin_client(self, target: Target | None, *args: str) -> Role:
        """Start a client that tries to connect to the target. Without a target, `args` say where."""
        return self.scene.client(target, *args, name=self.client_name)

    def client(self) -> tuple[Role, Wire]:
        """Return a client that connected to the server through a wire, and the wire."""
        wire = self.scene.wire(self.server)
        return self.begin_client(wire), wire

    def both_ways(self, client: Role) -> None:
        """Let the client's user say something, and get an answer from the other user."""
        client.types(TEXT)
        self.heard(TEXT)
        self.reply(ANSWER)
        client.prints(containing=ANSWER)

    def reply(self, text: str) -> None:
        """Let the other user say something: the one at the server's keyboard."""
        self.server.types(text)

    def until_noticed(self, client: Role) -> None:
        """After the server's end, let the client's user type a line: it notices only when it sends or receives."""
        client.types("Are you still there?")


class Echo(Dialogue):
    """Stage 1: every byte comes back to its sender."""

    def sends(self, person: Person, data: bytes | str) -> None:
        """Expect the same bytes back."""
        person.sends(data).receives(data)

    def heard(self, text: str) -> None:
        """Say a line that only its sender hears."""

    def last_words(self, person: Person, text: str) -> None:
        """They come back."""
        person.sends(text).ends().receives(text)

    def both_ways(self, client: Role) -> None:
        """Expect the same line back."""
        client.types(TEXT).prints(containing=TEXT)


class Logbook(Dialogue):
    """Stage 2: each line becomes an entry at the server, and nothing comes back."""

    def last_words(self, person: Person, text: str) -> None:
        """They need no newline."""
        person.sends(text).ends()
        self.heard(text)

    def until_noticed(self, client: Role) -> None:
        """Type several lines: the client only sends, and loses the first ones unnoticed."""
        for number in range(1, 21):  # it notices after a moment: a few lines on most machines
            text = f"Are you still there? ({number})"
            client.types(text)
            sent = self.scene.deadlines.until(partial(self._has_sent, client, text), 2)
            if not sent or client.wait_until_it_ends(0.1):
                return

    def _has_sent(self, client: Role, text: str) -> bool:
        """Whether it sent this text, or exited."""
        if client.ended:
            return True
        events = (event for event in self.scene.record if (event.who, event.what) == (client.name, "sends"))
        return any(text.encode() in event.data for event in events)

    def both_ways(self, client: Role) -> None:
        """No one answers."""
        client.types(TEXT)
        self.heard(TEXT)


class Turns(Dialogue):
    """Stage 3: the client speaks, the server's user answers, in one conversation."""

    goodbye = "/close"

    def heard(self, text: str) -> None:
        """As before, and then the server's user answers."""
        super().heard(text)
        self.reply(ANSWER)

    def last_words(self, person: Person, text: str) -> None:
        """As before, and the answer still arrives."""
        super().last_words(person, text)
        person.receives_line(ANSWER)

    def both_ways(self, client: Role) -> None:
        """One turn each."""
        client.types(TEXT)
        self.heard(TEXT)
        client.prints(containing=ANSWER)

    def lost(self, name: str, status: int | None = 1) -> str:
        """The one conversation is over."""
        return _ends_with_its_client(self.server, status)


def _ends_with_its_client(server: Role, status: int | None) -> str:
    server.ends_with_a_sentence(status)
    return "The server printed that its client is lost, and exited."


class Peers(Dialogue):
    """Stage 4: both tell their names, then both speak at any time, in one chat."""

    client_name = "Anna"
    name_typed = "Sofia"
    goodbye = "/close"

    def enter(self, name: str) -> Person:
        """Both names are told first."""
        person = super().enter(name).says(name)
        person.receives_line(self.name_typed)
        self.server.prints(containing=name)
        return person

    def lost(self, name: str, status: int | None = 1) -> str:
        """The one conversation is over."""
        return _ends_with_its_client(self.server, status)

    def begin_client(self, target: Target | None, *args: str) -> Role:
        """Its user tells a name first."""
        return super().begin_client(target, *args).types(self.client_name)

    def client(self) -> tuple[Role, Wire]:
        """Both names are told first."""
        client, wire = super().client()
        client.prints(containing=self.name_typed)
        self.server.prints(containing=self.client_name)
        return client, wire

    def until_noticed(self, client: Role) -> None:
        """It notices by itself."""


class Broadcast(Dialogue):
    """Stage 5: everyone hears everyone. Ben is always connected, and hears what the others say."""

    client_name = "Anna"
    goodbye = "{quit}"
    lost_status = None  # a killed server ends the stream, like one that ends the chat
    ben: Person  # since begin()

    def begin(self, **more: Any) -> None:
        """Ben enters."""
        super().begin(**more)
        self.ben = self.enter("Ben")

    def enter(self, name: str) -> Person:
        """Return a person who gave a name and was welcomed. Ben got a notice."""
        person = super().enter(name)
        person.receives_line(words="a greeting")
        person.says(name).receives_lines_until(name)
        if name != "Ben":
            self.ben.receives_lines_until(name)
        return person

    def heard(self, text: str) -> None:
        """Ben hears it."""
        words = f'a name and "{text}"'
        self.ben.receives_lines_until(check=lambda line: line.endswith(f" {text}"), words=words)

    def lost(self, name: str, status: int | None = 1) -> str:
        """Expect a notice to Ben, and that both he and a newcomer can continue."""
        self.ben.receives_lines_until(name)
        carla = self.enter("Carla")
        self.says(carla, "What did I miss?")
        self.reply("One of us is gone.")
        carla.receives_lines_until("One of us is gone.")
        return "The others got a notice, and continued."

    def begin_client(self, target: Target | None, *args: str) -> Role:
        """Its user tells a name first."""
        return super().begin_client(target, *args).types(self.client_name)

    def client(self) -> tuple[Role, Wire]:
        """As before, and it's welcomed, and Ben gets a notice."""
        client, wire = super().client()
        client.prints(containing=self.client_name)
        self.ben.receives_lines_until(self.client_name)
        return client, wire

    def reply(self, text: str) -> None:
        """Ben says something."""
        self.ben.says(text)

    def until_noticed(self, client: Role) -> None:
        """It notices by itself."""


DIALOGUES = {1: Echo, 2: Logbook, 3: Turns, 4: Peers, 5: Broadcast}  # by the number of the stage
