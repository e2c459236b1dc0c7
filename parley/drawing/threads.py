"""The threads of a program drawn as one SVG text: a lane for each, where it waits and for what, and what wakes it.

Data can wait in other places too: in the OS (received bytes and typed lines), and in each queue. They are filled while
they contain data that no thread has taken yet.
"""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from parley.contract.moment import Moment
from parley.contract.record import Event, quoted, visible
from parley.drawing.svg import LETTER, as_text, css, fitted, placed, plain, short, shortened

LEFT, MARGIN = 56, 20  # the times are left of the lanes
NARROWEST, WIDEST = 76, 150  # pixels from lane to lane
USUAL = 800  # pixels for all lanes, if they are not too many
ROW = 26
MOST_STEPS = 90  # more lose their middle
MOST_LANES = 12  # of both sides together; with more, only the server is drawn
LABEL = 300  # pixels, at most
CLASS = "parley-picture"

WAITS_FOR = {
    "recv": "for data",
    "accept": "for a client to connect",
    "connect": "to be connected",
    "input": "for the keyboard",
    "send": "until the other side takes more",
    "get": "for something in the queue",
    "put": "for room in the queue",
    "join": "for the end of that thread",
    "wait": "for another thread",
    "lock": "for the thread that holds the lock",
    "select": "for any of its sockets",
    "sleep": "for some time to pass",
    "end": "for its other threads to end",
}
LINES = {  # for each kind of arrow: the style of its line and of its tip
    "bytes": ("bytes-line", "bytes-tip"),
    "passes": ("passes-line", "passes-tip"),
    "sign": ("sign dashed", "sign"),
    "broken": ("broken", "broken"),
}
TIME_IS_UP = ("TimeoutError", "Empty", "Full")
FUNCTION = re.compile(r"Thread-\d+ \((.+)\)")


@dataclass(frozen=True)
class Place:
    """A lane: someone "outside", the "system" (OS) of a program, one of its "threads" or a "queue" of it.

    `name`: of the participant outside, or of the queue; `number`: of the thread.
    """

    kind: str
    program: str
    name: str = ""
    number: int = 0


@dataclass
class ThreadStep:
    """One step: an arrow from `source` to `target`, or without a source a word at `target`.

    `kind`: "bytes", "passes", "sign" or "broken" for an arrow; "typed", "printed", "soft" or "waits" for a word;
    `told`: it as a sentence; `adds`: {place: how much more (or less) waits there from now on}; `until`: for a wait, the
    number of the first step after it; `since`: for an arrow that took a while, the steps that sent its data;
    `under_way`: how many of the `size` bytes of an arrow haven't arrived yet; `over`: the threads whose lanes end here.
    """

    at: float
    kind: str
    target: Place
    word: str
    told: str
    source: Place | None = None
    adds: dict[Place, int] = field(default_factory=dict)
    until: int | None = None
    since: tuple[ThreadStep, ...] = ()
    size: int = 0
    under_way: int = 0
    over: tuple[Place, ...] = ()


def draw_threads(
    events: Iterable[Event], moments: Iterable[Moment], title: str = "", programs: Collection[str] | None = None
) -> str:
    """Return the threads of these programs as a picture: self-contained SVG text.

    `events`: the record of the run; `moments`: what its threads did; `programs`: those whose threads to draw (default:
    both sides if there are two and both fit, otherwise the server).
    """
    reader = _read(list(events), list(moments), programs)
    return _Drawing(reader.lanes(), reader.shown()).svg(title)


def describe_threads(
    events: Iterable[Event], moments: Iterable[Moment], programs: Collection[str] | None = None
) -> str:
    """Return the same as sentences, one per line."""
    steps = _read(list(events), list(moments), programs).shown()
    return "\n".join(f"{step.at:.3f} s: {step.told}" for step in steps if step.told) or "No thread was watched."


# What to draw


