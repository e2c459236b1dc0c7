"""How a program begins: Python reads it, it starts with HOST and PORT, and it listens or connects there."""

from __future__ import annotations

import re
from dataclasses import replace

from parley.checks.diagnosis.catalogue.all_stages.kept_alive import main_is_over
from parley.checks.diagnosis.catalogue.all_stages.shared import CLIENT, ERRORS, IDEA, LEFT_OUT, SERVER, SLIPS, hidden
from parley.checks.diagnosis.catalogue.all_stages.waiting import does_not_wait
from parley.checks.diagnosis.coroutines import unsafe_call
from parley.checks.diagnosis.evidence import BAD_PORT, Case, Failure
from parley.checks.diagnosis.fault import (
    Decides,
    Fault,
    Found,
    Life,
    as_raised,
    as_step,
    as_steps,
    everything,
    in_tests,
    like,
    seen,
)
from parley.checks.diagnosis.slips import fixed_host
from parley.checks.diagnosis.syntax import Handler, called_before, calls_in, constants, handlers, name_of, nodes


def _syntax(*kinds: str, words: tuple[str, ...] = (), but: tuple[str, ...] = ()) -> Decides:
    def decides(case: Case) -> Found | None:
        fact = case.fact("syntax")
        if fact is None or (kinds and fact["kind"] not in kinds):
            return None
        message = str(fact["message"])
        if (words and not any(word in message for word in words)) or any(word in message for word in but):
            return None
        line, text = int(fact["line"]), str(fact["text"])
        indent = len(text) - len(text.lstrip())
        caret = " " * max(0, int(fact["column"]) - 1 - indent) + "^"
        step = f"Python stops at line {line} of {case.program}.py: {fact['kind']}: {message}\n{text.strip()}\n{caret}"
        return Found({"line": line, "message": message, "text": text.strip()}, (step, "Nothing of it has ever run."))

    return decides


def _nothing_runs(case: Case) -> Found | None:
    fact = case.fact("nothing_runs")
    if fact is None or not case.fact("ended", status=0):
        return None
    name, line = str(fact["name"]), fact["if_line"]
    why = f"In its text functions are defined, {name}() among them, but nothing at the margin calls any of them."
    if line:
        why = f"The if in line {line} is never true: as Python runs a program, __name__ is another word there."
    return Found({"name": name}, ("The program exits immediately with status 0 and prints nothing.", why))


def _missing_import(case: Case) -> Found | None:
    fact = case.fact("never_bound", module=True)
    if fact is None or not _raised(case, "NameError", str(fact["name"])):
        return None
    step = f"Line {fact['line']} of {case.program}.py uses {fact['name']}, and no line imports it."
    return Found(fact.details, (step,))


def _raised(case: Case, exception: str, words: str = "") -> bool:
    """Whether this exception was seen, by an examination or by a test."""
    facts = case.facts("raises", exception=exception)
    return any(words in str(fact["message"]) for fact in facts) or bool(case.failed(exceptions=[exception]))


def _listen_before_bind(case: Case) -> Found | None:
    """The system refuses the address, for the socket has one: it has listened before."""
    for fact in case.facts("raises"):
        early = called_before(case.source, int(fact["line"]), ("bind",), "listen")
        if early and case.fact("does_not_begin"):
            return Found({"line": early.lineno, "binds": fact["line"]}, (as_raised(fact),))
    return None


def _fixed(what: str, key: str) -> Decides:
    """The program bound ("binds") or connected ("connects") to another host or port than it was told."""

    def decides(case: Case) -> Found | None:
        told, did = case.fact("told"), case.fact(what)
        if told is None or did is None or did[key] == told[key] or (key == "host" and did["host"] in ("", "localhost")):
            return None
        if key == "host" and did["host"] == "0.0.0.0":
            return None  # it can be reached there too
        verb = "binds to" if what == "binds" else "connects to"
        step = (
            f"It was started with {told['host']} {told['port']}; line {did['line']} of {case.program}.py {verb} "
            f"{did['host']}, port {did['port']}."
        )
        unread = case.fact("argv_unread") is not None
        more = ("sys.argv is nowhere in the program.",) if unread else ()
        return Found({"host": did["host"], "port": did["port"], "line": did["line"], "unread": unread}, (step, *more))

    return decides


def _wrong_host(case: Case) -> Found | None:
    found = _fixed("binds", "host")(case)
    return None if found is None or _fixed("binds", "port")(case) else found


BEGINS_NOT = ("not listening", "other port", "nobody came")


