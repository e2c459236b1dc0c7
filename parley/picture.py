"""A record drawn in space and time, as one SVG text: a lane for each participant, an arrow for what crossed."""

import hashlib
import itertools
import math
import re
import textwrap
import unicodedata
from collections import defaultdict, deque
from dataclasses import dataclass
from html import escape

from parley.record import quoted, visible
from parley.story import actor, step

WIDTH = 800  # of the picture; all lengths are in pixels of it
LEFT, RIGHT = 52, 792  # between them are the lanes; left of them the times
OUTER = 205  # beside the two lanes of a picture that has no more
GRID = 6  # heights are multiples of it
DROP = 18  # how much lower an arrow arrives, if its bytes arrive at once
ROW = 24  # the height of a box with the space below it
MOST_HEIGHT = 60 * ROW  # of what happens: the middle of a longer record is folded
MOST_LANES = 6  # any further participants share the last one
MOST_STEPS = 300  # that are tried to be drawn at all
ALIKE = 5  # so many steps of one kind in a row are folded
CELL = 6.7  # the width of a character of the programs
LETTER = 6.0  # the width of a character of our own words, rather more than less
HOVER = 2000  # bytes that a hover text shows
TIMES = (0.001, 0.01, 0.1, 1, 10, 100)  # seconds between two times at the left, if that are not too many
MOST_TIMES = 12

# What crosses between two participants: the verb of the one end, and the verb of the other
CROSSES = {
    "connects": "accepts",
    "sends": "receives",
    "ends stream": "sees end",
    "resets": "sees reset",
}
LEAVES = {seen: done for done, seen in CROSSES.items()}
WORDS = {"connects": "connects", "ends stream": "end of stream", "resets": "reset", "is refused": "refused"}
KEYS = {"ends keyboard": "end of input (Ctrl+D)", "presses Ctrl+C": "Ctrl+C"}
NOTES = {"exits": "ends", "sees reset": "sees a reset", "sees end": "sees the end of the stream"}
LOG_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} ")
LOG_THREAD = re.compile(r"(MainThread|Thread-\d+(?: \([^()]*\))?): ")

STYLE = """
.parley { font: 11px system-ui, sans-serif; }
.parley .paper { fill: #ffffff; }
.parley text { fill: #1f2630; }
.parley .bytes { font: 11px ui-monospace, monospace; }
.parley .soft { fill: #5a6572; }
.parley .name { font-size: 13px; font-weight: 600; }
.parley .title { font-size: 15px; font-weight: 600; }
.parley .say { font-style: italic; }
.parley .bad { fill: #a9281c; font-weight: 600; }
.parley .halo { stroke: #ffffff; stroke-width: 4px; stroke-linejoin: round; paint-order: stroke; }
.parley .head, .parley .typed { fill: #e9edf2; }
.parley .printed { fill: #ffffff; stroke: #8c98a6; }
.parley .expected { fill: #ffffff; stroke: #a9281c; stroke-width: 1.5px; }
.parley path { fill: none; stroke: #b9c2cc; }
.parley .lane { stroke-width: 1.5px; }
.parley .away { stroke-dasharray: 1 5; }
.parley .flow { stroke: #1b62b5; stroke-width: 1.5px; }
.parley .tip { stroke: #1b62b5; fill: #1b62b5; }
.parley .sign { stroke: #5a6572; stroke-width: 1.5px; }
.parley .dashed { stroke-dasharray: 5 4; }
.parley .broken { stroke: #a9281c; stroke-width: 2px; }
.parley .dot { fill: #5a6572; }
@media (prefers-color-scheme: dark) {
.parley .paper, .parley .printed, .parley .expected { fill: #14181d; }
.parley text { fill: #e4e8ed; }
.parley .soft { fill: #9aa6b3; }
.parley .bad { fill: #ff9a8f; }
.parley .halo { stroke: #14181d; }
.parley .head, .parley .typed { fill: #2a323b; }
.parley .printed { stroke: #6b7785; }
.parley path { stroke: #465160; }
.parley .flow { stroke: #74b3ff; }
.parley .tip { stroke: #74b3ff; fill: #74b3ff; }
.parley .sign { stroke: #9aa6b3; }
.parley .broken, .parley .expected { stroke: #ff9a8f; }
.parley .dot { fill: #9aa6b3; }
}
"""


