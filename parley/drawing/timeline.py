"""What to draw of a record: what crossed from which step to which, what is folded, who says what."""

from __future__ import annotations

import itertools
import re
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Collection, Mapping, MutableMapping, Sequence
from dataclasses import dataclass

from parley.contract.record import Event
from parley.contract.story import step

ALIKE = 5  # this many steps of one kind in a row are folded
ALTERNATE = 24  # this many steps in a row, of at most four kinds, are folded too
HEAD = 200  # bytes of a log line to examine, to see what it is
SEEN = ("prints", "receives", "sees end", "sees reset", "is refused", "exits", "is killed")  # what decides a failure
ENDS = ("exits", "is killed", "resets", "sees reset", "is refused")
MOST_ENDS = 4  # of these to keep
RARE = 4  # steps of one kind in a fold that are rare enough to show

CROSSES = {"connects": "accepts", "sends": "receives", "ends stream": "sees end", "resets": "sees reset"}
ARRIVES = {seen: done for done, seen in CROSSES.items()}
LOG_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} ")
TRACEBACK = "Traceback (most recent call last):"
EXCEPTION = re.compile(r"[\w.]*?([A-Za-z_]\w*)(?=:|\s*$)")
LOG_THREAD = re.compile(r"(MainThread|Thread-\d+(?: \([^()]*\))?): ")


Way = tuple[str, str, str]  # (verb, sender, receiver)
Queue = deque[list[int]]  # data on its way: [step, bytes of it that have arrived], oldest first
Kind = tuple[str, str, str]  # of a step: (who, what, peer)


@dataclass(frozen=True)
class Crossing:
    """Something that crossed. `verb`: a key of CROSSES, or "is refused"; `data`: its bytes, if any; `sent` and
    `received`: the numbers of its two steps in the record, None for an unseen end; `lost`: whether it's known not to
    have arrived.
    """

    verb: str
    sender: str
    receiver: str
    data: bytes
    sent: int | None
    received: int | None
    lost: bool = False


def crossings(events: Sequence[Event]) -> list[Crossing]:
    """Return everything that crosses in these events. Match bytes as a stream, by their order and number."""
    found: list[Crossing] = []
    waiting: defaultdict[Way, Queue] = defaultdict(deque)
    unseen = _unseen(events)
    for number, event in enumerate(events):
        if event.what == "connects":  # a new connection: data on its way on an older one is lost
            ends = ((event.who, event.peer), (event.peer, event.who))
            older = [(verb, sender, receiver) for verb in CROSSES for sender, receiver in ends]
            found += _never_arrived(events, {way: waiting[way] for way in older if way in waiting}, unseen)
        if event.what in CROSSES:
            waiting[event.what, event.who, event.peer].append([number, 0])
        elif event.what == "receives":
            found += _pieces(events, waiting["sends", event.peer, event.who], number)
        elif event.what in ARRIVES:
            verb = ARRIVES[event.what]
            sender, sent = _sign(waiting, verb, event)
            found.append(Crossing(verb, sender, event.who, b"", sent, number))
        elif event.what == "is refused":
            found.append(Crossing(event.what, event.peer, event.who, b"", None, number))
    return found + _never_arrived(events, waiting, unseen)


def _pieces(events: Sequence[Event], queue: Queue, number: int) -> list[Crossing]:
    """Return what arrives with this step: chunks of what was sent, as far as their sending was seen."""
    event = events[number]
    found: list[Crossing] = []
    at = 0
    while queue and at < len(event.data):
        sent, arrived = queue[0]
        piece = events[sent].data[arrived : arrived + len(event.data) - at]
        if piece:
            found.append(Crossing("sends", event.peer, event.who, piece, sent, number))
        at += len(piece)
        queue[0][1] += len(piece)
        if queue[0][1] == len(events[sent].data):
            queue.popleft()
    return found or [Crossing("sends", event.peer, event.who, event.data, None, number)]


def _sign(waiting: MutableMapping[Way, Queue], verb: str, event: Event) -> tuple[str, int | None]:
    """Return who sent what arrives with this event (other than bytes), and with which step (None if unseen)."""
    senders = [event.peer, "wire"]  # the wire itself may end or reset a stream
    if not event.peer:
        senders += [who for what, who, to in waiting if (what, to) == (verb, event.who)]
    for sender in senders:
        if waiting.get((verb, sender, event.who)):
            return sender, waiting[verb, sender, event.who].popleft()[0]
    return event.peer, None


def _never_arrived(
    events: Sequence[Event], waiting: Mapping[Way, Queue], unseen: Callable[[str, str], bool]
) -> list[Crossing]:
    """Remove and return what is still on its way: it's lost, or its arrival couldn't be seen."""
    found = []
    for (verb, sender, receiver), queue in waiting.items():
        lost = verb != "connects" and not unseen(receiver, sender)
        while queue:
            number, arrived = queue.popleft()
            found.append(Crossing(verb, sender, receiver, events[number].data[arrived:], number, None, lost))
    return found


def _unseen(events: Sequence[Event]) -> Callable[[str, str], bool]:
    """Return a function of who and peer: whether the record lacks what `who` receives from `peer`. It does for a
    program, unless a wire is between them.
    """
    verbs = {*CROSSES, *ARRIVES} - {"connects"}
    programs = {event.who for event in events if event.what == "starts"}
    seen = {(event.who, event.peer) for event in events if event.what in verbs}
    return lambda who, peer: who in programs and (who, peer) not in seen