def _no_default(case: Case) -> Found | None:
    """Only where the PORT is left out it does not listen or connect; where it is told one, it does."""
    causes = ("crashed", "ended", "not listening", "other port", "nobody came", "goes on", "wordless")
    failures = [failure for failure in case.failed(*LEFT_OUT, causes=causes) if not _at_every_address(case, failure)]
    told = [failure for failure in case.failures if failure not in failures and failure.cause in BEGINS_NOT]
    if not failures or case.fact("does_not_begin") or told:
        return None
    host = _host_alone(failures[0])
    if host and _always_there(case):
        return None
    if not host:
        what, asks = "Started without a PORT, your program doesn't use 50007", "the port"
        return seen(failures, what=what, asks=asks)
    what = f"Started with a HOST alone, your program isn't at {host} and port 50007"
    step = (
        f"Without HOST and PORT it was at 127.0.0.1, port 50007. Started with {host} it wasn't at {host}, port 50007."
    )
    return seen(failures, step, what=what, asks="HOST, and the one that reads PORT,")


def _always_there(case: Case) -> Found | None:
    """It was told another HOST, and no one came there: it connects to the one that stands in its text."""
    line, host = fixed_host(case.source)
    failures = [failure for failure in case.failed(*LEFT_OUT, causes=["nobody came"]) if _host_alone(failure)]
    if not line or not failures or case.fact("does_not_begin"):
        return None
    told = _host_alone(failures[0])
    step = f"It was started with the HOST {told}, and did not come there. Line {line} of client.py has {host}."
    return seen(failures, step, line=line, host=host)


def _host_alone(failure: Failure) -> str:
    """The HOST with which it was started, without a PORT, after it had done well without both; "" if that is not so."""
    starts = [event for event in failure.events if event.what == "starts"]
    own = [event for event in starts if event.who == failure.facts.get("who")]
    well = [event for event in starts if not event.note and event not in own]
    return own[-1].note if own and well and " " not in own[-1].note else ""


EVERY = frozenset(["", "0.0.0.0", "::", "*", None])  # what stands for every address where a server binds


def _everywhere(case: Case) -> Found | None:
    """Where the HOST is left out, no other server can listen at the same port of another address of this machine."""
    failures = [failure for failure in case.failed(*LEFT_OUT) if _at_every_address(case, failure)]
    taken = "Another server couldn't listen at 127.0.0.2 and the same port: the address was taken."
    return None if _host_unused(case) else seen(failures, taken)


def _host_unused(case: Case) -> Found | None:
    """It was told a HOST, and bound to every address."""
    told, did = case.fact("told"), case.fact("binds")
    failures = [failure for failure in case.failed(*LEFT_OUT) if _at_every_address(case, failure)]
    if not told or not did or not failures or did["host"] not in EVERY or told["host"] in EVERY:
        return None
    did_bind = f'line {did["line"]} of server.py binds to "{did["host"]}", which means every address'
    step = f"It was started with the HOST {told['host']}; {did_bind}."
    return seen(failures, step, line=did["line"])


def _at_every_address(case: Case, failure: Failure) -> bool:
    """Whether a second server found the port of another address taken, and the first one may have taken it."""
    if failure.facts.get("who") != "second server" or failure.cause not in ("crashed", "ended"):
        return False
    said = failure.shown("logs", "second server")
    if b"127.0.0.1" in said and b"127.0.0.2" not in said:
        return False  # it wasn't at its own address
    return "INADDR_ANY" in case.source or not EVERY.isdisjoint(constants(case.source))


def _bad_port_accepted(case: Case) -> Found | None:
    """It was started with a PORT that is none, and goes on."""
    failures = case.failed(moment=BAD_PORT, causes=["goes on"])
    starts = [event.note for event in failures[0].events if event.what == "starts"] if failures else []
    if not starts or main_is_over(case):
        return None
    port = starts[-1].rpartition(" ")[2]
    around = [handler for handler in handlers(case.source) if "ValueError" in handler.catches]
    replaced = next((handler for handler in around if _reads_port(case, handler) and handler.goes_on), None)
    why = f": the except in line {replaced.line} lets it go on" if replaced else ""
    said = failures[0].shown("logs").decode(errors="replace").strip().splitlines()[-1:]
    steps = as_steps(as_step(failures[0]), *(f'It says: "{line[:100]}"' for line in said))
    return seen(failures, *steps, port=port, why=why)


