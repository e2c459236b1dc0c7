"""A record drawn in space and time, as one SVG text: a lane for each participant, an arrow for each crossing."""

from __future__ import annotations

import itertools
import math
import textwrap
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from parley.contract.record import Event, quoted, visible
from parley.contract.story import step
from parley.drawing.authors import messages_in
from parley.drawing.svg import (
    AUTHORS,
    CELL,
    LETTER,
    MESSAGES,
    as_text,
    cells,
    css,
    fitted,
    lines_as_text,
    placed,
    plain,
    short,
    shortened,
)
from parley.drawing.timeline import Crossing, Fold, crossings, cut, deciding, exceptions, fold, step_or_failure, thread

# All lengths are in pixels of a picture shown at its own size.
WIDTH, NARROW = 800, 640  # of a picture with many lanes, and with two
LEFT, MARGIN = 50, 10  # the lanes are between them, the times on the left
OUTER = 200  # beside the lanes of a picture with only two
GRID = 6  # heights are multiples of it
ROW = 24  # the height of a box and the space below it
DROP = 18  # how much lower an arrow ends, if its bytes arrive immediately
MOST_HEIGHT = 60 * ROW  # the middle of a longer record is folded

MOST_LANES = 6  # more participants share the last lane
MOST_THREADS = 8  # at one participant; more share the last thread's lane
MOST_STEPS = 300  # steps to try to draw at most
MOST_OPENED = 15  # steps of a fold to show in words while the mouse is there
MOST_TOLD = 1000  # steps in words
MOST_TIMES = 12  # at the left
TIMES = (0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)  # seconds between two of them
CLASS, FOR_TWO = "parley-picture", "parley-two"  # the second, of a picture with two lanes, may be shown smaller
LOST_AFTER = 0.35  # share of the way to the next lane after which an arrow ends, if its bytes never arrive
HOVER = 2000  # bytes of a text to show at the mouse

CALLED = {"connects": "connects", "ends stream": "end of stream", "resets": "reset", "is refused": "refused"}
KEYS = {"ends keyboard": "end of input (Ctrl+D)", "presses Ctrl+C": "Ctrl+C"}
NOTES = {"exits": "ends", "stops reading": "stops receiving", "sees reset": "sees a reset"}


def draw(record: Iterable[Event], title: str = "", logs: bool = False) -> str:
    """Return the picture of a record, or of a list of events, as self-contained SVG text.

    `title`: shown above it; `logs`: also draw the log lines, on a thin lane for each thread that they name. The same
    record gives the same text.
    """
    return _Picture(list(record), logs).svg(title)


def describe(record: Iterable[Event], logs: bool = False, whole: bool = False) -> str:
    """Return what the picture shows as sentences, one per line: its alternative for readers who can't see it.

    `whole`: include what the picture folds.
    """
    events = list(record)
    if not whole:
        return _Picture(events, logs).description()
    shown = [event for event in events if logs or event.what != "logs"][:MOST_TOLD]
    return "\n".join(map(step_or_failure, shown)) or "Nothing has happened."


@dataclass(frozen=True)
class Lane:
    """The line of one participant, or of several who share it, at `x`. Its boxes, of at most the width `room`, are
    centered on it (side 0), or left (-1) or right (1) of it.
    """

    names: tuple[str, ...]
    x: float
    side: int
    room: float

    @property
    def title(self) -> str:
        """The name above it."""
        return visible(self.names[0]) if len(self.names) == 1 else f"{len(self.names)} others"

    def span(self, width: float) -> tuple[float, float]:
        """Return the left and right end of a box of this width."""
        left = self.x - width / 2 if self.side == 0 else self.x + 10 * self.side - width * (self.side < 0)
        return left, left + width


