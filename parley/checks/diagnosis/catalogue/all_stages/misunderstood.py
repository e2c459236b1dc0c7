"""One thing is taken for another: a program's part, its arguments, a format, an encoding, a text for a condition."""

from __future__ import annotations

import ast
import codecs
import re

from parley.checks.diagnosis.catalogue.all_stages.shared import (
    CLIENT,
    FORESEEN,
    IDEA,
    SERVER,
    SILENT,
    came_in,
    explains_exception,
    fact_line,
)
from parley.checks.diagnosis.evidence import Case, Failure
from parley.checks.diagnosis.fault import Fault, Found, Life, as_raised, as_step, everything, like, seen
from parley.checks.diagnosis.slips import wants_words
from parley.checks.diagnosis.syntax import always_true, name_of, nodes
from parley.contract.diagnosis import Detail
from parley.contract.record import quoted


def condition_always_true(case: Case) -> Found | None:
    """A condition of its own has `or` and a text alone, and the program goes wrong."""
    if not case.fact("trouble") and not case.fact("does_not_begin"):
        return None
    found = always_true(case.source)
    if not found:
        return None
    line, condition = found[0]
    step = f"Line {line} of {case.program}.py asks whether {condition}."
    return Found({"line": line, "condition": condition[:60]}, (step, "A text alone counts as true, whatever came."))


def _host_for_port(case: Case) -> Found | None:
    """It takes the HOST that it was given for a port: its arguments have another order."""
    told = case.fact("told")
    if told is None:
        return None
    for fact in case.facts("raises", exception="ValueError"):
        if str(fact["message"]).endswith(f"{told['host']!r}") and "int()" in str(fact["message"]):
            step = f"It was started with {told['host']} {told['port']}; line {fact['line']} raises {fact['message']}."
            return Found({"line": fact["line"], "host": told["host"]}, (step,))
    return None


DROPPED = ("silence", "silent screen", "part", "other bytes", "other line", "other print", "no file", "other file")


def _drops_repeated(case: Case) -> Found | None:
    """A line came a second time, and it did nothing with it."""
    failures = [failure for failure in case.failed(causes=DROPPED) if failure.repeated]
    step = "The same text was given twice in a row: the first one went well, the second one didn't."
    return seen(failures, step, as_step(failures[0])) if failures else None


_CODEC = re.compile(
    r"[\"'](us-?ascii|ascii|latin[-_ ]?1|iso[-_]?8859[-_]?\d+|cp\d+|windows-\d+|utf[-_]?(?:16|32)(?:[-_]?[lb]e)?)[\"']",
    re.IGNORECASE,
)
LETTERS_LOST = ("UnicodeEncodeError", "UnicodeDecodeError")
TWO_FOR_ONE = "\u00c3\u00a9"  # what the two bytes of an e with an accent look like in Latin-1


def other_encoding(case: Case) -> Found | None:
    """A line of its own names an encoding that is not UTF-8, and a letter was lost there, or came out as two."""
    raised = [(int(fact["line"]), str(fact["exception"])) for fact in case.facts("raises")]
    for failure in case.failed(exceptions=LETTERS_LOST):
        raised += [(failure.line, failure.exception)] if failure.line else []
    for number, exception in raised:
        codec = _CODEC.search(case.line(number)) if exception in LETTERS_LOST else None
        if codec:
            step = f"Line {number} of {case.program}.py raises {exception}."
            return Found({"line": number, "codec": codec[1]}, (step,))
    named = _CODEC.search(case.source)
    if not named or not _is_known(named[1]):
        return None
    number, other = case.line_of(named), named[1]
    details: dict[str, Detail] = {"line": number, "codec": other}
    text = case.written(number)
    for failure in case.failed():
        line = _recoded(failure, other)
        if line:
            verb = "typed" if failure.given[-1].what == "types" else "sent"
            return Found(details, (f"{quoted(line)} was {verb}. As {other}, that is what came.", text), (failure,))
    screens = [str(fact["screen"]) for name in ("shown", "entry", "heard") for fact in case.facts(name)]
    if not any(TWO_FOR_ONE in screen for screen in screens):
        return None
    step = f"An \u00e9 came, which is two bytes, and its screen shows {TWO_FOR_ONE}: a letter for each byte."
    return Found(details, (step, text))