def _reads_port(case: Case, handler: Handler) -> bool:
    return any("int(" in case.line(number) for number in range(handler.first, handler.last + 1))


def _ignores_argv(case: Case) -> Found | None:
    port, host = _fixed("connects", "port")(case), _fixed("connects", "host")(case)
    found = port or host
    if found is None:
        return None
    given = "HOST and PORT" if port else "HOST"
    to = f"{found.details['host']}, port {found.details['port']}" if port else f"the host {found.details['host']}"
    return replace(found, details={**found.details, "to": to, "given": given})


def _never_begins(case: Case) -> Found | None:
    """It runs, but it never listens, or never connects."""
    begins = case.fact("does_not_begin")
    if begins is None or begins["cause"] in ("crashed", "ended", "floods") or unsafe_call(case.source):
        return None
    verb = _begins(case)
    stands = [str(fact["told"]) for fact in case.facts("stands")][:3]
    step = f"It runs, and 2.5 s after its start it has not {'listened' if verb == 'listens' else 'connected'} yet."
    busy = case.fact("spins") is not None
    more = ("It uses all the time of a processor: a loop in it never waits.",) if busy else ()
    first = case.fact("stands")
    line = f": it is at line {first['line']}" if first and first["line"] else ""
    return Found({"verb": verb, "line": line}, (step, *stands, *more))


def _ends_first(case: Case) -> Found | None:
    """It ends before it listens or connects, without an exception that would tell why."""
    begins, ended = case.fact("does_not_begin"), case.fact("ended")
    if begins is None or ended is None or case.fact("uncaught") or hidden(case) or does_not_wait(case):
        return None
    if unsafe_call(case.source):
        return None
    verb = _begins(case)
    raises = case.facts("raises")[-1:]
    if raises and raises[0]["exception"] in SLIPS:
        return None
    last = [f"Line {fact['line']} raised {fact['exception']}: {fact['message']}" for fact in raises]
    step = f"It exits with status {ended['status']} before it {verb}."
    return Found({"verb": verb, "status": ended["status"]}, (step, *last))


def _crashes_first(case: Case) -> Found | None:
    """An exception ends it before it listens or connects; where an except catches a slip, it is over as well."""
    uncaught = case.fact("uncaught")
    raised = [fact for fact in case.facts("raises") if uncaught and fact["exception"] == uncaught["exception"]]
    if not uncaught and case.fact("ended") and not hidden(case):
        raised = [fact for fact in case.facts("raises")[-1:] if fact["exception"] in SLIPS]
    if not case.fact("does_not_begin") or not raised:
        return None
    details = {key: raised[-1][key] for key in ("line", "exception", "message")}
    return Found(details, (f"It exits before it {_begins(case)}.",))


def _udp(case: Case) -> Found | None:
    """It never listens or connects, and its text opens a socket of the other kind."""
    lines = [number for number, line in enumerate(case.source.splitlines(), 1) if "SOCK_DGRAM" in line]
    if not lines or not case.fact("does_not_begin"):
        return None
    step = f"Line {lines[0]} of {case.program}.py asks for SOCK_DGRAM; with such a socket nothing {_begins(case)}."
    return Found({"line": lines[0]}, (step, *(str(fact["told"]) for fact in case.facts("stands")[:1])))


def _no_listen(case: Case) -> Found | None:
    """It has bound its socket, and nothing in its text listens."""
    binds, listens = case.fact("binds"), re.search(r"\.listen\(|create_server|start_server|socketserver", case.source)
    if not binds or listens or not case.fact("does_not_begin"):
        return None
    return Found({}, (f"Line {binds['line']} of server.py binds the socket; no line makes it listen.",))


def _no_connect(case: Case) -> Found | None:
    """It makes a socket, and nothing in its text connects one."""
    calls = calls_in(nodes(case.source))
    made = next((call.lineno for call in calls if name_of(call.func) == "socket"), 0)
    others = " ".join(name_of(call.func) for call in calls)
    if not made or re.search(r"connect|sendto|listen|bind|create_server", others) or not case.fact("does_not_begin"):
        return None
    return Found({"line": made}, (f"Line {made} of client.py makes a socket; no line connects it.",))


def _begins(case: Case) -> str:
    return "listens" if case.program == "server" else "connects"


def _takes_options(case: Case) -> Found | None:
    """It ends with the words of argparse: HOST and PORT are no words that it knows."""
    for fact in case.facts("screen"):
        if "error: unrecognized arguments:" in str(fact["log"]) and case.fact("does_not_begin"):
            last = str(fact["log"]).strip().splitlines()[-1][:150]
            return Found({}, (f'Started with HOST and PORT it exits. Its last words: "{last}"',))
    return None