def lanes(events: Sequence[Event]) -> list[Lane]:
    """Return a Lane for each participant, in the order of their first appearance, with the server in the middle."""
    acting = [event for event in events if event.what != "expects"]  # expecting isn't doing anything
    names = dict.fromkeys(name for event in acting for name in (event.who, event.peer) if name or name == event.who)
    middle: list[tuple[str, ...]] = [(name,) for name in ("server", "wire") if name in names]
    others: list[tuple[str, ...]] = [(name,) for name in names if (name,) not in middle]
    most = MOST_LANES - len(middle)
    if len(others) > most:
        others[most - 1 :] = [tuple(itertools.chain(*others[most - 1 :]))]
    half = len(others) // 2 if middle else 0
    order = [*others[:half], *middle, *others[half:]]
    if len(order) == 2:
        right = NARROW - MARGIN - OUTER
        return [Lane(order[0], LEFT + OUTER, -1, OUTER - 10), Lane(order[1], right, 1, OUTER - 10)]
    pitch = (WIDTH - MARGIN - LEFT) / max(1, len(order))
    return [Lane(shared, LEFT + pitch * (place + 0.5), 0, pitch - 10) for place, shared in enumerate(order)]


# How it is drawn


Box = tuple[float, float, float, float]  # left, right, and the height above and below its middle


class _Sheet:
    """Everything drawn, from top to bottom: each thing as high as possible without touching the earlier ones."""

    def __init__(self) -> None:
        self.y = 0  # of the last thing
        self.lines: list[str] = []
        self.texts: list[str] = []  # drawn over lines
        self._free: list[float] = [-ROW] * (WIDTH + 1)  # for each x, the sheet is free below this y

    def put(self, *boxes: Box) -> int:
        """Take the first y, not above the last one, where these (left, right, above, below) are free. Return it."""
        free = max(self.free(left, right) + above for left, right, above, _ in boxes)
        self.y = GRID * math.ceil(max(self.y, free) / GRID)
        for left, right, _, below in boxes:
            self.take(left, self.y + below, right, self.y + below)
        return self.y

    def free(self, left: float, right: float) -> float:
        """Return the y below which the sheet is free between these x."""
        return max(self._free[_from(left) : _to(right)])

    def take(self, x1: float, y1: float, x2: float, y2: float) -> None:
        """Take the area above the line between these points."""
        (x1, y1), (x2, y2) = sorted([(x1, y1), (x2, y2)])
        if y1 == y2:  # the same as below, but faster
            place = slice(_from(x1), _to(x2))
            self._free[place] = [max(y1, y) for y in self._free[place]]
            return
        for x in range(_from(x1), _to(x2)):
            part = min(1, max(0, (x - x1) / max(1, x2 - x1)))
            self._free[x] = max(self._free[x], y1 + (y2 - y1) * part)


def _from(x: float) -> int:
    return max(0, math.floor(x))


def _to(x: float) -> int:
    return max(1, min(WIDTH, math.ceil(x))) + 1