@dataclass(frozen=True)
class Fold:
    """Folded steps. `steps`: their numbers in the record; `alike`: whether they are like the one before them."""

    steps: tuple[int, ...]
    alike: bool = False

    def words(self) -> str:
        """Return in words how many are missing here."""
        return f"{len(self.steps):,} more like these" if self.alike else f"{len(self.steps):,} more lines"


def fold(events: Sequence[Event], logs: bool, others: Collection[str] = ()) -> list[int | Fold]:
    """Return the steps to show: numbers of events, and a Fold for many successive ones of the same kind, or very many
    of a few kinds (for example if bytes go to and fro one by one). `others`: names that count as one.

    Of the logs, show only uncaught exceptions, unless `logs` is true.
    """
    uncaught = exceptions(events)
    shown: list[int | Fold] = [
        number for number, event in enumerate(events) if logs or event.what != "logs" or number in uncaught
    ]

    def kind(shown: int | Fold) -> Kind:
        event = events[_steps(shown)[0]]
        who, peer = ("" if name in others else name for name in (event.who, event.peer))
        return who, event.what, peer

    keep = deciding(events)
    shown = _fold_runs(shown, kind, kinds=1, least=ALIKE, first=2, last=1, keep=keep)
    return _fold_runs(shown, kind, kinds=4, least=ALTERNATE, first=6, last=3, keep=keep)


def _fold_runs(
    shown: Sequence[int | Fold],
    kind: Callable[[int | Fold], Kind],
    kinds: int,
    least: int,
    first: int,
    last: int,
    keep: Collection[int],
) -> list[int | Fold]:
    """Fold each run of at least this many steps of at most this many kinds. Keep its first and last steps, those of a
    rare kind, and those in `keep`.
    """
    runs: list[tuple[Counter[Kind], list[int | Fold]]] = []  # how often each kind is in it, and its steps
    for entry in shown:
        if runs and len({*runs[-1][0], kind(entry)}) <= kinds:
            runs[-1][0][kind(entry)] += 1
            runs[-1][1].append(entry)
        else:
            runs.append((Counter([kind(entry)]), [entry]))
    for counts, run in runs:
        if len(run) >= least:
            often = [counts[kind(entry)] > RARE and entry not in keep for entry in run]
            middle = itertools.groupby(range(first, len(run) - last), often.__getitem__)
            run[first:-last] = itertools.chain(*(_folded([run[at] for at in places], many) for many, places in middle))
    return [entry for _, run in runs for entry in run]


def _folded(steps: list[int | Fold], many: bool) -> list[int | Fold]:
    return [Fold(_all_steps(steps), alike=True)] if many and len(steps) > 1 else steps


def _steps(shown: int | Fold) -> tuple[int, ...]:
    """Return the steps of a Fold, or a single step as a list."""
    return shown.steps if isinstance(shown, Fold) else (shown,)


def _all_steps(shown: Sequence[int | Fold]) -> tuple[int, ...]:
    return tuple(itertools.chain.from_iterable(map(_steps, shown)))


def cut(shown: list[int | Fold], most: int, keep: Collection[int] = ()) -> list[int | Fold]:
    """Return at most this many of these steps. A Fold replaces those after the first third, except steps to keep (which
    count in addition).
    """
    if len(shown) <= most:
        return shown
    first = most // 3
    rest = first + 1 + len(shown) - most
    middle: list[int | Fold] = []
    for is_kept, entries in itertools.groupby(shown[first:rest], key=lambda entry: entry in keep):
        steps = list(entries)
        middle += steps if is_kept else [Fold(_all_steps(steps))]
    return [*shown[:first], *middle, *shown[rest:]]


def deciding(events: Sequence[Event]) -> set[int]:
    """Return the numbers of the decisive steps of a failure, which are never folded: the expectation, what was last
    seen of its subject, and how programs and connections ended just before.
    """
    kept: set[int] = set()
    for number, event in enumerate(events):
        if event.what == "expects":
            seen = [earlier for earlier in range(number) if events[earlier].who == event.who]
            seen = [earlier for earlier in seen if events[earlier].what in SEEN]
            ends = [earlier for earlier in range(number) if events[earlier].what in ENDS]
            kept |= {number, *seen[-1:], *ends[-MOST_ENDS:]}
    return kept


def thread(line: bytes) -> tuple[str | None, str]:
    """Return the name of the thread that logged this line, and its text: ("", ...) if the log names no thread, (None,
    ...) for a line that isn't the first of its entry.
    """
    text = line.decode(errors="surrogateescape").rstrip("\r\n")
    dated = LOG_TIME.match(text)
    if not dated:
        return None, text
    text = text[dated.end() :]
    named = LOG_THREAD.match(text)
    return (named[1], text[named.end() :]) if named else ("", text)


def exceptions(events: Sequence[Event]) -> dict[int, str]:
    """Return the uncaught exceptions in the logs: {number of the log line that names it: its type}."""
    found: dict[int, str] = {}
    inside: set[str] = set()  # those whose traceback hasn't ended yet
    for number, event in enumerate(events):
        if event.what != "logs":
            continue
        line = event.data[:HEAD].decode(errors="replace")
        if line.rstrip().endswith(TRACEBACK):
            inside.add(event.who)
        elif event.who in inside and not line[:1].isspace():  # the lines of a traceback are indented; this one ends it
            inside.discard(event.who)
            if named := EXCEPTION.match(line):
                found[number] = named[1]
    return found


def step_or_failure(event: Event) -> str:
    """Return an event as a sentence. An expectation says that it didn't come."""
    return f"Failed here: {step(event)}" if event.what == "expects" else step(event)