def draw(record, title="", logs=False):
    """The picture of a record (or of a list of events) as SVG text, complete in itself.

    `title` stands above it; with `logs` the log lines are drawn too, on a thin lane for each thread that they
    name. The same record gives the same text.
    """
    return _Picture(record, logs).svg(title)


def describe(record, logs=False):
    """What the picture shows as sentences, one on each line: its alternative for whoever does not see it."""
    return _Picture(record, logs).description()


@dataclass(frozen=True)
class Fold:
    """Steps that are left out: their numbers in the record; `alike`: they repeat the step before."""

    steps: tuple
    alike: bool = False

    def words(self):
        """How many steps are missing here."""
        return f"{len(self.steps):,} more {'like these' if self.alike else 'steps'}"


@dataclass(frozen=True)
class Lane:
    """Where a participant is: at `x`, with boxes centred there (side 0), left (-1) or right of it (1), of at most
    this `room`. `names`: whose lane it is.
    """

    names: tuple
    x: float
    side: int
    room: float

    def title(self):
        """The name above it."""
        return visible(self.names[0]) if len(self.names) == 1 else f"{len(self.names)} others"

    def span(self, width):
        """From where to where something of this width is on this lane."""
        left = self.x - width / 2 if self.side == 0 else self.x + 10 * self.side - width * (self.side < 0)
        return left, left + width


@dataclass(frozen=True)
class Crossing:
    """What crossed: `verb` is a key of CROSSES; `sent` and `received` are steps of the record, None for an end
    that nobody has seen; `lost`: it has not arrived.
    """

    verb: str
    sender: str
    receiver: str
    sent: int | None
    received: int | None
    lost: bool = False


# what is read from the record


def crossings(events):
    """All that crosses in these events. Bytes are matched as a stream: by their number and order."""
    found = []
    waiting = defaultdict(deque)  # (verb, sender, receiver) -> [step, bytes left], oldest first
    for number, event in enumerate(events):
        if event.what == "connects":
            # a new connection: what still waits on an older one is lost
            found += _lost(events, waiting, (event.who, event.peer))
        if event.what in CROSSES:
            waiting[event.what, event.who, event.peer].append([number, len(event.data)])
        elif event.what in LEAVES:
            found += _arrived(waiting, number, event)
        elif event.what == "is refused":
            found.append(Crossing(event.what, event.peer, event.who, None, number))
    return found + _lost(events, waiting)


def _arrived(waiting, number, event):
    """The crossings that end with this event."""
    verb = LEAVES[event.what]
    if verb == "sends":
        sent = _taken(waiting[verb, event.peer, event.who], len(event.data)) or [None]
        return [Crossing(verb, event.peer, event.who, each, number) for each in sent]
    # an end may come from the wire itself, and of a reset the record does not say from whom it is
    senders = [event.peer, "wire", *(who for what, who, to in waiting if (what, to) == (verb, event.who))]
    for sender in senders[: None if verb == "resets" else 2]:
        if waiting[verb, sender, event.who]:
            return [Crossing(verb, sender, event.who, waiting[verb, sender, event.who].popleft()[0], number)]
    return [Crossing(verb, event.peer, event.who, None, number)]


def _taken(queue, count):
    """Take so many bytes from those that wait; the steps that had sent them."""
    steps = []
    while queue and count > 0:
        number, left = queue[0]
        steps.append(number)
        queue[0][1] = max(0, left - count)
        count -= left
        if queue[0][1] == 0:
            queue.popleft()
    return steps


def _lost(events, waiting, pair=None):
    """What still waits (between these two only, if a pair is given): lost, or its arrival cannot be seen at all."""
    found = []
    for (verb, sender, receiver), queue in waiting.items():
        if pair is None or {sender, receiver} == set(pair):
            lost = verb != "connects" and _is_seen(events, receiver, sender)
            found += [Crossing(verb, sender, receiver, number, None, lost) for number, _ in queue]
            queue.clear()
    return found


def _is_seen(events, who, peer):
    """Whether the record has what `who` receives from this peer: a program's side is seen at a wire only."""
    if not any(event.who == who and event.what == "starts" for event in events):
        return True
    mine = [event for event in events if event.who == who and peer in (event.peer, "wire")]
    return any(event.what in CROSSES or event.what in LEAVES for event in mine if event.what != "connects")


