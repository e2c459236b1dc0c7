"""Faults: make things go wrong on a wire on purpose, and see whether the programs of a stage hold.

dialogues.py says how participants talk in each stage, and tables.py turns the results into a table.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from parley import stages
from parley.checks.dialogues import ANSWER, DIALOGUES, TEXT, Broadcast, Dialogue
from parley.contract.errors import BadInput, NotHere
from parley.contract.record import Failed, Record
from parley.contract.story import cause
from parley.harness.programs import LOOPBACK, free_port
from parley.harness.scene import Scene
from parley.harness.wire import port_of
from parley.stages import Stage

VERSIONS = ("bare", "quiet", "full")
JOBS = 3  # scenes in parallel: most of the time they wait
BOUND = 30  # seconds of one scene, on a quick machine
GIVES_UP_WITHIN = 4  # seconds in which a client must give up that waits 2 s for an answer
PAUSE = 4  # seconds, more than one short pause, that a stalled reader may delay the others
TOO_LONG = "far " * 20_000  # a line of 80,000 bytes; 65,536 are allowed
MEGABYTE = [f"{number}. {'word ' * 12_000}" for number in range(1, 18)]  # in lines
MOST_UNREAD = 24  # megabytes: more than an OS buffers for a stalled reader

FAULTS = {
    "split": "Every byte arrives by itself.",
    "coalesce": "Two lines arrive in one chunk.",
    "garbage": "Bytes arrive that aren't UTF-8.",
    "half-close": "A client closes its sending side right after its last line.",
    "reset": "A connection is reset in the middle of a message.",
    "endless": "A line is longer than 65,536 bytes.",
    "stall": "A client stops reading while others write megabytes.",
    "gone": "The server is killed while a client is connected.",
    "refused": "A client connects where no server listens.",
    "silence": "A client connects where no server answers.",
    "taken": "A server starts at a port that is taken.",
    "ctrl-c": "Ctrl+C stops the server while a client is connected, and it starts again on the same port.",
}

# What a chat needs. What a stage can't do is the reason for the next one
ABILITIES = {
    "messages": "The other side sees where a message ends.",
    "answers": "Both users can speak.",
    "any time": "Both can speak at any time.",
    "noticed": "A user sees immediately that the other side has left.",
    "together": "More than two can talk.",
    "next": "When a participant has left, another one can come.",
}

# Faults that mean nothing in a stage: their names, the numbers of the stages, and why
LEFT_OUT = (
    (("coalesce", "endless"), (1,), "an echo knows no lines"),
    (("stall",), (1, 2, 3, 4), "the server serves one client at a time, and all others wait anyway"),
)


@dataclass(frozen=True)
class SceneOutcome:
    """The result of one scene.

    `stage`: a Stage; `name`: the fault or the ability; `version`: "full", "quiet", "bare", "mine" or a folder; `held`:
    whether the programs did what they should, None if this system can't try it; `said`: what happened, in one sentence;
    `record`: all of it; `failed`: the failed expectation (parley.contract.record.Failed), or None.
    """

    stage: Stage
    name: str
    version: str
    held: bool | None
    said: str
    record: Record
    failed: Failed | None = None

    @property
    def word(self) -> str:
        """Whether they held, in words: "holds", "breaks", or "not here" if this system can't try it."""
        return {True: "holds", False: "breaks", None: "not here"}[self.held]


def faults_of(stage: Stage) -> list[str]:
    """Return the names of the faults that mean something in this stage, in the order of FAULTS."""
    return [name for name in FAULTS if not _why_not(stage, name)]


def _why_not(stage: Stage, fault: str) -> str:
    return next((why for names, numbers, why in LEFT_OUT if fault in names and stage.number in numbers), "")


def run(stage: Stage, fault: str, version: str | Path = "full") -> SceneOutcome:
    """Do a fault to the programs of a stage, and return the SceneOutcome.

    `version`: "full", "quiet", "bare", "mine" (exercises/), or a folder (Path) with server.py and client.py. Raise
    BadInput with one sentence if there's no such fault or version, and Leftover if a program couldn't be ended.
    """
    if fault not in FAULTS:
        raise BadInput(f"There's no fault {fault!r} for this stage. Use {', '.join(faults_of(stage))}.")
    if _why_not(stage, fault):
        raise BadInput(f"Stage {stage.number} has no fault {fault}: {_why_not(stage, fault)}.")
    return _run(stage, fault, SCENES[fault], version)