class _Picture:
    """The steps of a record on a sheet."""

    def __init__(self, events: list[Event], logs: bool) -> None:
        self.events = events
        self.lanes = lanes(events)
        self.width = NARROW if len(self.lanes) == 2 else WIDTH
        self.right = self.width - MARGIN
        self.messages = messages_in(events)
        authors = dict.fromkeys(message.author for message in self.messages.values())
        self.colours = {author: place % AUTHORS for place, author in enumerate(authors)}
        self.place = {name: number for number, lane in enumerate(self.lanes) for name in lane.names}
        # step -> its crossings; None -> those whose step wasn't seen
        self.leaving: defaultdict[int | None, list[Crossing]] = defaultdict(list)
        self.arriving: defaultdict[int | None, list[Crossing]] = defaultdict(list)
        for crossing in filter(self._is_arrow, crossings(events)):
            self.leaving[crossing.sent].append(crossing)
            self.arriving[crossing.received].append(crossing)
        self.exceptions = {} if logs else exceptions(events)  # with all logs, they are there anyway
        shared = [name for lane in self.lanes if len(lane.names) > 1 for name in lane.names]
        self._draw_what_fits(fold(events, logs, shared))

    def description(self) -> str:
        """Return the steps as sentences, as in story.py."""
        lines = [
            f"({entry.words()})" if isinstance(entry, Fold) else step_or_failure(self.events[entry])
            for entry in self.shown
        ]
        return "\n".join(lines or ["Nothing has happened."])

    def _draw_what_fits(self, steps: list[int | Fold]) -> None:
        """Draw as many of the steps as fit, found by bisection."""
        few, many = 3, min(len(steps), MOST_STEPS)
        keep = deciding(self.events)
        self._draw(cut(steps, many, keep))
        if self.sheet.y > MOST_HEIGHT:
            while many - few > 1:  # few fit, many don't
                half = (few + many) // 2
                self._draw(cut(steps, half, keep))
                few, many = (few, half) if self.sheet.y > MOST_HEIGHT else (half, many)
            self._draw(cut(steps, few, keep))

    def _draw(self, shown: list[int | Fold]) -> None:
        self.shown = shown
        self.order = {entry: place for place, entry in enumerate(shown)}
        self.sheet = _Sheet()
        self.folds: list[tuple[Fold, int, str]] = []  # with their y and their mark: drawn over everything else
        self.at: dict[int, int] = {}  # step -> y
        self.threads: dict[tuple[str, str], tuple[float, int, int]] = {}  # (who, thread) -> x, first y, last y
        self.last_thread: dict[str, str] = {}  # who -> thread
        for entry in shown:
            if isinstance(entry, Fold):
                self._fold(entry)
            elif entry in self.leaving:
                self._leaves(entry, self.leaving[entry])
            elif entry in self.arriving:
                self._arrives(entry, self.arriving[entry])
            else:
                self._stays(entry, self.events[entry])

    def _lane(self, name: str) -> Lane:
        return self.lanes[self.place[name]]

    # steps on one lane

    def _stays(self, number: int, event: Event) -> None:
        if event.what == "expects":
            self._expects(number, event)
        elif number in self.exceptions:
            self._box(number, event, "", self.exceptions[number], "bytes bad halo")
        elif event.what == "logs":
            self._logs(number, event)
        elif event.what in ("types", "prints"):
            kind = "typed" if event.what == "types" else "printed"
            self._box(number, event, kind, as_text(event.data.rstrip(b"\r\n") or event.data), "bytes")
        elif event.what in KEYS:
            self._box(number, event, "typed", KEYS[event.what], "")
        else:
            self._box(number, event, "", _note(event), "soft halo")

    def _box(self, number: int, event: Event, kind: str, text: str, style: str) -> None:
        """Draw a step at its participant's lane. Without a kind it's only words."""
        lane = self._lane(event.who)
        owner = f"{visible(event.who)}: " if len(lane.names) > 1 else ""
        sign = "> " if kind == "typed" else ""
        text, width = fitted(owner + sign + text, lane.room - 12, style)
        left, right = lane.span(width + 12)
        y = self.at[number] = self.sheet.put((min(left, lane.x), max(right, lane.x), 14, 10))
        shape = ""
        if kind:
            size = f'width="{short(right - left)}" height="20"'
            shape = f'<rect class="{kind}" x="{short(left)}" y="{y - 10}" {size} rx="4"/>'
        if kind and lane.side:
            self.sheet.lines.append(f'<path d="M{short(lane.x)} {y}h{10 * lane.side}"/>')
        self.sheet.texts.append(self._hover(number, shape + placed(text, left + 4, y, right - left - 8, style)))

    def _logs(self, number: int, event: Event) -> None:
        lane = self._lane(event.who)
        name, said = thread(event.data[:HOVER])
        if name is None:
            name = self.last_thread.get(event.who, "")
        self.last_thread[event.who] = name
        side = lane.side or (1 if lane.x <= (LEFT + self.right) / 2 else -1)
        known = self.threads.get((event.who, name))
        before = sum(who in lane.names for who, _ in self.threads)
        x = known[0] if known else lane.x + side * 12 * min(MOST_THREADS, before + 1)
        edge = lane.x + side * (lane.room + 10) if lane.side else (self.right if side > 0 else LEFT)
        if name and not known:
            self._beside(x, side, edge, visible(name), "soft halo")
        y = self.at[number] = self._beside(x, side, edge, visible(said), "bytes soft halo", number)
        self.threads[event.who, name] = (x, known[1] if known else y, y)

    def _beside(self, x: float, side: int, edge: float, text: str, style: str, number: int | None = None) -> int:
        """Draw words between a thread's lane and the edge, with a dot on the lane for a step. Return their y."""
        text, width = fitted(text, max(60, abs(edge - x) - 14), style)
        left = x + 8 if side > 0 else x - 8 - width
        y = self.sheet.put((min(left, x - 4), max(left + width, x + 4), 9, 7))
        drawn = placed(text, left, y, width, style)
        if number is not None:
            drawn = self._hover(number, f'<circle class="dot" cx="{short(x)}" cy="{y}" r="3"/>{drawn}')
        self.sheet.texts.append(drawn)
        return y

    # marks across all lanes

    def _fold(self, fold: Fold) -> None:
        """Draw the place of folded steps. Arrows that end in one of them end there."""
        y = self.sheet.put((LEFT, self.right, 16, 14))
        for number in fold.steps:
            self.at[number] = y
        arrived = [crossing for number in fold.steps for crossing in self.arriving.get(number, ())]
        for crossing in {(crossing.sent, crossing.verb): crossing for crossing in arrived}.values():
            if crossing.sent is not None and crossing.sent in self.order:
                x1, x2 = self._ends(crossing)
                self._arrow(crossing, x1, self.at[crossing.sent], x2, y)
        words, middle = fold.words(), (LEFT + self.right) / 2
        half = len(words) * LETTER / 2 + 8
        path = f"M{LEFT} {y}H{short(middle - half)}M{short(middle + half)} {y}H{self.right}"
        self.sheet.lines.append(f'<path class="dashed" d="{path}"/>')
        self.folds.append((fold, y, placed(words, middle - half, y, 2 * half, "soft halo")))

    def _opened(self, fold: Fold, y: int, mark: str) -> str:
        """Draw a fold, and its steps as sentences over the picture, visible while the mouse is there."""
        letters = int((self.right - LEFT - 24) / LETTER)
        told = [shortened(step_or_failure(self.events[number]), letters) for number in fold.steps[:MOST_OPENED]]
        if len(fold.steps) > MOST_OPENED:
            told.append(f"... and {len(fold.steps) - MOST_OPENED:,} more")
        height = 16 * len(told) + 10
        top = max(-20, min(y + 14, self.sheet.y + 60 - height))
        rows = "".join(plain(line, LEFT + 12, top + 17 + 16 * row, "left") for row, line in enumerate(told))
        shape = f'<rect x="{LEFT}" y="{top}" width="{self.right - LEFT}" height="{height}" rx="4"/>'
        return f'<g class="fold">{mark}<g class="more">{shape}{rows}</g></g>'

    def _expects(self, number: int, event: Event) -> None:
        """Draw what was expected here and didn't come."""
        letters = int((self.right - LEFT - 24) / LETTER)
        lines = [shortened(line, letters) for line in textwrap.wrap(step_or_failure(event), letters - 2)]
        lines = [*lines[:2], "..."] if len(lines) > 3 else lines
        height = 16 * len(lines) + 10
        y = self.at[number] = self.sheet.put((LEFT, self.right, 14, height + 2))
        shape = f'<rect class="expected" x="{LEFT}" y="{y}" width="{self.right - LEFT}" height="{height}" rx="4"/>'
        rows = [plain(line, LEFT + 12, y + 17 + 16 * row, "left") for row, line in enumerate(lines)]
        self.sheet.texts.append(self._hover(number, shape + "".join(rows)))
        self.sheet.y = y + height

    # crossings

    def _is_arrow(self, crossing: Crossing) -> bool:
        """Whether there's an arrow to draw: it goes from one lane to another, and bytes aren't empty."""
        ends = {self.place.get(crossing.sender), self.place.get(crossing.receiver)}
        return len(ends) == 2 and None not in ends and bool(crossing.verb != "sends" or crossing.data)

    def _leaves(self, number: int, crossings: Sequence[Crossing]) -> None:
        """Draw the arrows that begin with this step: one for each chunk, and a dangling one for bytes that didn't
        arrive.
        """
        for crossing in crossings:
            if crossing.lost:
                self._is_lost(number, crossing)
            elif crossing.received is None:
                self._has_one_end(number, crossing)
        pieces = [crossing for crossing in crossings if crossing.received is not None]
        if pieces:
            self._begins(number, pieces[0], whole=len(crossings) == 1)

    def _begins(self, number: int, crossing: Crossing, whole: bool) -> None:
        """Draw the beginning of an arrow, with its text, unless that arrives in chunks."""
        x1, x2 = self._ends(crossing)
        if whole:
            follows = crossing.received in self.order and self.order[crossing.received] == self.order[number] + 1
            at_once = follows and len(self.arriving[crossing.received]) == 1
            label = self._label(crossing, crossing.data, self._gap(crossing, at_once and self._far(crossing)), DROP)
            if not at_once:  # near its beginning, because the line's slope isn't known yet
                label.move(x1, x2)
            y = self.at[number] = self.sheet.put((min(x1, x2), max(x1, x2), 6, 2), label.box())
            self._write(number, label, y + label.rise)
        elif number not in self.at:
            self.at[number] = self.sheet.put((min(x1, x2), max(x1, x2), 6, 2))
        y = self.at[number]
        self.sheet.take(x1, y + 3, x2 - math.copysign(8, x2 - x1), y + DROP)

    def _arrives(self, number: int, crossings: Sequence[Crossing]) -> None:
        """Draw the arrows that end with this step."""
        if crossings[0].sent is None:
            self._has_one_end(number, crossings[0])
            return
        x1, x2 = self._ends(crossings[0])
        begun = [self.at[crossing.sent] for crossing in crossings if crossing.sent is not None]
        pieces = [
            crossing
            for crossing in crossings
            if crossing.sent not in self.order or len(self.leaving[crossing.sent]) > 1
        ]
        self.sheet.y = max(self.sheet.y, *(y + DROP * (2 if pieces else 1) for y in begun))
        y = self._ends_with_text(number, pieces) if pieces else self.sheet.put((x2 - 3, x2 + 3, 6, 2))
        self.at[number] = y
        for crossing, y1 in zip(crossings, begun, strict=True):
            self.sheet.take(x1, y1 + 3, x2, y + 3)
            self._arrow(crossing, x1, y1, x2, y)

    def _ends_with_text(self, number: int, pieces: Sequence[Crossing]) -> int:
        """Put the text of chunks from one larger send on the line, where they arrive. Return the y there."""
        x1, x2 = self._ends(pieces[0])
        label = self._label(pieces[0], b"".join(piece.data for piece in pieces), self._gap(pieces[0], far=True), 0)
        label.move(x2, x1)
        assert pieces[0].sent is not None  # they are chunks of data that someone was seen sending
        right, start = label.left + label.width, self.at[pieces[0].sent]
        while self.sheet.free(label.left, right) > label.on_line(start, self.sheet.y) - 8:
            self.sheet.y += GRID
        y = self.sheet.put((x2 - 3, x2 + 3, 6, 2))
        middle = label.on_line(start, y)
        self.sheet.take(label.left, middle + 8, right, middle + 8)
        self._write(number, label, middle)
        return y

    def _has_one_end(self, number: int, crossing: Crossing) -> None:
        """Draw a level arrow, whose other end wasn't seen."""
        x1, x2 = self._ends(crossing)
        label = self._label(crossing, crossing.data, self._gap(crossing, self._far(crossing)), 0)
        y = self.at[number] = self.sheet.put((min(x1, x2), max(x1, x2), 6, 4), label.box())
        self._write(number, label, y + label.rise)
        self._arrow(crossing, x1, y, x2, y)

    def _is_lost(self, number: int, crossing: Crossing) -> None:
        x1, x2 = self._ends(crossing)
        gap = self._gap(crossing, far=False)
        label = self._label(crossing, crossing.data, gap, 0)
        label.lift += 6  # there are words on the line too
        y = self.at[number] = self.sheet.put((*gap, 8, 8), label.box())
        self._write(number, label, y + label.rise)
        x2 = x1 + math.copysign(LOST_AFTER * (gap[1] - gap[0]), x2 - x1)
        self._arrow(crossing, x1, y, x2, y)
        style = "bad halo left" if x2 > x1 else "bad halo right"
        self.sheet.texts.append(plain("not received", x2 + math.copysign(10, x2 - x1), y + 4, style))

    def _ends(self, crossing: Crossing) -> tuple[float, float]:
        """Return the x of the two ends of an arrow."""
        return self._lane(crossing.sender).x, self._lane(crossing.receiver).x

    def _far(self, crossing: Crossing) -> bool:
        """Whether the text of an arrow is at its far end: it's always beside the client."""
        return self._lane(crossing.receiver).names != ("server",)

    def _gap(self, crossing: Crossing, far: bool) -> tuple[float, float]:
        """Return the left and right end of a text: between the lane of the receiver (far) or the sender, and the one
        before.
        """
        sender, receiver = self.place[crossing.sender], self.place[crossing.receiver]
        way = 1 if receiver > sender else -1
        lanes = (receiver - way, receiver) if far else (sender, sender + way)
        xs = sorted(self.lanes[place].x for place in lanes)
        return xs[0] + 10, xs[1] - 10

    def _label(self, crossing: Crossing, data: bytes, gap: tuple[float, float], drop: float) -> _Label:
        """Return the text of an arrow, placed in this gap."""
        shared = [name for name in (crossing.sender, crossing.receiver) if len(self._lane(name).names) > 1]
        style = "bytes" if crossing.verb == "sends" else ""
        owners = "".join(f"{visible(name)}: " for name in shared)
        room = gap[1] - gap[0]
        text = lines_as_text(data, int(room / CELL) - cells(owners)) if style else CALLED[crossing.verb]
        text, width = fitted(owners + text, room, style)
        x1, x2 = self._ends(crossing)
        return _Label(text, f"{style} halo".strip(), sum(gap) / 2 - width / 2, width, x1, x2, drop)

    def _write(self, number: int, label: _Label, y: float) -> None:
        self.sheet.texts.append(self._hover(number, placed(label.text, label.left, y, label.width, label.style)))

    def _arrow(self, crossing: Crossing, x1: float, y1: float, x2: float, y2: float) -> None:
        """Draw the line, with the sign of what crosses at its end."""
        length = math.hypot(x2 - x1, y2 - y1)
        along, down = (x2 - x1) / length, (y2 - y1) / length

        def point(back: float, aside: float) -> str:
            """Return the point this far before the end of the line, and beside it."""
            return f"{short(x2 - back * along - aside * down)} {short(y2 - back * down + aside * along)}"

        line, tip, sign = SIGNS[crossing.verb]
        if crossing.lost:
            tip, sign = "broken", LOST
        path = " ".join(f"M{point(*way[0])}" + "".join(f"L{point(*place)}" for place in way[1:]) for way in sign)
        drawn = f'<path class="{line}" d="M{short(x1)} {short(y1)}L{point(3, 0)}"/><path class="{tip}" d="{path}"/>'
        seen = crossing.received if crossing.sent is None else crossing.sent
        assert seen is not None  # its message is unknown if neither end was seen
        self.sheet.lines.append(self._hover(seen, drawn, crossing))

    # the whole

    def _hover(self, number: int, drawn: str, crossing: Crossing | None = None) -> str:
        """Return something drawn, with its sentence shown at the mouse."""
        event = self.events[number]
        lines = [f"{event.at:.3f} s: {step(event)}"]
        if crossing and crossing.sent is not None and crossing.received is not None:
            lines.append(f"{self.events[crossing.received].at:.3f} s: {step(self.events[crossing.received])}")
        elif crossing:
            lines.append("It never arrived." if crossing.lost else "Only this end was seen.")
        if len(event.data) > 60:
            lines.append(quoted(event.data, HOVER))
        message = self.messages.get(number)
        kind = "step"
        if message:  # the author's color, and the message that the mouse highlights
            kind += f" by{self.colours[message.author]} m{message.number % MESSAGES}"
        return f'<g class="{kind}"><title>{escape(chr(10).join(lines))}</title>{drawn}</g>'

    def svg(self, title: str) -> str:
        """The whole picture."""
        heading = visible(title) or "What happened, from top to bottom"
        kind = CLASS if self.width == WIDTH else f"{CLASS} {FOR_TWO}"
        top = 96 if title else 66  # of the first step
        bottom = top + self.sheet.y + 26  # of the lanes
        height = bottom + 66
        body = [
            f'<rect class="paper" width="{self.width}" height="{height}" rx="6"/>',
            placed(shortened(heading, self.width // 10), 20, 26, self.width - 40, "title", height=24) if title else "",
            *self._heads(top - 34),
            f'<g transform="translate(0 {top})">',
            *self._lifelines(bottom - top),
            *self._sublanes(),
            *self.sheet.lines,
            *self.sheet.texts,
            *self._times(),
            *(self._opened(*folded) for folded in self.folds),
            "" if self.shown else plain("Nothing has happened.", self.width / 2, 0, "soft"),
            "</g>",
            *self._heads(bottom + 12),
            *self._legend(height - 16),
        ]
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" class="{kind}" xml:space="preserve" role="img"'
                f' width="{self.width}" height="{height}" viewBox="0 0 {self.width} {height}"'
                ' style="max-width: 100%; height: auto">',
                f"<title>{escape(heading)}</title>",  # no ids here: there may be several pictures in one page
                f"<desc>{escape(self.description())}</desc>",
                f"<style>{css(CLASS)}</style>",
                *filter(None, body),
                "</svg>\n",
            ]
        )

    def _heads(self, middle: float) -> list[str]:
        drawn = []
        for lane in self.lanes:
            room = lane.room if lane.side == 0 else 160
            text = shortened(lane.title, int((room - 20) / 8))
            width = cells(text) * 8 + 24
            left = lane.x - width / 2
            size = f'width="{short(width)}" height="26" rx="13"'
            shape = f'<rect class="head" x="{short(left)}" y="{middle - 13}" {size}/>'
            name = placed(text, left + 4, middle, width - 8, "name")
            colour = self.colours.get(lane.names[0]) if len(lane.names) == 1 else None
            drawn.append(shape + (name if colour is None else f'<g class="by{colour}">{name}</g>'))
        return drawn

    def _lifelines(self, height: float) -> list[str]:
        """Draw the lanes, dotted where a program doesn't run."""
        drawn = []
        for lane in self.lanes:
            begins: list[int] = []
            ends: list[int] = []
            if len(lane.names) == 1:
                mine = [number for number in self.at if self.events[number].who == lane.names[0]]
                begins = [self.at[number] for number in mine if self.events[number].what == "starts"]
                ends = [self.at[number] for number in mine if self.events[number].what in ("exits", "is killed")]
            x, first, last = short(lane.x), min(begins, default=-20), max(ends, default=height)
            drawn.append(f'<path class="away" d="M{x} -20V{first}M{x} {last}V{height}"/>')
            drawn.append(f'<path d="M{x} {first}V{last}"/>')
        return drawn

    def _sublanes(self) -> list[str]:
        """Draw the lanes of threads, from their first step to their last."""
        return [
            f'<path class="away" d="M{short(x)} {first - 6}V{last + 6}"/>' for x, first, last in self.threads.values()
        ]

    def _times(self) -> list[str]:
        """Draw some times at the left: seconds since the record began."""
        shown = [entry for entry in self.shown if not isinstance(entry, Fold)]
        if not shown:
            return []
        total = self.events[shown[-1]].at - self.events[shown[0]].at
        apart = next((seconds for seconds in TIMES if total / seconds <= MOST_TIMES), total)
        digits = sum(apart < seconds for seconds in (1, 0.1, 0.01))
        drawn: list[str] = []
        last_at = last_y = -math.inf
        for entry in shown:
            at, y = self.events[entry].at, self.at[entry]
            if at - last_at >= apart and y - last_y >= ROW:
                drawn.append(plain(f"{at:.{digits}f} s", LEFT - 8, y + 4, "soft right"))
                last_at, last_y = at, y
        return drawn

    def _legend(self, y: float) -> list[str]:
        """Draw the legend of the used signs that aren't words already."""
        whats = {self.events[entry].what for entry in self.shown if not isinstance(entry, Fold)}
        known = []
        if whats & {"types", *KEYS}:
            known.append(("typed", "> at the keyboard"))
        if "prints" in whats:
            known.append(("printed", "on the screen"))
        x: float = LEFT
        drawn: list[str] = []
        for kind, words in known:
            width = len(words) * LETTER + 12
            drawn.append(f'<rect class="{kind}" x="{x}" y="{y - 14}" width="{short(width)}" height="20" rx="4"/>')
            drawn.append(plain(words, x + width / 2, y, "soft"))
            x += width + 14
        crossings = itertools.chain(*self.leaving.values(), *self.arriving.values())
        sent = [crossing for crossing in crossings if crossing.verb == "sends" and not crossing.lost]
        if any(None in (crossing.sent, crossing.received) for crossing in sent):
            drawn.append(plain("level arrow: only one end of it was seen", x, y, "soft left"))
        return drawn