def _is_known(codec: str) -> bool:
    try:
        return codecs.lookup(codec).name != "utf-8"
    except LookupError:
        return False


def _recoded(failure: Failure, codec: str) -> str:
    """The line that was given last in a failed test, if this encoding makes of it what came; "" if it does not."""
    given = failure.given[-1] if failure.given else None
    line = given.data.decode(errors="replace").strip("\r\n").rpartition("\n")[2] if given else ""
    if not given or not line:
        return ""
    received = failure.received if isinstance(failure.received, bytes) else b""
    received = received or b"".join(event.data for event in failure.events if event.what == "receives")
    if given.what == "types":
        other = line.encode(codec, errors="replace")
        came = other in received or (len(received) >= FEWEST_BYTES and other.startswith(received))
        return line if other != line.encode() and came else ""
    seen_there = (failure.shown() + received).decode(errors="replace")
    ways = [line.encode().decode(codec, errors=errors) for errors in ("replace", "ignore")]
    return line if line not in seen_there and any(way.strip("\0") and way in seen_there for way in ways) else ""


FEWEST_BYTES = 4  # of what came, before anything is said of all


def _explains_encoding(case: Case, found: Found, failure: Failure) -> bool:
    if failure.exception:
        return failure.exception in LETTERS_LOST
    shows = failure.cause in ("silent screen", "other print", "unwanted print", "unread", "other bytes", "other line")
    return shows or (failure.kind == "core" and failure.cause not in ("other status", "wordless"))


def keyboard_once(case: Case) -> Found | None:
    """A second line was typed, and the first one is sent again; or it is sent again and again, typed once."""
    for name in ("sent", "said"):
        once = case.fact(name, number=1)
        flood = str(once["came"] or once["sent"]) if once else ""
        if once and once["wanted"] and flood.startswith(str(once["wanted"]) * 3):
            return Found({}, (f'"{once["wanted"]}" was typed once, and it sent "{flood[:60]}".',))
        first, second = case.fact(name, number=1, how="same"), case.fact(name, number=2)
        if not first or not second:
            continue
        text = str(first["wanted"]).removesuffix("\\n")
        came = str(second["came"] or second["sent"])
        rest = came.removeprefix(text)
        if came.startswith(text) and (rest == "" or rest.startswith(("\\n", text))):
            sent = f'"{second["wanted"]}" was typed then, and it sent "{came[:60]}".'
            return Found({}, (f'"{text}" was typed and sent.', sent))
    return None


_OTHER_FORMAT = re.compile(r"\b(pickle|json|struct|marshal|ast|yaml)\.(loads?|unpack\w*|literal_eval)\(|\beval\(")


def _other_format(case: Case) -> Found | None:
    """A line of its own reads what came in a format that has more rules than text has, and raises."""
    for fact in case.facts("raises"):
        reads = _OTHER_FORMAT.search(fact_line(case, fact))
        if not reads or fact["exception"] in FORESEEN or not case.fact("trouble"):
            continue
        step = f"Line {fact['line']} of {case.program}.py raises {fact['exception']}: {fact['message']}"
        details = {"line": fact["line"], "reads": reads[0].rstrip("("), "exception": str(fact["exception"])}
        return Found(details | {"early": True}, ("A line of text was sent to it.", step))
    return None


_ROLES = {
    "binds": re.compile(r"\.bind\(|create_server|start_server|socketserver"),
    "connects": re.compile(r"\.connect(_ex)?\(|create_connection|open_connection"),
}


def _other_role(case: Case) -> Found | None:
    """The server connects and the client binds: each has the other's text."""
    own, others = ("binds", "connects") if case.program == "server" else ("connects", "binds")
    told = case.fact("told")
    fact = case.fact(others, port=told["port"]) if told else None
    if not fact or case.fact(own) or not case.fact("does_not_begin") or _ROLES[own].search(case.source):
        return None
    step = f"Line {fact['line']} of {case.program}.py {others}; no line of it {own}."
    does, other = ("connects to", "client") if case.program == "server" else ("listens at", "server")
    return Found({"does": does, "other": other, "line": fact["line"]}, (step,))