def tries(stage: Stage, ability: str, version: str | Path = "full") -> SceneOutcome:
    """Let the programs of a stage try what a chat needs (one of ABILITIES). Return the SceneOutcome."""
    if ability not in ABILITIES:
        raise BadInput(f"There's no ability {ability!r}. Use {', '.join(ABILITIES)}.")
    return _run(stage, ability, TRIALS[ability], version)


def table(wanted: Sequence[Stage] = stages.STAGES, versions: Sequence[str] = VERSIONS) -> list[SceneOutcome]:
    """Return the outcomes of all faults of these stages, for each of these versions: by stage, then fault, then
    version.
    """
    return _all(
        [partial(run, stage, fault, version) for stage in wanted for fault in faults_of(stage) for version in versions]
    )


def abilities() -> list[SceneOutcome]:
    """Return the outcomes of all abilities: by ability, then stage."""
    return _all([partial(tries, stage, ability) for ability in ABILITIES for stage in stages.STAGES])


def _all(jobs: Sequence[Callable[[], SceneOutcome]]) -> list[SceneOutcome]:
    """Return the outcomes of these jobs, in their order. Run several in parallel. After Ctrl+C, start no more."""
    with ThreadPoolExecutor(JOBS) as pool:
        futures = [pool.submit(job) for job in jobs]
        try:
            while wait(futures, timeout=1).not_done:  # a limit, so that Windows sees Ctrl+C
                pass
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        return [future.result() for future in futures]


def _run(stage: Stage, name: str, play: Callable[[Dialogue], str], version: str | Path) -> SceneOutcome:
    with Scene(_folder(stage, version), seed=stage.number, seconds=BOUND) as scene:
        held: bool | None = True
        failed: Failed | None = None
        try:
            said = play(DIALOGUES[stage.number](scene))
            scene.check()
        except Failed as error:
            held, said, failed = False, cause(error), error
        except NotHere as error:
            held, said = None, str(error)
    return SceneOutcome(stage, name, str(version), held, said, scene.record, failed)


def _folder(stage: Stage, version: str | Path) -> Path:
    if isinstance(version, Path):
        return version
    if version == "mine":
        return stages.exercise(stage, "server").parent
    return stages.solution(stage, version, "server").parent


# The scene of each fault: it gets the stage's dialogue, plays, and returns the result as a sentence


def _split(dialogue: Dialogue) -> str:
    dialogue.begin()
    client, wire = dialogue.client()
    wire.to_server.split()
    wire.to_client.split()
    dialogue.both_ways(client)
    return "A line that arrived byte by byte was shown whole."


def _coalesce(dialogue: Dialogue) -> str:
    dialogue.begin()
    anna = dialogue.enter("Anna")
    anna.sends("We sail at eight.\nBring the lamp.\n")
    dialogue.heard("We sail at eight.")
    dialogue.heard("Bring the lamp.")
    return "The two lines were kept apart."


def _garbage(dialogue: Dialogue) -> str:
    dialogue.begin()
    anna = dialogue.enter("Anna")
    dialogue.sends(anna, b"A caf\xe9 \xff with milk\n")
    dialogue.heard("with milk")
    dialogue.says(anna, "And some sugar.")
    return "The conversation continued."


def _half_close(dialogue: Dialogue) -> str:
    dialogue.begin()
    anna = dialogue.enter("Anna")
    dialogue.last_words(anna, "These are my last words.")
    dialogue.lost("Anna")
    anna.receives_lines_until_end()
    return "Everything outstanding arrived, and EOF was noticed."


def _reset(dialogue: Dialogue) -> str:
    dialogue.begin()
    anna = dialogue.enter("Anna")
    anna.sends_in_pieces("I only wanted to s").resets()
    return dialogue.lost("Anna")


def _endless(dialogue: Dialogue) -> str:
    dialogue.begin()
    anna = dialogue.enter("Anna")
    anna.says(TOO_LONG).receives_lines_until_end(or_reset=True)
    return dialogue.lost("Anna", status=None)