@dataclass
class _Label:
    """The text of an arrow from x1 to x2: its place and width."""

    text: str
    style: str
    left: float
    width: float
    x1: float
    x2: float
    drop: float
    lift: float = 10  # of its middle, above the line

    @property
    def rise(self) -> float:
        """Return its middle, given the y where the arrow begins: just above the line at its nearest point."""
        near = self.left if self.x2 > self.x1 else self.left + self.width
        return self.drop * min(1, max(0, (near - self.x1) / (self.x2 - self.x1))) - self.lift

    def box(self) -> Box:
        """Return the space it takes, for _Sheet.put."""
        return self.left, self.left + self.width, 8 - self.rise, 6 + self.rise

    def move(self, x: float, other: float) -> None:
        """Move it near one end of the line, x, on the side of the other end."""
        self.left = x + 12 if other > x else x - 12 - self.width

    def on_line(self, y1: float, y2: float) -> float:
        """Return its middle on the line from y1 to y2 (for a steep line, beside the end)."""
        rest = (self.x2 - self.left - self.width / 2) / (self.x2 - self.x1)
        return y2 - min(10, (y2 - y1) * rest)


# For each line: its style, the style of the sign at its end, and the sign as points (before the end, beside the line)
OPEN = [[(10, 4), (2, 0), (10, -4)]]
FULL = [[(10, 4), (2, 0), (10, -4), (10, 4)]]
BARS = [[(3, 6), (3, -6)], [(7, 6), (7, -6)]]
CROSS = [[(4, 5), (14, -5)], [(4, -5), (14, 5)]]
LOST = [[(-4, 4), (4, -4)], [(-4, -4), (4, 4)]]
SIGNS = {
    "connects": ("sign dashed", "sign", OPEN),
    "sends": ("bytes-line", "bytes-tip", FULL),
    "ends stream": ("sign", "sign", BARS),
    "resets": ("broken", "broken", CROSS),
    "is refused": ("broken dashed", "broken", CROSS),
}


def _note(event: Event) -> str:
    """Return the words on a participant's lane for a step without its own sign."""
    words = NOTES.get(event.what, event.what)
    if event.what in ("exits", "waits") and event.note:
        words += f", {visible(event.note)}"
    elif event.what in ("sends", "receives"):
        words += f" {quoted(event.data, 40)}"
    elif event.what in CALLED and event.peer:
        words += f" ({visible(event.peer)})"
    return words
