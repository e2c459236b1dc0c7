"""A program that is still being written: something that its stage needs stands nowhere in its text.

This is what most checks of a struggling student look at, and each test fails for it in another way. So it is decided by
the text alone, and told before all that follows from it. A function that is still empty, or that no line calls, is
told where no other fault explains what goes wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from parley.checks.diagnosis.catalogue.all_stages.shared import SILENT
from parley.checks.diagnosis.evidence import Case, Failure
from parley.checks.diagnosis.fault import Decides, Fault, Found, Life
from parley.checks.diagnosis.syntax import called_functions, empty_functions, lacking, unused_functions

FEWEST = 3  # failed core tests: a program that lacks so much passes hardly any
# faults that say more exactly what a program does instead
MORE_EXACT = (
    *("print-instead-of-send", "shows-what-was-typed", "not-shown", "shown-on-stderr"),
    *("never-answers", "never-receives"),
)
TALKS = ("keyboard", "send", "receive", "show")
# what each program of a stage has to do, in the order in which one writes it
NEEDS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "1_echo": {"server": ("receive", "send"), "client": TALKS},
    "2_logbook": {"server": ("receive", "show"), "client": ("keyboard", "send")},
    "3_turns": {"server": ("receive", "show", "keyboard", "send"), "client": TALKS},
    "4_peers": {"server": TALKS, "client": TALKS},
    "5_broadcast": {"server": ("send", "receive"), "client": ("receive", "show", "keyboard", "send")},
}
READ: Mapping[tuple[str, str], str] = {("5_broadcast", "server"): "the-server-first-round"}
IN_WORDS = {
    "receive": "receives anything",
    "send": "sends anything",
    "keyboard": "reads the keyboard",
    "show": "shows what has arrived",
}
ASKS = {
    "receive": "What does the other side send at this point, and which call returns it?",
    "send": "What is the other side waiting for at this point? Which call sends it?",
    "keyboard": "Where does the text that you send come from? Which call waits for a line that the user types?",
    "show": "Your program has received something. Which line lets its user read it?",
}
SUCH_AS = {
    "receive": "receives, such as recv or readline",
    "send": "sends, such as sendall",
    "keyboard": "reads the keyboard, such as input",
    "show": "prints a value",
}


def unfinished(stage: str, own: Sequence[Fault]) -> list[Fault]:
    """The fault of an unfinished program, for each program of a stage named "1_echo" whose own faults these are."""
    exact = [fault for fault in own if fault.slug in MORE_EXACT]
    lacking_parts = [_unfinished(stage, program, needs, exact) for program, needs in NEEDS[stage].items()]
    return [*lacking_parts, *(_forgotten_function(stage, program) for program in NEEDS[stage])]


def _forgotten_function(stage: str, program: str) -> Fault:
    return Fault(
        slug="unfinished",
        life=Life.TAKE,
        decides=_forgets_a_function,
        explains=_explains,
        programs=(program,),
        stops=True,
        fallback=True,
        sentence="Your {program} isn't finished: {what} (line {line}).",
        question="What should {name} do, and who waits for it? At which point of your {program} is it needed?",
        read=_where_to_read(stage, program),
    )


def _forgets_a_function(case: Case) -> Found | None:
    """Something that it should do does not come, and one of its functions is empty, or is called by no line."""
    core = [failure for failure in case.failures if failure.kind == "core"]
    if len(core) < FEWEST or not (case.fact("trouble") or case.fact("does_not_begin")):
        return None
    unused, called = unused_functions(case.source), called_functions(case.source)
    empty = [place for place in empty_functions(case.source) if place[0] in called or place in unused]
    steps = [f"{name} (line {line}) of {case.program}.py has no statement." for name, line in empty]
    steps += [f"No line of {case.program}.py calls {name} (line {line})." for name, line in unused]
    if not steps:
        return None
    name, line = (empty or unused)[0]
    what = f"{name} has no statements yet" if empty else f"no line calls {name}"
    return Found({"what": what, "name": name, "line": line}, tuple(steps))


def _where_to_read(stage: str, program: str) -> str:
    return f"lessons/{stage}.md#{READ.get((stage, program), f'the-{program}')}"


def _unfinished(stage: str, program: str, needs: Sequence[str], exact: Sequence[Fault]) -> Fault:
    return Fault(
        slug="unfinished",
        life=Life.TAKE,
        decides=_decides(needs, [fault for fault in exact if program in fault.programs]),
        explains=_explains,
        programs=(program,),
        stops=True,
        sentence="Your {program} isn't finished: no line of it{that_runs} {lacks}.",
        question="What comes next in the conversation? {ask}",
        read=_where_to_read(stage, program),
    )


def _decides(needs: Sequence[str], exact: Sequence[Fault]) -> Decides:
    def decides(case: Case) -> Found | None:
        lacks = [need for need in needs if need in lacking(case.source)]
        if "stderr" in case.source:  # what is printed there may be meant to be shown
            lacks = [need for need in lacks if need != "show"]
        lacks = [need for need in lacks if not _was_done(case, need)]
        core = [failure for failure in case.failures if failure.kind == "core"]
        if not lacks or len(core) < FEWEST or any(fault.decides(case) for fault in exact):
            return None
        unused, empty = unused_functions(case.source), empty_functions(case.source)
        what = f"{'What runs of ' if unused else ''}{case.program}.py"
        steps = [f"{what} calls nothing that {SUCH_AS[need]}." for need in lacks]
        steps += [f"Nothing calls the function {name} (line {line})." for name, line in unused]
        steps += [f"The function {name} (line {line}) is still empty." for name, line in empty]
        *most, last = (IN_WORDS[need] for need in lacks)
        words = f"{', '.join(most)} or {last}" if most else last
        details = {"lacks": words, "that_runs": " that runs" if unused else "", "ask": ASKS[lacks[0]]}
        return Found(details, tuple(steps))

    return decides


SHORTEST = 4  # bytes: a shorter text may come from elsewhere


def _was_done(case: Case, need: str) -> bool:
    """Whether a test has seen the program do this, in whichever way: what was given to it has come somewhere."""
    for failure in case.failures:
        came = {what: b"".join(event.data for event in failure.events if event.what == what) for what in CAME[need]}
        given = [event.data for event in failure.events if event.what in GIVEN[need]]
        lines = [line.strip() for data in given for line in data.splitlines()]
        if any(line in data for line in lines if len(line) >= SHORTEST for data in came.values()):
            return True
    return False


# what was given to a program that does this, and where it comes then
GIVEN = {"receive": ("sends",), "show": ("sends",), "keyboard": ("types",), "send": ("types", "sends")}
CAME = {"receive": ("prints", "receives"), "show": ("prints",), "keyboard": ("receives",), "send": ("receives",)}


def _explains(case: Case, found: Found, failure: Failure) -> bool:
    """All that the program should do, and what else waits for a word of it."""
    return failure.kind == "core" or failure.cause in SILENT