def fold(events, logs):
    """The steps to be shown: numbers of events, and a Fold where many alike follow one another."""
    numbers = [number for number, event in enumerate(events) if logs or event.what != "logs"]
    shown = []
    for _, group in itertools.groupby(numbers, lambda n: (events[n].who, events[n].what, events[n].peer)):
        group = list(group)
        if len(group) >= ALIKE:
            group[2:-1] = [Fold(tuple(group[2:-1]), alike=True)]
        shown += group
    return shown


def cut(shown, most):
    """At most so many of the steps, with a Fold in their middle; more of the end is kept, for there it failed."""
    if len(shown) <= most:
        return shown
    first = max(1, most // 3)
    middle = shown[first : first + len(shown) - most]
    left_out = itertools.chain.from_iterable(each.steps if isinstance(each, Fold) else [each] for each in middle)
    return [*shown[:first], Fold(tuple(left_out)), *shown[first + len(middle) :]]


def lanes(events):
    """A Lane for each participant: clients left and right of the server, in the order of their first appearance."""
    names = dict.fromkeys(name for event in events for name in (event.who, event.peer) if name)
    names = [name for name in names if name != "test"]
    if not names:
        return []
    listening = [event.who for event in events if event.what == "listens"]
    hub = "server" if "server" in names else (listening or names)[0]
    others = [name for name in names if name not in (hub, "wire")]
    first = 1 if "wire" in names else 0
    shown, rest = others[: MOST_LANES - 1 - first], others[MOST_LANES - 1 - first :]
    if rest:
        rest.insert(0, shown.pop())
    half = (len(shown) + bool(rest)) // 2
    order = [(name,) for name in [*shown[:half], hub, *["wire"] * first, *shown[half:]]]
    order += [tuple(rest)] if rest else []
    if len(order) == 2:
        places = [(LEFT + OUTER, -1), (RIGHT - OUTER, 1)]
        return [Lane(each, x, side, OUTER - 14) for each, (x, side) in zip(order, places, strict=True)]
    pitch = (RIGHT - LEFT) / len(order)
    return [Lane(each, LEFT + pitch * (place + 0.5), 0, pitch - 10) for place, each in enumerate(order)]


def thread(line):
    """The name of the thread that has logged this line ("" where none is named), and what it says."""
    text = line.decode(errors="surrogateescape").rstrip("\r\n")
    dated = LOG_TIME.match(text)
    if not dated:
        return None, text
    text = text[dated.end() :]
    named = LOG_THREAD.match(text)
    return (named[1], text[named.end() :]) if named else ("", text)


# what is drawn


class _Picture:
    """Places the steps from above to below, each as high as it can be without touching what is there already."""

    def __init__(self, record, logs):
        self.events = list(record)
        self.crossings = crossings(self.events)
        self.lanes = lanes(self.events)
        self.hub = len(self.lanes) // 2 if len(self.lanes) > 2 else 0
        self.place = {name: number for number, lane in enumerate(self.lanes) for name in lane.names}
        most = MOST_STEPS
        self.shown = cut(fold(self.events, logs), most)
        self._draw()
        while self.y > MOST_HEIGHT and most > 3:
            most = min(most - 1, len(self.shown) - 1, int(len(self.shown) * MOST_HEIGHT / self.y))
            self.shown = cut(fold(self.events, logs), most)
            self._draw()

    def description(self):
        """The steps as sentences, as story.py tells them."""
        lines = [f"({each.words()})" if isinstance(each, Fold) else step(self.events[each]) for each in self.shown]
        return "\n".join(lines or ["Nothing has happened."])

    def _draw(self):
        self.y = 0  # of the last step; the first one is at about 0
        self.floor = [-ROW] * (WIDTH + 1)  # for each x, where it is free from
        self.at = {}  # step -> y
        self.lines, self.texts = [], []
        self.threads = {}  # (who, thread) -> (x, first y, last y)
        self.last_thread = {}
        leaving, arriving = defaultdict(list), defaultdict(list)
        for crossing in self.crossings:
            leaving[crossing.sent].append(crossing)
            arriving[crossing.received].append(crossing)
        for each in self.shown:
            if isinstance(each, Fold):
                self._fold(each)
            elif self._crosses(leaving[each]):
                self._leaves(each, leaving[each])
            elif self._crosses(arriving[each]):
                self._arrives(each, arriving[each])
            else:
                self._stays(each)
        self._into_folds()
        self._times()

    # places

    def _put(self, *boxes):
        """Find the y, not above the last step, at which these (left, right, above, below) are free; take it."""
        free = max(max(self.floor[_from(left) : _to(right)]) + above for left, right, above, _ in boxes)
        self.y = GRID * math.ceil(max(self.y, free) / GRID)
        for left, right, _, below in boxes:
            self._take(left, right, self.y + below)
        return self.y

    def _take(self, left, right, bottom):
        for x in range(_from(left), _to(right)):
            self.floor[x] = max(self.floor[x], bottom)

    def _take_line(self, x1, y1, x2, y2):
        (x1, y1), (x2, y2) = sorted([(x1, y1), (x2, y2)])
        for x in range(_from(x1), _to(x2)):
            self.floor[x] = max(self.floor[x], y1 + (y2 - y1) * (x - x1) / max(1, x2 - x1) + 3)

    def _lane(self, name):
        return self.lanes[self.place[name]]

    # what stays on one lane

    def _stays(self, number):
        event = self.events[number]
        if event.what == "expects":
            self._expects(number)
        elif event.what == "logs":
            self._logs(number)
        elif event.what in ("types", "prints"):
            kind = "typed" if event.what == "types" else "printed"
            self._box(number, kind, visible(event.data[:HOVER].rstrip(b"\r\n") or event.data), "bytes")
        elif event.what in KEYS:
            self._box(number, "typed", KEYS[event.what], "say")
        else:
            self._box(number, "", self._note(event), "say")

    def _note(self, event):
        """What is written on the lane of whoever does this."""
        words = NOTES.get(event.what, event.what)
        if event.what in ("exits", "waits") and event.note:
            words += f", {visible(event.note)}"
        if event.what in ("sends", "receives"):
            words += f" {quoted(event.data, 40)}"
        elif event.peer and event.what != "accepts":
            words += f" ({visible(event.peer)})"
        return words

    def _box(self, number, kind, text, style):
        lane = self._lane(self.events[number].who)
        unit = CELL if style == "bytes" else LETTER
        sign = "> " if kind == "typed" else ""
        owner = f"{visible(self.events[number].who)}: " if len(lane.names) > 1 else ""
        text = _cut(owner + sign + text, int((lane.room - 12) / unit))
        width = cells(text) * unit + 12
        left, right = lane.span(width)
        y = self._put((min(left, lane.x), max(right, lane.x), 14, 10))
        self.at[number] = y
        shape = ""
        if kind:
            shape = f'<rect class="{kind}" x="{_n(left)}" y="{y - 10}" width="{_n(width)}" height="20" rx="4"/>'
            if lane.side:
                self.lines.append(f'<path class="lane" d="M{_n(lane.x)} {y}h{10 * lane.side}"/>')
        classes = style if kind else f"{style} soft halo"
        drawn = _text(text, left + 5, y, width - 10, classes)
        self.texts.append(self._hover(number, shape + drawn))

    def _logs(self, number):
        event = self.events[number]
        lane = self._lane(event.who)
        name, said = thread(event.data)
        if name is None:
            name = self.last_thread.get(event.who, "")
        self.last_thread[event.who] = name
        x, side = self._sublane(lane, event.who, name)
        room = lane.room - abs(x - lane.x) if lane.side else (RIGHT - x if side > 0 else x - LEFT) - 16
        if (event.who, name) not in self.threads and name:
            self._beside(x, side, min(room, cells(name) * LETTER + 8), visible(name), "say soft halo", LETTER)
        y = self._beside(x, side, room, visible(said), "bytes soft halo", CELL, number)
        first = self.threads.get((event.who, name), (x, y, y))[1]
        self.threads[event.who, name] = (x, first, y)

    def _sublane(self, lane, who, name):
        """The x of a thread's lane, and on which side of it there is room for text."""
        side = lane.side or (1 if lane.x <= (LEFT + RIGHT) / 2 else -1)
        if (who, name) in self.threads:
            return self.threads[who, name][0], side
        number = sum(each in lane.names for each, _ in self.threads) + 1
        return lane.x + side * 12 * number, side

    def _beside(self, x, side, room, text, style, unit, number=None):
        text = _cut(text, int((room - 12) / unit))
        width = cells(text) * unit + 4
        left = x + 8 if side > 0 else x - 8 - width
        y = self._put((min(left, x - 4), max(left + width, x + 4), 11, 8))
        drawn = _text(text, left, y, width, style)
        if number is not None:
            self.at[number] = y
            drawn = self._hover(number, f'<circle class="dot" cx="{_n(x)}" cy="{y}" r="3"/>{drawn}')
        self.texts.append(drawn)
        return y

    # what stands across all lanes

    def _fold(self, fold):
        y = self._put((0, WIDTH, 16, 12))
        for number in fold.steps:
            self.at[number] = y
        width = len(fold.words()) * LETTER + 16
        middle = (LEFT + RIGHT) / 2
        left, right = _n(middle - width / 2), _n(middle + width / 2)
        self.lines.append(f'<path class="dashed" d="M{LEFT} {y}H{left}M{right} {y}H{RIGHT}"/>')
        self.texts.append(_text(fold.words(), middle - width / 2, y, width, "say soft halo"))

    def _expects(self, number):
        lines = textwrap.wrap(step(self.events[number]), 110)
        lines = [*lines[:2], "..."] if len(lines) > 3 else lines
        height = 15 * len(lines) + 12
        y = self._put((LEFT, RIGHT, 10, height))
        self.at[number] = y
        shape = f'<rect class="expected" x="{LEFT}" y="{y}" width="{RIGHT - LEFT}" height="{height}" rx="4"/>'
        drawn = [
            _text(line, LEFT + 10, y + 14 + 15 * place, RIGHT - LEFT - 20, "", middle=False)
            for place, line in enumerate(lines)
        ]
        self.texts.append(self._hover(number, shape + "".join(drawn)))
        self.y = y + height

    # what crosses

    def _crosses(self, crossings):
        """Whether these go from one lane to another: there is an arrow to draw."""
        for each in crossings:
            ends = self.place.get(each.sender), self.place.get(each.receiver)
            if None in ends or ends[0] == ends[1] or (each.verb == "sends" and not self._bytes(each)):
                return False
        return bool(crossings)

    def _bytes(self, crossing):
        number = crossing.sent if crossing.sent is not None else crossing.received
        return self.events[number].data

    def _leaves(self, number, crossings):
        """The beginning of an arrow, with its text if all arrives as one piece; all of it if its end is not seen."""
        first = crossings[0]
        start, end = self._lane(first.sender).x, self._lane(first.receiver).x
        drop = 0 if first.received is None and not first.lost else DROP
        if first.lost:
            end = start + 0.4 * self._gap(first, near=True)[2]
        boxes = [(*sorted([start, end]), 5, 0)]
        label = None
        if len(crossings) == 1:
            label = self._label(number, first, start, end, drop)
            boxes.append(label[1])
        y = self._put(*boxes)
        self.at[number] = y
        inset = math.copysign(8, end - start)
        self._take_line(start, y, end - inset, y + drop * 0.9)
        if label:
            self._write(number, label, y)
        for each in crossings:
            if each.received is None:
                self._line(each, start, y, end, y + drop)
        if first.lost:
            self._lost(first, end, y + drop)

    def _arrives(self, number, crossings):
        """The end of an arrow, with its text if it was sent together with more; all of it if only this end is seen."""
        first = crossings[0]
        start, end = self._lane(first.sender).x, self._lane(first.receiver).x
        begun = [self.at[each.sent] for each in crossings if each.sent in self.at]
        if not begun:
            label = self._label(number, first, start, end, 0)
            y = self._put((*sorted([start, end]), 5, 3), label[1])
            self._write(number, label, y)
        else:
            self.y = max(self.y, *(each + DROP for each in begun))
            y = self._put((end - 3, end + 3, 5, 3))
        self.at[number] = y
        for each in crossings:
            self._line(each, start, self.at.get(each.sent, y), end, y)
            self._take_line(start, self.at.get(each.sent, y), end, y)