def _read(events: list[Event], moments: list[Moment], programs: Collection[str] | None) -> _Reader:
    reader = _Reader(_chosen(moments, programs), events, moments)
    happened: list[Event | Moment] = [*events, *moments]
    for thing in sorted(happened, key=lambda thing: thing.at):
        reader.at = thing.at
        if isinstance(thing, Event):
            reader.event(thing)
        elif thing.who in reader.chosen:
            reader.moment(thing)
    return reader


def _chosen(moments: Sequence[Moment], programs: Collection[str] | None) -> list[str]:
    """Return the programs whose threads are drawn."""
    threads = dict.fromkeys((moment.who, moment.thread) for moment in moments)
    known = list(dict.fromkeys(who for who, _ in threads))
    if programs is not None:
        return [name for name in known if name in programs]
    if len(known) == 2 and len(threads) + 2 <= MOST_LANES:
        return known
    return ["server"] if "server" in known else known[:1]


class _Reader:
    """Turns what happened into steps. It gets everything in the order of time. `at`: the time of the next one."""

    def __init__(self, chosen: Sequence[str], events: Sequence[Event], moments: Sequence[Moment]) -> None:
        self.chosen = chosen
        self.steps: list[ThreadStep] = []
        self.at = 0.0
        self._names = _names(moments)
        self._takers: set[Place] = set()
        # (sender, receiver) pairs for which the record has what arrives, for example through a wire
        self._arrivals = {(event.peer, event.who) for event in events if event.what == "receives"}
        self._ends = {(event.peer, event.who) for event in events if event.what == "sees end"}
        self._ended: set[tuple[str, str]] = set()  # the streams that a watched thread ended
        self._waiting: dict[Place, ThreadStep] = {}
        self._paused: dict[Place, tuple[str, int]] = {}  # of a timed-out wait: the call and its line
        self._items: dict[tuple[str, int], str] = {}  # the contents of the queues
        self._set_by: dict[tuple[str, str], Place] = {}  # (program, event or lock) -> the thread that set it last
        self._under_way: defaultdict[tuple[str, str], list[ThreadStep]] = defaultdict(list)

    def shown(self) -> list[ThreadStep]:
        """Return the steps, without waits in which nothing else happened."""
        counted = list(itertools.accumulate((step.kind != "waits" for step in self.steps), initial=0))

        def is_shown(number: int, step: ThreadStep) -> bool:
            until = len(self.steps) if step.until is None else step.until
            return step.kind != "waits" or step.until is None or counted[until] > counted[number]

        kept = [number for number, step in enumerate(self.steps) if is_shown(number, step)]
        place = {number: sum(other < number for other in kept) for number in range(len(self.steps) + 1)}
        for number in kept:
            until = self.steps[number].until
            if until is not None:
                self.steps[number].until = place[until]
        return [self.steps[number] for number in kept]

    def lanes(self) -> list[Place]:
        """Return the lanes from left to right: participants outside, the OS, the threads that put something into
        queues, the queues, and the threads that take it out. Of two programs the client is on the left, in reverse
        order, so that the two OS lanes are side by side.
        """
        used = {place for step in self.steps for place in (step.source, step.target) if place}
        lanes = sorted((place for place in used if place.kind == "outside"), key=lambda place: place.name)
        for name in sorted(self.chosen, key=lambda name: name == "server"):
            own = sorted(
                (place for place in used if place.program == name), key=lambda place: (place.number, place.name)
            )
            order = {"system": 0, "thread": 1, "queue": 2}
            own.sort(key=lambda place: 3 if place in self._takers else order[place.kind])
            lanes += own if name == "server" or len(self.chosen) == 1 else own[::-1]
        return lanes

    # places

    def _thread(self, who: str, number: int) -> Place:
        return Place("thread", who, self._names.get((who, number), f"thread {number}"), number)

    def _of(self, place: Place) -> str:
        """Return a place as words in a sentence."""
        if place.kind == "thread":
            owner = f"{visible(place.program)}'s" if len(self.chosen) > 1 else "the"
            return f"{owner} main thread" if place.number == 0 else f"{owner} thread {place.name}"
        if place.kind == "system":
            return f"the OS of {visible(place.program)}"
        return visible(place.name) if place.kind == "outside" else f"the queue {visible(place.name)}"

    def _end(self, who: str) -> Place:
        """Return where data for this participant arrives, or comes from."""
        return Place("system", who) if who in self.chosen else Place("outside", "", who or "the other side")

    def _add(
        self, kind: str, target: Place, word: str, told: str, source: Place | None = None, **more: Any
    ) -> ThreadStep:
        step = ThreadStep(self.at, kind, target, word, told[:1].upper() + told[1:], source, **more)
        self.steps.append(step)
        return step

    # events of the record

    def event(self, event: Event) -> None:
        """Add an event from outside the threads."""
        who, peer = event.who, event.peer
        if who in self.chosen:
            self._at_program(event)
        elif peer in self.chosen and event.what == "connects":
            self._add(
                "sign",
                Place("system", peer),
                "connects",
                f"{visible(who)} connects to {visible(peer)}.",
                self._end(who),
            )
        elif peer in self.chosen and event.what == "sends" and (who, peer) not in self._arrivals:
            self._arrives(who, peer, event.data)
        elif peer in self.chosen and event.what == "ends stream" and (who, peer) not in self._ends:
            self._end_arrives(who, peer)
        elif peer in self.chosen and event.what == "resets":
            self._add(
                "broken",
                Place("system", peer),
                "reset",
                f"{visible(who)} resets the connection to {visible(peer)}.",
                self._end(who),
            )
        elif event.what == "stops reading":
            self._add("soft", self._end(who), "stops receiving", f"{visible(who)} stops receiving.")

    def _at_program(self, event: Event) -> None:
        system, who = Place("system", event.who), visible(event.who)
        if event.what == "types":
            told = f"{who}'s user types {quoted(event.data)}: it waits in the OS."
            self._add("typed", system, f"> {as_text(event.data)}", told, adds={system: len(event.data) + 1})
        elif event.what in ("ends keyboard", "presses Ctrl+C"):
            key = "Ctrl+D" if event.what == "ends keyboard" else "Ctrl+C"
            self._add("typed", system, f"> {key}", f"{who}'s user presses {key}.")
        elif event.what == "receives":
            self._arrives(event.peer, event.who, event.data)
        elif event.what == "sees end" and (event.peer, event.who) not in self._ended:
            self._end_arrives(event.peer, event.who)
        elif event.what == "sees reset":
            self._add("broken", system, "reset", f"The connection of {who} is reset.", self._end(event.peer or "wire"))
        elif event.what in ("exits", "is killed"):
            word = "ends" if event.what == "exits" else "is killed"
            threads = tuple(self._thread(*key) for key in self._names if key[0] == event.who)
            told = f"{who} {word}{event.note and ', '}{visible(event.note)}, and all its threads with it."
            self._add("soft", self._thread(event.who, 0), word, told, over=threads)

    def _arrives(self, sender: str, receiver: str, data: bytes) -> None:
        """Add bytes that arrive at a program's OS: all that a thread sent, a part of it, or what someone sent."""
        system, size = Place("system", receiver), len(data)
        told = f"{quoted(data)} from {visible(sender)} arrives at {self._of(system)}, and waits there."
        waiting = [step for step in self._under_way[sender, receiver] if step.under_way]
        before = itertools.accumulate((step.under_way for step in waiting), initial=0)
        sent = tuple(step for step, earlier in zip(waiting, before, strict=False) if earlier < size)
        if not sent:
            self._add("bytes", system, as_text(data), told, self._end(sender), adds={system: size})
            return
        is_whole = len(sent) == 1 and sent[0].under_way == size == sent[0].size
        if is_whole and sent[0] is self.steps[-1]:  # immediately
            sent[0].adds = {system: size}
        else:
            word = "" if is_whole else as_text(data)
            self._add("bytes", system, word, told, sent[0].source, adds={system: size}, since=sent)
        for step in sent:
            taken = min(size, step.under_way)
            step.under_way, size = step.under_way - taken, size - taken

    def _end_arrives(self, sender: str, receiver: str) -> None:
        system = Place("system", receiver)
        told = f"EOF from {visible(sender)} arrives at {self._of(system)}."
        self._add("sign", system, "EOF", told, self._end(sender))

    # moments of the threads

    def moment(self, moment: Moment) -> None:
        """Add something that a thread did."""
        place = self._thread(moment.who, moment.thread)
        name, on, data = self._of(place), visible(moment.on), as_text(moment.data)
        queue = Place("queue", moment.who, moment.on)
        if moment.what not in ("waits", "goes on"):
            self._paused.pop(place, None)
        if moment.what == "waits":
            self._waits(moment, place)
        elif moment.what == "goes on":
            self._goes_on(moment, place)
        elif moment.what == "begins":
            starter = self._thread(moment.who, moment.other)
            self._add("sign", place, "starts", f"{self._of(starter)} starts {name}.", starter)
        elif moment.what == "ends":
            self._add("soft", place, "ends", f"{name} ends.", over=(place,))
        elif moment.what == "prints":
            self._add("printed", place, data, f"{name} prints {quoted(moment.data)}.")
        elif moment.what == "sets":
            self._set_by[moment.who, moment.on] = place
            self._add("soft", place, f"sets {on}", f"{name} sets {on}.")
        elif moment.what == "puts":
            item = self._items[moment.who, moment.item] = visible(moment.data)
            self._is_over(place)
            self._add("passes", queue, item, f"{name} puts {item} into {self._of(queue)}.", place, adds={queue: 1})
        elif moment.what == "takes":
            item = self._items.pop((moment.who, moment.item), "something")
            self._takers.add(place)
            self._is_over(place)
            self._add("passes", place, item, f"{name} takes {item} out of {self._of(queue)}.", queue, adds={queue: -1})
        elif moment.what == "ends stream":
            self._ended.add((moment.who, moment.peer))
            told = f"{name} closes its sending side to {visible(moment.peer)} (EOF)."
            self._add("sign", self._end(moment.peer), "EOF", told, place)

    def _waits(self, moment: Moment, place: Place) -> None:
        if self._paused.pop(place, None) == (moment.call, moment.line):
            return  # the same wait continues
        name, peer, call = self._of(place), visible(moment.peer), visible(moment.call)
        if moment.call == "send" and moment.size:
            told = f"{name} sends {quoted(moment.data)} to {peer}."
            sent = self._add("bytes", self._end(moment.peer), as_text(moment.data), told, place)
            if (moment.who, moment.peer) in self._arrivals and moment.peer in self.chosen:
                sent.under_way = sent.size = moment.size
                self._under_way[moment.who, moment.peer].append(sent)
        elif moment.call == "connect":
            self._add("sign", self._end(moment.peer), "connects", f"{name} connects to {peer}.", place)
        about = " ".join(filter(None, [visible(moment.on), peer]))
        where = f", line {moment.line}" if moment.line else ""
        told = f"{name} waits in {call}{about and f' ({about})'} {WAITS_FOR.get(moment.call, '')}{where}."
        self._waiting[place] = self._add("waits", place, call, told)

    def _is_over(self, place: Place) -> None:
        """End the wait of this thread with the next step."""
        if waiting := self._waiting.pop(place, None):
            waiting.until = len(self.steps)

    def _goes_on(self, moment: Moment, place: Place) -> None:
        if moment.error in TIME_IS_UP and place in self._waiting:
            self._paused[place] = (moment.call, moment.line)
            return
        self._is_over(place)
        system, name, peer = Place("system", moment.who), self._of(place), visible(moment.peer)
        if moment.call in ("recv", "input") and moment.size:
            is_recv = moment.call == "recv"
            told = f"{name} {'receives' if is_recv else 'reads'} {quoted(moment.data)} from {peer or 'the keyboard'}."
            kind, data = ("bytes", moment.data) if is_recv else ("passes", moment.data.rstrip(b"\n"))
            self._add(kind, place, as_text(data), told, system, adds={system: -moment.size})
        elif moment.call in ("recv", "input") and moment.error in ("", "StopIteration"):
            told = f"{name} sees {f'EOF from {peer}' if peer else 'end of input'}."
            self._add("sign", place, "EOF", told, system)
        elif moment.error:
            self._add(
                "soft",
                place,
                visible(moment.error),
                f"{visible(moment.call)} in {name} raises {visible(moment.error)}.",
            )
        elif moment.call == "accept":
            self._add("sign", place, "accepts", f"{name} accepts {peer}.", system)
        elif moment.call == "join":
            ended = self._thread(moment.who, moment.other)
            self._add("sign", place, "has ended", f"{self._of(ended)} ended: {name} continues.", ended)
        elif moment.call in ("wait", "lock"):
            setter = self._set_by.get((moment.who, moment.on))
            if setter and setter != place:
                word = f"{visible(moment.on)} is set" if moment.call == "wait" else f"{visible(moment.on)} is free"
                self._add(
                    "sign", place, word, f"{self._of(setter)} set {visible(moment.on)}: {name} continues.", setter
                )