CRASHES_FIRST = Fault(
    slug="exception",
    life=Life.TAKE,
    decides=_crashes_first,
    explains=everything,
    stops=True,
    sentence="An exception stops your program in line {line} ({exception}: {message}).",
    question="Go to that line and read it aloud. Which value did each name in it have at that moment? Print them "
    "with repr() one line above.",
    read=SERVER,
)
TAKES_OPTIONS = Fault(
    slug="argv-options",
    life=Life.START,
    decides=_takes_options,
    explains=everything,
    stops=True,
    sentence="Your {program} wants its HOST and PORT as options such as --port. They come as plain words: python "
    "{program}.py HOST PORT.",
    question="Start it as `python {program}.py 127.0.0.1 50007`. What does argparse say? How does add_argument "
    "name an argument that is no option, and one that may be left out?",
    read=IDEA,
)
FAULTS = [
    Fault(
        slug="syntax-indentation",
        life=Life.READ,
        decides=_syntax("IndentationError", "TabError"),
        explains=everything,
        stops=True,
        sentence="Python never runs this file: line {line} isn't indented the way the line above it asks for "
        "({message}).",
        question="Which lines belong to the line above, the one that ends with a colon? Start the program yourself "
        "and read which line Python names.",
        read=SERVER,
    ),
    Fault(
        slug="syntax-colon",
        life=Life.READ,
        decides=_syntax("SyntaxError", words=("expected ':'",)),
        explains=everything,
        stops=True,
        sentence="Python never runs this file: line {line} has no colon at its end ({text}).",
        question="How do your other lines that start with def, if, for, while or with end? Start the program "
        "yourself and read which line Python names.",
        read=SERVER,
    ),
    Fault(
        slug="syntax",
        life=Life.READ,
        decides=_syntax("SyntaxError", "ValueError", "RecursionError", but=("expected ':'",)),
        explains=everything,
        stops=True,
        sentence="Python never runs this file: it can't read line {line} ({message}).",
        question="Start the program yourself. Where does Python put its mark, and what is missing there or just "
        "before it?",
        read=SERVER,
    ),
    Fault(
        slug="main-never-called",
        life=Life.START,
        decides=_nothing_runs,
        explains=everything,
        stops=True,
        sentence="Your program defines everything and calls nothing: no line outside a function calls {name}().",
        question="What does Python do with the lines below a def, and when? Which line of yours starts the program?",
        read=SERVER,
        mistakes=("main-not-called", "main-not-called-client"),
    ),
    Fault(
        slug="missing-import",
        life=Life.START,
        decides=_missing_import,
        explains=everything,
        stops=True,
        sentence="Line {line} uses {name}, but no line imports it.",
        question="Where does a name such as {name} come from if no line of yours makes it?",
        read=SERVER,
    ),
    Fault(
        slug="ignores-argv",
        life=Life.LISTEN,
        decides=_ignores_argv,
        explains=everything,
        programs=("client",),
        stops=True,
        sentence="Your client always connects to {to}, whatever {given} you start it with.",
        question="The words after client.py on the command line: where does your program read them? Print sys.argv "
        "and the address that you connect to.",
        read=CLIENT,
    ),
    Fault(
        slug="fixed-port",
        life=Life.LISTEN,
        decides=_fixed("binds", "port"),
        explains=everything,
        programs=("server",),
        stops=True,
        sentence="Your server always listens on port {port}, whatever PORT you start it with.",
        question="The words after server.py on the command line: where does your program read them? Print sys.argv "
        "and the address that you bind to.",
        read=SERVER,
    ),
    Fault(
        slug="wrong-host",
        life=Life.LISTEN,
        decides=_wrong_host,
        explains=everything,
        programs=("server",),
        stops=True,
        sentence="You bind to {host}, an address that your program chooses. The HOST comes from the command line.",
        question="Which address did the command line give, and which one does your program bind to? Whose address is "
        "{host}?",
        read=SERVER,
    ),
    Fault(
        slug="udp-socket",
        life=Life.START,
        decides=_udp,
        explains=everything,
        stops=True,
        sentence="Line {line} opens a UDP socket (SOCK_DGRAM). A conversation needs TCP: it connects two programs, and "
        "keeps all bytes in order.",
        question="Which kind of socket does the lesson open? What does connect do that sendto doesn't?",
        read=IDEA,
    ),
    Fault(
        slug="listen-before-bind",
        life=Life.START,
        decides=_listen_before_bind,
        explains=everything,
        programs=("server",),
        stops=True,
        sentence="Line {line} listens before line {binds} binds: by then the system has given the socket an address "
        "of its own choice.",
        question="In which order does a server choose its address, listen and accept? What can listen do with a "
        "socket that has no address yet?",
        read=IDEA,
    ),
    Fault(
        slug="no-listen",
        life=Life.LISTEN,
        decides=_no_listen,
        explains=everything,
        programs=("server",),
        stops=True,
        sentence="Your server binds its socket to an address, but never listens there, so no client can connect.",
        question="What does a socket have to do between bind and accept, so that clients can reach it?",
        read=IDEA,
    ),
    Fault(
        slug="no-connect",
        life=Life.LISTEN,
        decides=_no_connect,
        explains=everything,
        programs=("client",),
        stops=True,
        sentence="Line {line} makes a socket, but no line of your client connects it to a server.",
        question="What does a new socket know about the server? Which call tells it the address, and waits until the "
        "server has accepted?",
        read=IDEA,
    ),
    Fault(
        slug="never-begins",
        life=Life.LISTEN,
        decides=_never_begins,
        explains=everything,
        stops=True,
        sentence="Your {program} runs, but it never {verb}{line}.",
        question="Which lines run between the start of your program and the line where it {verb}? What is the line "
        "named here waiting for?",
        read=IDEA,
        mistakes=(),
    ),
    Fault(
        slug="ends-before-it-begins",
        life=Life.LISTEN,
        decides=_ends_first,
        explains=everything,
        stops=True,
        sentence="Your {program} exits with status {status} before it {verb}.",
        question="Start it yourself with 127.0.0.1 and a port. What is the last line that runs, and what does it say?",
        read=IDEA,
    ),
    Fault(
        slug="host-ignored",
        life=Life.LISTEN,
        decides=in_tests(
            "test_an_empty_host_means_every_interface", causes=["refused", "crashed", "ended", "not listening"]
        ),
        explains=like(*LEFT_OUT, causes=["not listening"]),
        rare=True,
        programs=("server",),
        sentence="Started with an empty HOST, your server can't be reached at every address of this machine.",
        question="What does an empty host mean in the address that you bind to? Does your program pass it on "
        "unchanged?",
        read=IDEA,
        mistakes=("empty-host-replaced", "host-ignored", "empty-host-is-loopback", "loopback-only", "localhost-only"),
    ),
    Fault(
        slug="argv-defaults",
        life=Life.START,
        decides=_no_default,
        rare=True,
        sentence="{what}.",
        question="How long is sys.argv if you only give a HOST? What does your line that reads {asks} do then?",
        read=SERVER,
        mistakes=("exit-no-parens", "exit-no-parens-client", "port-always-told", "port-always-told-client"),
    ),
    Fault(
        slug="argv-defaults",
        life=Life.LISTEN,
        decides=_everywhere,
        programs=("server",),
        rare=True,
        sentence="Started without a HOST, your server listens at every address of this machine, not just at 127.0.0.1.",
        question="Which host do you bind to if the command line gives none? Who can reach that address?",
        read=SERVER,
        mistakes=("everywhere-by-default",),
    ),
    Fault(
        slug="host-ignored",
        life=Life.LISTEN,
        decides=_host_unused,
        programs=("server",),
        rare=True,
        sentence="Your server listens at every address of this machine, whatever HOST it is told (line {line}).",
        question="Which variable of yours has the HOST from the command line, and which line uses it? Who can reach "
        "your server now?",
        read=SERVER,
    ),
    Fault(
        slug="host-ignored",
        life=Life.LISTEN,
        decides=_always_there,
        programs=("client",),
        rare=True,
        sentence="Your client connects to {host}, whatever HOST it is told (line {line}).",
        question="Which variable of yours has the HOST from the command line, and which line uses it? How would your "
        "client reach a server on another machine?",
        read=CLIENT,
    ),
    Fault(
        slug="bad-port-accepted",
        life=Life.START,
        decides=_bad_port_accepted,
        sentence='Started with the PORT "{port}", your {program} keeps running{why}. A wrong port is an error: one '
        "line, and status 1.",
        question="What does someone expect who mistypes the port: a {program} that uses another one, or an error? "
        "Which line of yours notices that the port is none, and which one should end the program?",
        read=ERRORS,
    ),
]