_TAKEN = ("Errno 98]", "Errno 48]", "WinError 10048]")  # the address is in use, on several systems


def _client_binds(case: Case) -> Found | None:
    """The client binds the address that it should connect to, where its server listens already."""
    told = case.fact("told")
    binds = case.fact("binds", port=told["port"]) if told else None
    for fact in case.facts("raises"):
        if binds and fact["line"] == binds["line"] and any(number in str(fact["message"]) for number in _TAKEN):
            return Found({"line": fact["line"]}, ("Its server listened at the address already.", as_raised(fact)))
    return None


def _wants_words(case: Case) -> Found | None:
    """It was started with HOST and PORT, and ends since it wants more words, or fewer."""
    if not case.fact("does_not_begin"):
        return None
    for fact in case.facts("raises", exception="IndexError"):
        place = re.search(r"argv\[(\d+)\]", fact_line(case, fact))
        if place and int(place[1]) > 2:
            words = {"wants": f"looks for word number {place[1]}", "line": fact["line"]}
            return Found(words, (f"It was started with two words. {as_raised(fact)}",))
    line, words_wanted = wants_words(case.source)
    if not line or not case.fact("ended") or case.fact("uncaught"):
        return None
    wants = f"wants {words_wanted} {'word' if words_wanted == 1 else 'words'}"
    return Found({"wants": wants, "line": line}, ("It was started with two words, and exits at once.",))


def _forgotten_f(case: Case) -> Found | None:
    """What came has a name of the program's own in braces, or %s: nothing has put a value in its place."""
    found = nodes(case.source)
    names = {name_of(node) for node in found} | {node.arg for node in found if isinstance(node, ast.arg)}
    filled = {id(node.left) for node in found if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod)}
    filled |= {id(node.args[0]) for node in found if isinstance(node, ast.Call) and len(node.args) > 1}  # of a log
    places = {}
    for node in found:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in filled:
            words = re.findall(r"%s|\{[A-Za-z_][\w.]*\}", node.value)
            own = [word for word in words if word == "%s" or word[1:-1].partition(".")[0] in names]
            places.update(dict.fromkeys(own, node.lineno))
    for word, line in places.items():
        failures = [failure for failure in case.failures if word in came_in(failure)]
        if failures and word != "{quit}":
            why = "nothing with % comes after it" if word == "%s" else "the text has no f before its quotes"
            step = f"{word} came, as it stands in line {line} of {case.program}.py, and not a name or a text."
            return seen(failures, step, word=word, line=line, why=why)
    return None


def _locale_encoding(case: Case) -> Found | None:
    """It uses another encoding where the system does: it does not leave the same text unfinished in other tests too,
    nor fail in the same way wherever people talk.
    """
    failures = case.failed("test_a_system_that_speaks_no_utf_8")
    if all(failure.cause == "part" for failure in failures) and len(case.failed(causes=["part"])) > len(failures):
        return None
    same = [each for each in case.failed(causes=[failure.cause for failure in failures]) if each.kind == "core"]
    return seen(failures) if len(same) < len(failures) + MANY else None


MANY = 4  # tests that fail like the one in another system: then it is no matter of the system