def _names(moments: Sequence[Moment]) -> dict[tuple[str, int], str]:
    """Return each thread's name: its function, and if several run the same one, also the peer it receives from."""
    names: dict[tuple[str, int], str] = {}
    for moment in moments:
        known = FUNCTION.fullmatch(moment.name)
        name = "main" if moment.thread == 0 else visible(known[1] if known else moment.name)
        names.setdefault((moment.who, moment.thread), name)
    peers: defaultdict[tuple[str, int], set[str]] = defaultdict(set)
    for moment in moments:
        if moment.call == "recv" and moment.peer:
            peers[moment.who, moment.thread].add(visible(moment.peer))
    same: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for (who, number), name in names.items():
        same[who, name].append(number)
    for (who, name), numbers in same.items():
        for place, number in enumerate(sorted(numbers), start=1):
            if len(numbers) > 1:
                names[who, number] = f"{name} {' '.join(sorted(peers[who, number])) or place}"
    return names


# Drawing


class _Drawing:
    """The steps on a sheet: a row for each. A wait may share its row with steps that don't touch it."""

    def __init__(self, lanes: Sequence[Place], steps: Sequence[ThreadStep]) -> None:
        self.lanes, self.steps = lanes, steps
        self.pitch = min(WIDEST, max(NARROWEST, USUAL / max(1, len(lanes))))
        self.x = {place: LEFT + self.pitch * (number + 0.5) for number, place in enumerate(lanes)}
        self.width = LEFT + self.pitch * max(4, len(lanes)) + MARGIN
        first = MOST_STEPS * 2 // 3
        self.folded = range(first, len(steps) - MOST_STEPS + first)  # empty if there are few
        self.late = {id(sent) for step in steps for sent in step.since}  # their lines are drawn on arrival
        self.y: dict[int, int] = {}  # by the id of a step
        self.height = self._give_rows()

    def _give_rows(self) -> int:
        """Give each step its y, all folded steps the same one, and return the y below the last one."""
        taken: list[tuple[float, float]] = [(0, self.width)]  # of the last row
        y = 0
        for number, step in enumerate(self.steps):
            left, right = self._extent(step)
            is_free = all(right < other or left > end for other, end in taken)
            if number not in self.folded[1:] and not (step.kind == "waits" and is_free):
                y, taken = y + ROW, []
            taken.append((0, self.width) if number in self.folded else (left, right))
            self.y[id(step)] = y
        return y + ROW

    def _extent(self, step: ThreadStep) -> tuple[float, float]:
        """Return the left and right end of a step."""
        left, width = self._text(step)[1:]
        xs = [self.x[place] for place in (step.source, step.target) if place]
        return min(left, *xs) - 6, max(left + width, *xs) + 6

    def _text(self, step: ThreadStep) -> tuple[str, float, float]:
        """Return the text of a step, its left end and its width."""
        text, width = fitted(step.word, LABEL, "bytes")
        start, end = self.x[step.source or step.target], self.x[step.target]
        middle = (start + end) / 2
        if id(step) in self.late:  # its line is steep: the text is at its beginning
            middle = start + (width / 2 + 8) * (1 if end > start else -1)
        return text, min(max(middle - width / 2, 8), self.width - width - 8), width

    def svg(self, title: str) -> str:
        """The whole picture."""
        heading = visible(title) or "The threads, from top to bottom"
        top = 110 if title else 84
        height = top + self.height + 56
        shown = [step for number, step in enumerate(self.steps) if number not in self.folded]
        body = [
            f'<rect class="paper" width="{short(self.width)}" height="{height}" rx="6"/>',
            placed(shortened(heading, 100), 20, 26, self.width - 40, "title", height=24) if title else "",
            *self._heads(top - 60),
            f'<g transform="translate(0 {top - ROW})">',
            *self._lanes(),
            *(self._arrow(step) for step in shown if step.source),
            *map(self._word, shown),
            *self._times(shown),
            *self._fold(),
            "</g>",
            *self._legend(height - 34),
        ]
        description = "\n".join(step.told for step in self.steps if step.told)
        size = f'width="{short(self.width)}" height="{height}" viewBox="0 0 {short(self.width)} {height}"'
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" class="{CLASS}" xml:space="preserve" role="img" {size}'
                ' style="max-width: 100%; height: auto">',
                f"<title>{escape(heading)}</title>",
                f"<desc>{escape(description)}</desc>",
                f"<style>{css(CLASS)}</style>",
                *filter(None, body),
                "</svg>\n",
            ]
        )

    def _hover(self, step: ThreadStep, drawn: str) -> str:
        return f"<g><title>{step.at:.3f} s: {escape(step.told)}</title>{drawn}</g>"

    def _arrow(self, step: ThreadStep) -> str:
        """Draw the line of an arrow, or those of all that arrives together, and its tip."""
        assert step.source
        x1, x, y = self.x[step.source], self.x[step.target], self.y[id(step)]
        way = 1 if x > x1 else -1
        line, tip = LINES[step.kind]
        end = (x1 + x) / 2 if step.under_way else x - 4 * way  # an arrow that never arrives ends on its way
        starts = [] if id(step) in self.late else [self.y[id(sent)] for sent in step.since] or [y]
        drawn = [f'<path class="{line}" d="M{short(x1)} {start}L{short(end)} {y}"/>' for start in starts]
        if starts:
            back = short(end - 8 * way)
            drawn.append(f'<path class="{tip}" d="M{back} {y - 4}L{short(end + 2 * way)} {y}L{back} {y + 4}"/>')
        return self._hover(step, "".join(drawn))

    def _word(self, step: ThreadStep) -> str:
        """Draw the text of an arrow above its line, or an action in a box."""
        if not step.word:
            return ""
        text, left, width = self._text(step)
        y = self.y[id(step)]
        if step.source:
            style = "bytes halo" if step.kind in ("bytes", "passes") else "soft halo"
            return self._hover(step, placed(text, left, y - 9, width, style))
        if step.kind == "soft":
            return self._hover(step, placed(text, left, y, width, "soft halo"))
        size = f'width="{short(width + 10)}" height="18" rx="4"'
        box = f'<rect class="{step.kind}" x="{short(left - 5)}" y="{y - 9}" {size}/>'
        return self._hover(step, box + placed(text, left, y, width, "bytes"))

    def _fold(self) -> list[str]:
        if not self.folded:
            return []
        y, words = self.y[id(self.steps[self.folded[0]])], f"{len(self.folded):,} more steps"
        left, width = self.width / 2 - len(words) * LETTER / 2, len(words) * LETTER
        path = f"M{LEFT} {y}H{short(left - 8)}M{short(left + width + 8)} {y}H{short(self.width)}"
        return [f'<path class="dashed" d="{path}"/>', placed(words, left, y, width, "soft halo")]

    # lanes

    def _lanes(self) -> list[str]:
        """Draw threads as lines, dotted while they wait, and places where data waits as bars, filled while there's
        some.
        """
        drawn: list[str] = []
        for place in self.lanes:
            if place.kind == "thread":
                drawn += self._thread(place)
            elif place.kind == "outside":
                drawn.append(f'<path d="M{short(self.x[place])} {ROW - 14}V{self.height}"/>')
            else:
                drawn += [self._bar(place, "buffer", ROW - 14, self.height), *self._filled(place)]
        return drawn

    def _bar(self, place: Place, kind: str, y1: int, y2: int) -> str:
        return f'<rect class="{kind}" x="{short(self.x[place] - 8)}" y="{y1}" width="16" height="{y2 - y1}"/>'

    def _filled(self, place: Place) -> list[str]:
        """Return the parts of a lane in which data waits there."""
        drawn = []
        level = since = 0
        for step in self.steps:
            if more := step.adds.get(place, 0):
                y = self.y[id(step)]
                if level:
                    drawn.append(self._bar(place, "filled", since, y))
                level, since = max(0, level + more), y
        return [*drawn, self._bar(place, "filled", since, self.height)] if level else drawn

    def _thread(self, place: Place) -> list[str]:
        """Draw the line of a thread, from its first step to its end."""
        steps = [step for step in self.steps if place in (step.target, step.source) or place in step.over]
        x, at = short(self.x[place]), self.y[id(steps[0])]
        ends = next((self.y[id(step)] for step in steps if place in step.over), self.height)
        drawn = []
        for step in steps:
            if step.kind == "waits":
                y = self.y[id(step)]
                last = step.until is None or step.until >= len(self.steps)
                until = min(ends, self.height if last else self.y[id(self.steps[step.until or 0])])
                drawn.append(f'<path class="runs" d="M{x} {at}V{y}"/><path class="waiting" d="M{x} {y}V{until}"/>')
                at = until
        return [*drawn, f'<path class="runs" d="M{x} {at}V{max(at, ends)}"/>']

    # around them

    def _heads(self, y: float) -> list[str]:
        """Draw the names of the lanes, alternating between two heights so that each fits, and the programs above."""
        drawn = []
        for program, group in itertools.groupby(self.lanes, key=lambda place: place.program):
            xs = [self.x[place] for place in group]
            left, right = min(xs) - self.pitch / 2 + 6, max(xs) + self.pitch / 2 - 6
            if program:
                drawn.append(f'<path class="group" d="M{short(left)} {y}H{short(right)}"/>')
                drawn.append(placed(shortened(visible(program), 40), left, y - 12, right - left, "name"))
        for number, place in enumerate(self.lanes):
            name = {"system": "OS buffer", "thread": place.name}.get(place.kind, visible(place.name))
            text, width = fitted(name, 2 * self.pitch - 12, "bytes")
            style = "name" if place.kind == "outside" else "bytes"
            left = self.x[place] - width / 2 - 8
            drawn.append(placed(text, left, y + 13 + 17 * (number % 2), width + 16, f"{style} halo"))
        return drawn

    def _times(self, shown: Sequence[ThreadStep]) -> list[str]:
        """Draw some times at the left: seconds since the run began."""
        drawn = []
        last = -4 * ROW
        for step in shown:
            if self.y[id(step)] >= last + 4 * ROW:
                last = self.y[id(step)]
                drawn.append(plain(f"{step.at:.3f} s", LEFT - 8, last + 4, "soft right"))
        return drawn

    def _legend(self, y: float) -> list[str]:
        lines = [
            "A dotted line: the thread waits, in the call that is named. Bytes on a connection are blue.",
            "A filled bar: something has arrived in the OS or in the queue, and the program hasn't taken it yet.",
        ]
        return [plain(line, LEFT, y + 17 * number, "soft left") for number, line in enumerate(lines)]
