"""A short scripted conversation for each stage, between real programs; its record is what `play` and `tour` show."""

from __future__ import annotations

from pathlib import Path

from parley.contract.record import Record
from parley.harness.actors import Role
from parley.harness.scene import Scene
from parley.harness.wire import port_of
from parley.stages import STAGES, Stage

ENOUGH = 5  # seconds of a quick machine: limit for a program to exit


def play(stage: Stage, folder: Path) -> Record:
    """Let the server and the client(s) in this folder talk, and return the Record.

    Raise Failed if a program doesn't do its part, and Leftover if one can't be ended.
    """
    with Scene(folder, seed=stage.number) as scene:
        SCRIPTS[stage.name](scene)
        scene.check()
    return scene.record


def _client(scene: Scene, server: Role, name: str = "client") -> Role:
    """Start a client with its own wire to the server, so that the record shows their bytes."""
    return scene.client(scene.wire(server), name=name)


def _echo(scene: Scene) -> None:
    server = scene.server()
    client = _client(scene, server)
    client.types("Hello, is anybody there?").prints(containing="Hello, is anybody there?")
    client.types("Grüße aus Zürich").prints(containing="Grüße aus Zürich")
    client.ends_keyboard().ends(within=ENOUGH)
    _stop(server)


def _logbook(scene: Scene) -> None:
    server = scene.server()
    client = _client(scene, server)
    client.types("06:40 left the harbor").types("07:15 fog, sounding the horn")
    server.prints(containing="left the harbor")
    server.prints(containing="sounding the horn")
    client.ends_keyboard().ends(within=ENOUGH)
    _stop(server)


def _turns(scene: Scene) -> None:
    server = scene.server()
    client = _client(scene, server)
    client.types("Is the library open today?")
    server.prints(containing="Is the library open today?")
    server.types("Yes, until eight.")
    client.prints(containing="Yes, until eight.")
    client.types("/close")
    client.ends(within=ENOUGH)
    server.ends(within=ENOUGH)


def _peers(scene: Scene) -> None:
    server = scene.server(listens=False)
    server.types("Sofia")
    server.wait_until_it_listens(port_of(server), ENOUGH)
    client = _client(scene, server)
    client.types("Carla").prints(containing="Sofia")
    server.prints(containing="Carla")
    client.types("The train is late.").types("I am on platform 4.")
    server.prints(containing="The train is late.")
    server.prints(containing="platform 4")
    server.types("I see you.")
    client.prints(containing="I see you.")
    server.types("/close")
    server.ends(within=ENOUGH)
    client.ends(within=ENOUGH)


def _broadcast(scene: Scene) -> None:
    server = scene.server()
    anna, ben, carla = (_client(scene, server, name) for name in ("Anna", "Ben", "Carla"))
    here: list[Role] = []
    for client in (anna, ben, carla):
        client.types(client.name).prints(containing=client.name)
        for other in here:
            other.prints(containing=client.name)
        here.append(client)
    anna.types("Who brings the cake?")
    ben.prints(containing="Who brings the cake?")
    carla.prints(containing="Who brings the cake?")
    ben.types("I do.")
    anna.prints(containing="I do.")
    carla.prints(containing="I do.")
    carla.types("{quit}")
    anna.prints(containing="Carla")
    ben.prints(containing="Carla")
    carla.ends(within=ENOUGH)
    server.types("/close")
    for program in (server, anna, ben):
        program.ends(within=ENOUGH)


def _stop(server: Role) -> None:
    """Press Ctrl+C at a server that serves forever. A version without error handling may end with a traceback."""
    server.may_have_a_traceback()
    server.presses_ctrl_c()
    server.wait_until_it_ends(ENOUGH)


SCRIPTS = dict(zip((stage.name for stage in STAGES), (_echo, _logbook, _turns, _peers, _broadcast), strict=True))