LOCALE_ENCODING = Fault(
    slug="locale-encoding",
    life=Life.ANSWER,
    decides=_locale_encoding,
    rare=True,
    sentence="Screen, keyboard or file use the encoding of the system that your program runs on, not UTF-8.",
    question="Which encoding do print, input and open use if you don't name one? Where do you say UTF-8?",
    read="lessons/2_logbook.md#the-server",
    mistakes=("open-without-encoding", "console-encoding", "console-encoding-client"),
)
FORGOTTEN_F = Fault(
    slug="forgotten-f",
    life=Life.ANSWER,
    decides=_forgotten_f,
    explains=lambda case, found, failure: failure in found.failures and failure.cause in (*SILENT, "other line"),
    stops=True,
    sentence="Line {line} sends or shows {word} as it is written there, not a name or a text: {why}.",
    question="What makes Python put a value in the place of {word}? Print the text just before it is sent.",
    read=IDEA,
)
FAULTS = [
    Fault(
        slug="other-role",
        life=Life.START,
        decides=_other_role,
        explains=everything,
        stops=True,
        sentence="Your {program}.py does what a {other} does: line {line} {does} the address that it was given.",
        question="Which of the two programs waits for clients, and which one goes to it? Look into both of your files: "
        "does each have the right name?",
        read=IDEA,
    ),
    Fault(
        slug="client-binds",
        life=Life.LISTEN,
        decides=_client_binds,
        explains=everything,
        programs=("client",),
        stops=True,
        sentence="Line {line} binds your client's socket to the server's own address, which is taken. Only a server "
        "binds; a client connects.",
        question="Who has to be found at a known address, and who goes there? Which port does your client need for "
        "itself, and who chooses that one?",
        read=IDEA,
    ),
    Fault(
        slug="argv-count",
        life=Life.START,
        decides=_wants_words,
        explains=everything,
        stops=True,
        sentence="Your {program} {wants} on its command line (line {line}), but it is started with two, HOST and PORT.",
        question="Start it as `python {program}.py 127.0.0.1 50007`. Which words does sys.argv have then, and where "
        "does all else come from that your program needs?",
        read=SERVER,
    ),
    Fault(
        slug="other-format",
        life=Life.TAKE,
        decides=_other_format,
        explains=explains_exception,
        stops=True,
        sentence="Line {line} reads what arrives with {reads}, but what other programs send is text, and nothing else.",
        question="Look at this stage in PROTOCOLS.md: which bytes does the other side send? What would someone with "
        "netcat have to type so that line {line} understands it?",
        read="lessons/2_logbook.md#the-idea",
    ),
    Fault(
        slug="argv-order",
        life=Life.START,
        decides=_host_for_port,
        explains=everything,
        stops=True,
        sentence="Line {line} takes {host} for the port: the first word on the command line is the HOST, the second "
        "one is the PORT.",
        question="Print sys.argv at the start of your program. Which of its places has the HOST, and which one has the "
        "PORT?",
        read=SERVER,
    ),
    Fault(
        slug="other-encoding",
        life=Life.TAKE,
        decides=other_encoding,
        explains=_explains_encoding,
        stops=True,
        sentence="Line {line} names the encoding {codec}, but all text here is UTF-8: another one loses letters "
        "or changes them.",
        question="Which letters does {codec} have, and how many bytes does an é take in UTF-8? Which encoding should "
        "line {line} name?",
        read="lessons/2_logbook.md#bytes-and-text",
    ),
    Fault(
        slug="keyboard-read-once",
        life=Life.NEXT,
        decides=keyboard_once,
        explains=everything,
        programs=("client",),
        stops=True,
        sentence="Your client reads the keyboard once and then sends this one line again and again.",
        question="How often does your line that reads the keyboard run, and how often the one that sends? Which of "
        "them is inside your loop?",
        read=CLIENT,
    ),
    Fault(
        slug="drops-repeated",
        life=Life.NEXT,
        decides=_drops_repeated,
        sentence="Your {program} drops a line that came before, but people may say the same twice: each line counts.",
        question="Where does your program remember what came before? Who might want to say the same words again, and "
        "how often?",
        read="lessons/2_logbook.md#the-idea",
        mistakes=("drops-repeated",),
    ),
    Fault(
        slug="always-true",
        life=Life.TAKE,
        decides=condition_always_true,
        explains=like(causes=("end", "ended", "silence", "silent screen", "other print", "other bytes", "reset")),
        stops=True,
        sentence="The condition in line {line} is always true: {condition} compares with the first text only.",
        question="Python reads line {line} as two questions with or between them. What is the second one, and when is "
        "it false?",
        read=SERVER,
    ),
]