def _stall(dialogue: Dialogue) -> str:
    dialogue.begin()
    assert isinstance(dialogue, Broadcast)  # only this stage is played with this fault
    anna = dialogue.enter("Anna")
    dialogue.ben.waits_for(PAUSE)
    dialogue.scene.person("Zoe").stops_reading().connects(dialogue.server).says("Zoe")
    dialogue.ben.receives_lines_until("Zoe")
    for _ in range(MOST_UNREAD):
        anna.sends("".join(f"{line}\n" for line in MEGABYTE))
        heard = [line for text in MEGABYTE for line in dialogue.ben.receives_lines_until(text)]
        if any("Zoe" in line for line in heard):
            break
    dialogue.says(anna, "Is everyone awake?")
    return "The others waited only for a moment."


def _gone(dialogue: Dialogue) -> str:
    dialogue.begin()
    client, _ = dialogue.client()
    dialogue.both_ways(client)
    dialogue.server.kill().wait_until_it_ends()
    dialogue.until_noticed(client)
    client.ends_with_a_sentence(dialogue.lost_status)
    return "The client printed that the server is gone."


def _refused(dialogue: Dialogue) -> str:
    client = dialogue.begin_client(None, LOOPBACK, str(free_port()))
    client.ends_with_a_sentence()
    return "The client printed that no server is there."


def _silence(dialogue: Dialogue) -> str:
    client = dialogue.begin_client(dialogue.scene.host().never_answers())
    client.ends_with_a_sentence(within=GIVES_UP_WITHIN)
    return "The client gave up after two seconds, and printed that."


def _taken(dialogue: Dialogue) -> str:
    dialogue.begin()
    second = dialogue.start(port=port_of(dialogue.server), name="second server", listens=False)
    second.ends_with_a_sentence()
    dialogue.says(dialogue.enter("Anna"), "I talk to the first one.")
    return "The second server said why it can't start, and the first one continued."


def _ctrl_c(dialogue: Dialogue) -> str:
    dialogue.begin()
    anna = dialogue.enter("Anna")
    dialogue.says(anna, "How long may I stay?")
    dialogue.server.presses_ctrl_c().ends(status=0)
    anna.receives_lines_until_end()
    dialogue.begin(port=port_of(dialogue.server), folder=dialogue.server.folder, name="next server")
    dialogue.says(dialogue.enter("Carla"), "I come later.")
    return "The server exited cleanly, and the next one started on the same port."


SCENES = {
    "split": _split,
    "coalesce": _coalesce,
    "garbage": _garbage,
    "half-close": _half_close,
    "reset": _reset,
    "endless": _endless,
    "stall": _stall,
    "gone": _gone,
    "refused": _refused,
    "silence": _silence,
    "taken": _taken,
    "ctrl-c": _ctrl_c,
}


# The scene of each ability


def _messages(dialogue: Dialogue) -> str:
    host = dialogue.scene.host()
    client = dialogue.begin_client(host)
    server = host.accepts()
    client.types(TEXT)
    server.receives_lines_until(TEXT)
    return "Each message has an end."


def _answers(dialogue: Dialogue) -> str:
    dialogue.begin()
    client, _ = dialogue.client()
    client.types(TEXT)
    dialogue.reply(ANSWER)
    client.prints(containing=ANSWER)
    return "One user asked, and the other one answered."


def _any_time(dialogue: Dialogue) -> str:
    dialogue.begin()
    client, _ = dialogue.client()
    for text in ("Breakfast is ready.", "Where are you?"):
        dialogue.reply(text)
        client.prints(containing=text)
    return "One user spoke twice before the other one said anything."


def _noticed(dialogue: Dialogue) -> str:
    dialogue.begin()
    client, _ = dialogue.client()
    dialogue.both_ways(client)
    dialogue.server.kill()
    client.ends(status=None)
    return "The client exited when the server was gone, with nothing typed."


def _together(dialogue: Dialogue) -> str:
    dialogue.begin()
    dialogue.says(dialogue.enter("Anna"), "Who else is here?")
    dialogue.says(dialogue.enter("Carla"), "I am.")
    return "Both were heard."


def _next(dialogue: Dialogue) -> str:
    dialogue.begin()
    anna = dialogue.enter("Anna")
    dialogue.says(anna, "I am just passing by.")
    dialogue.leave(anna)
    dialogue.says(dialogue.enter("Carla"), "I come later.")
    return "One participant left, and the next one was heard."


TRIALS = {
    "messages": _messages,
    "answers": _answers,
    "any time": _any_time,
    "noticed": _noticed,
    "together": _together,
    "next": _next,
}
