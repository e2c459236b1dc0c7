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
from parley.story import step

# All lengths are in pixels of a picture that is shown at its own size.
WIDTH = 800
LEFT, RIGHT = 50, 790  # between them are the lanes; left of them stand the times
OUTER = 253  # beside the two lanes of a picture that has no more
GRID = 6  # heights are multiples of it
ROW = 24  # the height of a box and the space below it
DROP = 18  # how much lower an arrow ends, if what it carries arrives at once
MOST_HEIGHT = 60 * ROW  # of a longer record the middle is folded
CELL, LETTER = 6.65, 6.0  # the width of a character in what programs say, and in words of ours: rather more than less

MOST_LANES = 6  # more participants share the last lane
MOST_THREADS = 8  # at one participant; more share the last thread's lane
MOST_STEPS = 300  # that are tried to be drawn at all
MOST_TIMES = 12  # at the left
TIMES = (0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)  # seconds between two of them
ALIKE = 5  # so many steps of one kind in a row are folded
ALTERNATE = 24  # so many steps in a row of three kinds at most are folded too
LOST_AFTER = 0.35  # of the way to the next lane an arrow ends whose bytes never arrive
MANY = 200  # bytes: of more than these the number is written too
HOVER = 2000  # bytes of what was said that are shown where the mouse is

CROSSES = {"connects": "accepts", "sends": "receives", "ends stream": "sees end", "resets": "sees reset"}
ARRIVES = {seen: done for done, seen in CROSSES.items()}
CALLED = {"connects": "connects", "ends stream": "end of stream", "resets": "reset", "is refused": "refused"}
KEYS = {"ends keyboard": "end of input (Ctrl+D)", "presses Ctrl+C": "Ctrl+C"}
NOTES = {"exits": "ends", "stops reading": "stops receiving", "sees reset": "sees a reset"}
LOG_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} ")
LOG_THREAD = re.compile(r"(MainThread|Thread-\d+(?: \([^()]*\))?): ")

STYLE = """
.parley-picture { font: 11px system-ui, sans-serif; }
.parley-picture svg { overflow: hidden; }
.parley-picture .paper { fill: #ffffff; }
.parley-picture text { fill: #1f2630; text-anchor: middle; }
.parley-picture .bytes { font: 11px ui-monospace, monospace; }
.parley-picture .left { text-anchor: start; }
.parley-picture .right { text-anchor: end; }
.parley-picture .soft { fill: #5a6572; }
.parley-picture .name { font-size: 13px; font-weight: 600; }
.parley-picture .title { font-size: 15px; font-weight: 600; }
.parley-picture .bad { fill: #a9281c; font-weight: 600; }
.parley-picture .halo { stroke: #ffffff; stroke-width: 4px; stroke-linejoin: round; paint-order: stroke; }
.parley-picture .head, .parley-picture .typed { fill: #e9edf2; }
.parley-picture .printed { fill: #ffffff; stroke: #a7b1bc; }
.parley-picture .expected { fill: #ffffff; stroke: #a9281c; stroke-width: 1.5px; }
.parley-picture path { fill: none; stroke: #b9c2cc; stroke-width: 1.5px; }
.parley-picture .away { stroke-dasharray: 1 5; }
.parley-picture .bytes-line { stroke: #1b62b5; }
.parley-picture .bytes-tip { stroke: #1b62b5; fill: #1b62b5; }
.parley-picture .sign { stroke: #5a6572; }
.parley-picture .dashed { stroke-dasharray: 5 4; }
.parley-picture .broken { stroke: #a9281c; stroke-width: 2px; }
.parley-picture .dot { fill: #5a6572; }
@media (prefers-color-scheme: dark) {
.parley-picture .paper, .parley-picture .printed, .parley-picture .expected { fill: #14181d; }
.parley-picture text { fill: #e4e8ed; }
.parley-picture .soft { fill: #9aa6b3; }
.parley-picture .bad { fill: #ff9a8f; }
.parley-picture .halo { stroke: #14181d; }
.parley-picture .head, .parley-picture .typed { fill: #2a323b; }
.parley-picture .printed { stroke: #5d6875; }
.parley-picture path { stroke: #465160; }
.parley-picture .bytes-line { stroke: #74b3ff; }
.parley-picture .bytes-tip { stroke: #74b3ff; fill: #74b3ff; }
.parley-picture .sign { stroke: #9aa6b3; }
.parley-picture .broken, .parley-picture .expected { stroke: #ff9a8f; }
.parley-picture .dot { fill: #9aa6b3; }
}
"""


def draw(record, title="", logs=False):
    """The picture of a record, or of a list of events, as SVG text that needs nothing besides.

    `title` stands above it; with `logs` the log lines are drawn too, on a thin lane for each thread that they
    name. The same record gives the same text.
    """
    return _Picture(list(record), logs).svg(title)


def describe(record, logs=False):
    """What the picture shows as sentences, one on each line: its alternative for whoever does not see it."""
    return _Picture(list(record), logs).description()


# What there is to draw


@dataclass(frozen=True)
class Crossing:
    """Something that crossed: `verb` is a key of CROSSES, or "is refused"; `data`: the bytes, if it is bytes; `sent`
    and `received` are the numbers of its two steps in the record, None for an end that nobody has seen; `lost`: it is
    known not to have arrived.
    """

    verb: str
    sender: str
    receiver: str
    data: bytes
    sent: int | None
    received: int | None
    lost: bool = False


def crossings(events):
    """All that crosses in these events. Bytes are matched as what they are, a stream: by their order and number."""
    found = []
    waiting = defaultdict(deque)  # (verb, sender, receiver) -> [step, bytes of it that have arrived], oldest first
    unseen = _unseen(events)
    for number, event in enumerate(events):
        if event.what == "connects":  # a new connection: what still waits on an older one is lost
            ways = ((event.who, event.peer), (event.peer, event.who))
            older = [(verb, *way) for verb in CROSSES for way in ways]
            found += _never_arrived(events, {key: waiting[key] for key in older if key in waiting}, unseen)
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


def _pieces(events, queue, number):
    """What arrives with this step: pieces of what was sent, as far as it was seen to be sent."""
    event = events[number]
    found, at = [], 0
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


def _sign(waiting, verb, event):
    """Who has sent what arrives with this event and is no bytes, and with which step (None if nobody saw that)."""
    senders = [event.peer, "wire"]  # the wire itself may end or reset a stream
    if not event.peer:
        senders += [who for what, who, to in waiting if (what, to) == (verb, event.who)]
    for sender in senders:
        if waiting.get((verb, sender, event.who)):
            return sender, waiting[verb, sender, event.who].popleft()[0]
    return event.peer, None


def _never_arrived(events, waiting, unseen):
    """What still waits, which is taken away: it is lost, or nobody could see it arrive."""
    found = []
    for (verb, sender, receiver), queue in waiting.items():
        lost = verb != "connects" and not unseen(receiver, sender)
        while queue:
            number, arrived = queue.popleft()
            found.append(Crossing(verb, sender, receiver, events[number].data[arrived:], number, None, lost))
    return found


def _unseen(events):
    """A function of who and peer: whether the record lacks what the one receives from the other, as it does of a
    program, unless a wire is between them.
    """
    verbs = {*CROSSES, *ARRIVES} - {"connects"}
    programs = {event.who for event in events if event.what == "starts"}
    seen = {(event.who, event.peer) for event in events if event.what in verbs}
    return lambda who, peer: who in programs and (who, peer) not in seen


@dataclass(frozen=True)
class Fold:
    """Steps that are left out: their numbers in the record; `alike`: they are like the one before them."""

    steps: tuple
    alike: bool = False

    def words(self):
        """How many are missing here."""
        return f"{len(self.steps):,} more like these" if self.alike else f"{len(self.steps):,} more lines"


def fold(events, logs):
    """The steps to be shown: numbers of events, and a Fold where many of the same kind follow one another, or where
    very many of a few kinds do, as when bytes go to and fro one by one.
    """
    shown = [number for number, event in enumerate(events) if logs or event.what != "logs"]
    shown = _fold_runs(events, shown, kinds=1, least=ALIKE, first=2, last=1)
    return _fold_runs(events, shown, kinds=3, least=ALTERNATE, first=6, last=3)


def _fold_runs(events, shown, kinds, least, first, last):
    """Fold each run of at least so many steps that are of so few kinds, except its first and last ones."""
    runs = []
    for each in shown:
        event = events[_steps(each)[0]]
        kind = {(event.who, event.what, event.peer)}
        if runs and len(runs[-1][0] | kind) <= kinds:
            runs[-1][0].update(kind)
            runs[-1][1].append(each)
        else:
            runs.append((kind, [each]))
    for _, run in runs:
        if len(run) >= least:
            run[first:-last] = [Fold(_all_steps(run[first:-last]), alike=True)]
    return [each for _, run in runs for each in run]


def _steps(each):
    """The steps of a Fold; a step as the only one."""
    return each.steps if isinstance(each, Fold) else (each,)


def _all_steps(shown):
    return tuple(itertools.chain.from_iterable(map(_steps, shown)))


def cut(shown, most):
    """At most so many of these steps: a Fold takes the place of what is behind the first third."""
    if len(shown) <= most:
        return shown
    first = most // 3
    rest = first + 1 + len(shown) - most
    return [*shown[:first], Fold(_all_steps(shown[first:rest])), *shown[rest:]]


@dataclass(frozen=True)
class Lane:
    """The line of one participant, or of those who share it, at `x`. Its boxes, of at most this `room`, are centred
    on it (side 0) or stand left (-1) or right (1) of it.
    """

    names: tuple
    x: float
    side: int
    room: float

    @property
    def title(self):
        """The name that stands above it."""
        return visible(self.names[0]) if len(self.names) == 1 else f"{len(self.names)} others"

    def span(self, width):
        """From where to where a box of this width goes."""
        left = self.x - width / 2 if self.side == 0 else self.x + 10 * self.side - width * (self.side < 0)
        return left, left + width


def lanes(events):
    """A Lane for each participant, in the order of their first appearance, with the server in their middle."""
    acting = [event for event in events if event.what != "expects"]  # to expect is to do nothing
    names = dict.fromkeys(name for event in acting for name in (event.who, event.peer) if name or name == event.who)
    middle = [(name,) for name in ("server", "wire") if name in names]
    others = [(name,) for name in names if (name,) not in middle]
    most = MOST_LANES - len(middle)
    if len(others) > most:
        others[most - 1 :] = [tuple(itertools.chain(*others[most - 1 :]))]
    half = len(others) // 2 if middle else 0
    order = [*others[:half], *middle, *others[half:]]
    if len(order) == 2:
        return [Lane(order[0], LEFT + OUTER, -1, OUTER - 10), Lane(order[1], RIGHT - OUTER, 1, OUTER - 10)]
    pitch = (RIGHT - LEFT) / max(1, len(order))
    return [Lane(each, LEFT + pitch * (place + 0.5), 0, pitch - 10) for place, each in enumerate(order)]


def thread(line):
    """The name of the thread that has logged this line and what it says: ("", ...) where the log names none,
    (None, ...) for a line that is not the first one of its entry.
    """
    text = line.decode(errors="surrogateescape").rstrip("\r\n")
    dated = LOG_TIME.match(text)
    if not dated:
        return None, text
    text = text[dated.end() :]
    named = LOG_THREAD.match(text)
    return (named[1], text[named.end() :]) if named else ("", text)


# How it is drawn


class _Sheet:
    """What is drawn, from above to below: each thing as high as it can be without touching what is there already."""

    def __init__(self):
        self.y = 0  # of the last thing
        self.lines, self.texts = [], []  # texts are drawn over lines
        self._free = [-ROW] * (WIDTH + 1)  # for each x, it is free below this

    def put(self, *boxes):
        """Take the first y, not above the last one, where these (left, right, above, below) are free; return it."""
        free = max(self.free(left, right) + above for left, right, above, _ in boxes)
        self.y = GRID * math.ceil(max(self.y, free) / GRID)
        for left, right, _, below in boxes:
            self.take(left, self.y + below, right, self.y + below)
        return self.y

    def free(self, left, right):
        """From which y on it is free between these x."""
        return max(self._free[_from(left) : _to(right)])

    def take(self, x1, y1, x2, y2):
        """Take what is above the line between these points."""
        (x1, y1), (x2, y2) = sorted([(x1, y1), (x2, y2)])
        for x in range(_from(x1), _to(x2)):
            part = min(1, max(0, (x - x1) / max(1, x2 - x1)))
            self._free[x] = max(self._free[x], y1 + (y2 - y1) * part)


def _from(x):
    return max(0, math.floor(x))


def _to(x):
    return max(1, min(WIDTH, math.ceil(x))) + 1


class _Picture:
    """The steps of a record on a sheet."""

    def __init__(self, events, logs):
        self.events = events
        self.lanes = lanes(events)
        self.place = {name: number for number, lane in enumerate(self.lanes) for name in lane.names}
        self.leaving, self.arriving = defaultdict(list), defaultdict(list)  # step -> its crossings
        for crossing in filter(self._is_arrow, crossings(events)):
            self.leaving[crossing.sent].append(crossing)
            self.arriving[crossing.received].append(crossing)
        self._draw_what_fits(fold(events, logs))

    def description(self):
        """The steps as sentences, as story.py tells them."""
        lines = [f"({each.words()})" if isinstance(each, Fold) else told(self.events[each]) for each in self.shown]
        return "\n".join(lines or ["Nothing has happened."])

    def _draw_what_fits(self, steps):
        """Draw as many of the steps as there is room for, by trying half of what it may be again and again."""
        few, many = 3, min(len(steps), MOST_STEPS)
        self._draw(cut(steps, many))
        if self.sheet.y > MOST_HEIGHT:
            while many - few > 1:  # few fit, many do not
                half = (few + many) // 2
                self._draw(cut(steps, half))
                few, many = (few, half) if self.sheet.y > MOST_HEIGHT else (half, many)
            self._draw(cut(steps, few))

    def _draw(self, shown):
        self.shown = shown
        self.order = {each: place for place, each in enumerate(shown)}
        self.sheet = _Sheet()
        self.at = {}  # step -> y
        self.threads = {}  # (who, thread) -> [x, first y, last y]
        self.last_thread = {}  # who -> thread
        for each in shown:
            if isinstance(each, Fold):
                self._fold(each)
            elif each in self.leaving:
                self._leaves(each, self.leaving[each])
            elif each in self.arriving:
                self._arrives(each, self.arriving[each])
            else:
                self._stays(each, self.events[each])

    def _lane(self, name):
        return self.lanes[self.place[name]]

    # what stays on one lane

    def _stays(self, number, event):
        if event.what == "expects":
            self._expects(number, event)
        elif event.what == "logs":
            self._logs(number, event)
        elif event.what in ("types", "prints"):
            kind = "typed" if event.what == "types" else "printed"
            self._box(number, event, kind, _seen(event.data.rstrip(b"\r\n") or event.data), "bytes")
        elif event.what in KEYS:
            self._box(number, event, "typed", KEYS[event.what], "")
        else:
            self._box(number, event, "", _note(event), "")

    def _box(self, number, event, kind, text, style):
        """Something at the lane of whoever does it; without a kind it is words alone."""
        lane = self._lane(event.who)
        owner = f"{visible(event.who)}: " if len(lane.names) > 1 else ""
        sign = "> " if kind == "typed" else ""
        text, width = _fitted(owner + sign + text, lane.room - 12, style)
        left, right = lane.span(width + 12)
        y = self.at[number] = self.sheet.put((min(left, lane.x), max(right, lane.x), 14, 10))
        shape = ""
        if kind:
            shape = f'<rect class="{kind}" x="{_n(left)}" y="{y - 10}" width="{_n(right - left)}" height="20" rx="4"/>'
        if kind and lane.side:
            self.sheet.lines.append(f'<path d="M{_n(lane.x)} {y}h{10 * lane.side}"/>')
        style += "" if kind else " soft halo"
        self.sheet.texts.append(self._hover(number, shape + _text(text, left + 4, y, right - left - 8, style)))

    def _logs(self, number, event):
        """A line of a log, beside the lane of its thread."""
        lane = self._lane(event.who)
        name, said = thread(event.data[:HOVER])
        if name is None:
            name = self.last_thread.get(event.who, "")
        self.last_thread[event.who] = name
        side = lane.side or (1 if lane.x <= (LEFT + RIGHT) / 2 else -1)
        known = self.threads.get((event.who, name))
        before = sum(who in lane.names for who, _ in self.threads)
        x = known[0] if known else lane.x + side * 12 * min(MOST_THREADS, before + 1)
        edge = lane.x + side * (lane.room + 10) if lane.side else (RIGHT if side > 0 else LEFT)
        if name and not known:
            self._beside(x, side, edge, visible(name), "soft halo")
        y = self.at[number] = self._beside(x, side, edge, visible(said), "bytes soft halo", number)
        self.threads[event.who, name] = [x, known[1] if known else y, y]

    def _beside(self, x, side, edge, text, style, number=None):
        """Words between a thread's lane and the edge, with a dot on the lane if they are a step; their y."""
        text, width = _fitted(text, max(60, abs(edge - x) - 14), style)
        left = x + 8 if side > 0 else x - 8 - width
        y = self.sheet.put((min(left, x - 4), max(left + width, x + 4), 9, 7))
        drawn = _text(text, left, y, width, style)
        if number is not None:
            drawn = self._hover(number, f'<circle class="dot" cx="{_n(x)}" cy="{y}" r="3"/>{drawn}')
        self.sheet.texts.append(drawn)
        return y

    # what stands across all lanes

    def _fold(self, fold):
        """The place of what is left out; arrows that end in it end there."""
        y = self.sheet.put((LEFT, RIGHT, 16, 14))
        for number in fold.steps:
            self.at[number] = y
        seen = [each for number in fold.steps for each in self.arriving.get(number, ()) if each.sent in self.order]
        for each in {(each.sent, each.verb): each for each in seen}.values():
            self._arrow(each, self._lane(each.sender).x, self.at[each.sent], self._lane(each.receiver).x, y)
        words, middle = fold.words(), (LEFT + RIGHT) / 2
        half = len(words) * LETTER / 2 + 8
        path = f"M{LEFT} {y}H{_n(middle - half)}M{_n(middle + half)} {y}H{RIGHT}"
        self.sheet.lines.append(f'<path class="dashed" d="{path}"/>')
        self.sheet.texts.append(_text(words, middle - half, y, 2 * half, "soft halo"))

    def _expects(self, number, event):
        """What was expected here, and did not come."""
        lines = [_cut(line, 118) for line in textwrap.wrap(told(event), 115)]
        lines = [*lines[:2], "..."] if len(lines) > 3 else lines
        height = 16 * len(lines) + 10
        y = self.at[number] = self.sheet.put((LEFT, RIGHT, 14, height + 2))
        shape = f'<rect class="expected" x="{LEFT}" y="{y}" width="{RIGHT - LEFT}" height="{height}" rx="4"/>'
        rows = [_words(line, LEFT + 12, y + 17 + 16 * row, "left") for row, line in enumerate(lines)]
        self.sheet.texts.append(self._hover(number, shape + "".join(rows)))
        self.sheet.y = y + height

    # what crosses

    def _is_arrow(self, crossing):
        """Whether there is an arrow to draw: it goes from one lane to another, and if it is bytes, there are some."""
        ends = {self.place.get(crossing.sender), self.place.get(crossing.receiver)}
        return len(ends) == 2 and None not in ends and bool(crossing.verb != "sends" or crossing.data)

    def _leaves(self, number, crossings):
        """All that begins with this step: an arrow for each piece, and one into the air for what has not arrived."""
        for each in crossings:
            if each.lost:
                self._is_lost(number, each)
            elif each.received is None:
                self._has_one_end(number, each)
        pieces = [each for each in crossings if each.received is not None]
        if pieces:
            self._begins(number, pieces[0], whole=len(crossings) == 1)

    def _begins(self, number, one, whole):
        """The beginning of an arrow; with its text, unless that arrives in pieces."""
        x1, x2 = self._ends(one)
        if whole:
            at_once = self.order.get(one.received) == self.order[number] + 1 and len(self.arriving[one.received]) == 1
            label = self._label(one, one.data, self._gap(one, at_once and self._far(one)), DROP)
            if not at_once:  # near its beginning, because nobody knows yet how steep the line is
                label.move(x1, x2)
            y = self.at[number] = self.sheet.put((min(x1, x2), max(x1, x2), 6, 2), label.box())
            self._write(number, label, y + label.rise)
        elif number not in self.at:
            self.at[number] = self.sheet.put((min(x1, x2), max(x1, x2), 6, 2))
        y = self.at[number]
        self.sheet.take(x1, y + 3, x2 - math.copysign(8, x2 - x1), y + DROP)

    def _arrives(self, number, crossings):
        """All that ends with this step."""
        if crossings[0].sent is None:
            self._has_one_end(number, crossings[0])
            return
        x1, x2 = self._ends(crossings[0])
        begun = [self.at[each.sent] for each in crossings]
        pieces = [each for each in crossings if each.sent not in self.order or len(self.leaving[each.sent]) > 1]
        self.sheet.y = max(self.sheet.y, *(y + DROP * (2 if pieces else 1) for y in begun))
        y = self._ends_with_text(number, pieces) if pieces else self.sheet.put((x2 - 3, x2 + 3, 6, 2))
        self.at[number] = y
        for each, y1 in zip(crossings, begun, strict=True):
            self.sheet.take(x1, y1 + 3, x2, y + 3)
            self._arrow(each, x1, y1, x2, y)

    def _ends_with_text(self, number, pieces):
        """The text of pieces that were sent together with more stands where they arrive, on the line; the y there."""
        x1, x2 = self._ends(pieces[0])
        label = self._label(pieces[0], b"".join(each.data for each in pieces), self._gap(pieces[0], far=True), 0)
        label.move(x2, x1)
        right, start = label.left + label.width, self.at[pieces[0].sent]
        while self.sheet.free(label.left, right) > label.on_line(start, self.sheet.y) - 8:
            self.sheet.y += GRID
        y = self.sheet.put((x2 - 3, x2 + 3, 6, 2))
        middle = label.on_line(start, y)
        self.sheet.take(label.left, middle + 8, right, middle + 8)
        self._write(number, label, middle)
        return y

    def _has_one_end(self, number, one):
        """A level arrow: nobody has seen its other end."""
        x1, x2 = self._ends(one)
        label = self._label(one, one.data, self._gap(one, self._far(one)), 0)
        y = self.at[number] = self.sheet.put((min(x1, x2), max(x1, x2), 6, 4), label.box())
        self._write(number, label, y + label.rise)
        self._arrow(one, x1, y, x2, y)

    def _is_lost(self, number, one):
        """An arrow that ends in the air."""
        x1, x2 = self._ends(one)
        gap = self._gap(one, far=False)
        label = self._label(one, one.data, gap, 0)
        label.lift += 6  # there are words on the line too
        y = self.at[number] = self.sheet.put((*gap, 8, 8), label.box())
        self._write(number, label, y + label.rise)
        x2 = x1 + math.copysign(LOST_AFTER * (gap[1] - gap[0]), x2 - x1)
        self._arrow(one, x1, y, x2, y)
        style = "bad halo left" if x2 > x1 else "bad halo right"
        self.sheet.texts.append(_words("not received", x2 + math.copysign(10, x2 - x1), y + 4, style))

    def _ends(self, one):
        """The x of the two ends of an arrow."""
        return self._lane(one.sender).x, self._lane(one.receiver).x

    def _far(self, one):
        """Whether the text of an arrow stands at its far end: always beside the one who is not the server."""
        return self._lane(one.receiver).names != ("server",)

    def _gap(self, one, far):
        """From where to where a text goes: between the lane of the receiver (far) or the sender, and the one before."""
        sender, receiver = self.place[one.sender], self.place[one.receiver]
        way = 1 if receiver > sender else -1
        lanes = (receiver - way, receiver) if far else (sender, sender + way)
        xs = sorted(self.lanes[each].x for each in lanes)
        return xs[0] + 10, xs[1] - 10

    def _label(self, one, data, gap, drop):
        """The text of an arrow, which is to stand in this gap."""
        shared = [name for name in (one.sender, one.receiver) if len(self._lane(name).names) > 1]
        style = "bytes" if one.verb == "sends" else ""
        text = _seen(data) if style else CALLED[one.verb]
        text, width = _fitted("".join(f"{visible(name)}: " for name in shared) + text, gap[1] - gap[0], style)
        x1, x2 = self._ends(one)
        return _Label(text, f"{style} halo".strip(), sum(gap) / 2 - width / 2, width, x1, x2, drop)

    def _write(self, number, label, y):
        self.sheet.texts.append(self._hover(number, _text(label.text, label.left, y, label.width, label.style)))

    def _arrow(self, one, x1, y1, x2, y2):
        """The line, and at its end the sign of what crosses."""
        length = math.hypot(x2 - x1, y2 - y1)
        along, down = (x2 - x1) / length, (y2 - y1) / length

        def point(back, aside):
            """So far before the end of the line, and beside it."""
            return f"{_n(x2 - back * along - aside * down)} {_n(y2 - back * down + aside * along)}"

        line, tip, sign = SIGNS[one.verb]
        if one.lost:
            tip, sign = "broken", LOST
        path = " ".join(f"M{point(*way[0])}" + "".join(f"L{point(*each)}" for each in way[1:]) for way in sign)
        drawn = f'<path class="{line}" d="M{_n(x1)} {_n(y1)}L{point(3, 0)}"/><path class="{tip}" d="{path}"/>'
        self.sheet.lines.append(self._hover(one.received if one.sent is None else one.sent, drawn, one))

    # the whole

    def _hover(self, number, drawn, crossing=None):
        """Something drawn, with what it shows as a sentence where the mouse is."""
        event = self.events[number]
        lines = [f"{event.at:.3f} s: {step(event)}"]
        if crossing and crossing.sent is not None and crossing.received is not None:
            lines.append(f"{self.events[crossing.received].at:.3f} s: {step(self.events[crossing.received])}")
        elif crossing:
            lines.append("It was not received." if crossing.lost else "Only this end was seen.")
        if len(event.data) > 60:
            lines.append(quoted(event.data, HOVER))
        return f"<g><title>{escape(chr(10).join(lines))}</title>{drawn}</g>"

    def svg(self, title):
        """The whole picture."""
        heading = visible(title) or "What happened, from above to below"
        sentences = self.description()
        name = "parley-" + hashlib.sha256(f"{heading}\n{sentences}".encode()).hexdigest()[:10]
        top = 96 if title else 66  # of the first step
        bottom = top + self.sheet.y + 26  # of the lanes
        height = bottom + 66
        body = [
            f'<rect class="paper" width="{WIDTH}" height="{height}" rx="6"/>',
            _text(_cut(heading, 85), 20, 26, WIDTH - 40, "title", height=24) if title else "",
            *self._heads(top - 34),
            f'<g transform="translate(0 {top})">',
            *self._lifelines(bottom - top),
            *self._sublanes(),
            *self.sheet.lines,
            *self.sheet.texts,
            *self._times(),
            "" if self.shown else _words("Nothing has happened.", WIDTH / 2, 0, "soft"),
            "</g>",
            *self._heads(bottom + 12),
            *self._legend(height - 16),
        ]
        return "\n".join(
            [
                '<svg xmlns="http://www.w3.org/2000/svg" class="parley-picture" xml:space="preserve" role="img"'
                f' aria-labelledby="{name}-title {name}-desc" width="{WIDTH}" height="{height}"'
                f' viewBox="0 0 {WIDTH} {height}" style="max-width: 100%; height: auto">',
                f'<title id="{name}-title">{escape(heading)}</title>',
                f'<desc id="{name}-desc">{escape(sentences)}</desc>',
                f"<style>{STYLE}</style>",
                *filter(None, body),
                "</svg>\n",
            ]
        )

    def _heads(self, middle):
        """The names of the lanes."""
        drawn = []
        for lane in self.lanes:
            room = lane.room if lane.side == 0 else 160
            text = _cut(lane.title, int((room - 20) / 8))
            width = cells(text) * 8 + 24
            left = lane.x - width / 2
            drawn.append(
                f'<rect class="head" x="{_n(left)}" y="{middle - 13}" width="{_n(width)}" height="26" rx="13"/>'
                + _text(text, left + 4, middle, width - 8, "name")
            )
        return drawn

    def _lifelines(self, height):
        """The lanes: dotted where a program does not run."""
        drawn = []
        for lane in self.lanes:
            begins, ends = [], []
            if len(lane.names) == 1:
                mine = [number for number in self.at if self.events[number].who == lane.names[0]]
                begins = [self.at[number] for number in mine if self.events[number].what == "starts"]
                ends = [self.at[number] for number in mine if self.events[number].what in ("exits", "is killed")]
            x, first, last = _n(lane.x), min(begins, default=-20), max(ends, default=height)
            drawn.append(f'<path class="away" d="M{x} -20V{first}M{x} {last}V{height}"/>')
            drawn.append(f'<path d="M{x} {first}V{last}"/>')
        return drawn

    def _sublanes(self):
        """The lanes of threads, from their first step to their last one."""
        return [f'<path class="away" d="M{_n(x)} {first - 6}V{last + 6}"/>' for x, first, last in self.threads.values()]

    def _times(self):
        """Some times at the left: seconds since the record began."""
        shown = [each for each in self.shown if not isinstance(each, Fold)]
        if not shown:
            return []
        total = self.events[shown[-1]].at - self.events[shown[0]].at
        apart = next((each for each in TIMES if total / each <= MOST_TIMES), total)
        digits = sum(apart < each for each in (1, 0.1, 0.01))
        drawn, last_at, last_y = [], -math.inf, -math.inf
        for each in shown:
            at, y = self.events[each].at, self.at[each]
            if at - last_at >= apart and y - last_y >= ROW:
                drawn.append(_words(f"{at:.{digits}f} s", LEFT - 8, y + 4, "soft right"))
                last_at, last_y = at, y
        return drawn

    def _legend(self, y):
        """What the signs mean, as far as they are used and are not words already."""
        whats = {self.events[each].what for each in self.shown if not isinstance(each, Fold)}
        known = []
        if whats & {"types", *KEYS}:
            known.append(("typed", "> at the keyboard"))
        if "prints" in whats:
            known.append(("printed", "on the screen"))
        x, drawn = LEFT, []
        for kind, words in known:
            width = len(words) * LETTER + 12
            drawn.append(f'<rect class="{kind}" x="{x}" y="{y - 14}" width="{_n(width)}" height="20" rx="4"/>')
            drawn.append(_words(words, x + width / 2, y, "soft"))
            x += width + 14
        level = [each for each in itertools.chain(*self.leaving.values(), *self.arriving.values()) if not each.lost]
        if any(each.verb == "sends" and None in (each.sent, each.received) for each in level):
            drawn.append(_words("level arrow: only one end of it was seen", x, y, "soft left"))
        return drawn


@dataclass
class _Label:
    """The text of an arrow from x1 to x2: where it stands, and how wide it is."""

    text: str
    style: str
    left: float
    width: float
    x1: float
    x2: float
    drop: float
    lift: float = 10  # of its middle, above the line

    @property
    def rise(self):
        """Its middle, from the y where the arrow begins: just above the line where that is nearest to it."""
        near = self.left if self.x2 > self.x1 else self.left + self.width
        return self.drop * min(1, max(0, (near - self.x1) / (self.x2 - self.x1))) - self.lift

    def box(self):
        """The place that it takes, as _Sheet.put wants it."""
        return self.left, self.left + self.width, 8 - self.rise, 6 + self.rise

    def move(self, x, other):
        """Stand near one end of the line, x, on the side of the other end."""
        self.left = x + 12 if other > x else x - 12 - self.width

    def on_line(self, y1, y2):
        """Its middle, if it stands on the line from y1 to y2 (of a steep line, beside the end)."""
        rest = (self.x2 - self.left - self.width / 2) / (self.x2 - self.x1)
        return y2 - min(10, (y2 - y1) * rest)


# Of each line: its style, the style of the sign at its end, and the sign as points (before the end, beside the line)
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


def told(event):
    """An event as a sentence; of what was expected, that it did not come."""
    return f"Failed here: {step(event)}" if event.what == "expects" else step(event)


def _note(event):
    """What is written on the lane of whoever does something that has no sign of its own."""
    words = NOTES.get(event.what, event.what)
    if event.what in ("exits", "waits") and event.note:
        words += f", {visible(event.note)}"
    elif event.what in ("sends", "receives"):
        words += f" {quoted(event.data, 40)}"
    elif event.what in CALLED and event.peer:
        words += f" ({visible(event.peer)})"
    return words


# Text


def cells(text):
    """How many characters of the usual width a text takes."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(unicodedata.combining(character) > 0 for character in text)


def _cut(text, most):
    """A text that takes at most so many cells; of a longer one the middle is left out, as its end may matter."""
    if cells(text) <= most:
        return text
    tail = _first(text[::-1], (most - 1) // 3)[::-1]
    return _first(text, most - 1 - cells(tail)) + "…" + tail


def _first(text, most):
    """The first characters of a text, as many as take at most so many cells."""
    return text[: next((end for end in range(len(text)) if cells(text[: end + 1]) > most), len(text))]


def _seen(data):
    """Bytes as they are written on the picture, where the middle of many does not fit anyway."""
    if len(data) <= MANY:
        return visible(data)
    return f"{len(data):,} bytes: {visible(data[:MANY])}{visible(data[-MANY:])}"


def _fitted(text, room, style):
    """A text cut so that it fits in this room, and the width that it takes."""
    unit = CELL if style.startswith("bytes") else LETTER
    text = _cut(text, int(room / unit))
    return text, cells(text) * unit


def _text(text, left, middle, width, style, height=16):
    """A text of anybody, centred in a place that it cannot leave, whatever the font makes of its characters."""
    place = f'x="{_n(left - 4)}" y="{_n(middle - height / 2)}" width="{_n(width + 8)}" height="{height}"'
    return f'<svg {place}><text class="{style}" x="50%" y="{height // 2 + 4}">{escape(text)}</text></svg>'


def _words(words, x, y, style):
    """Words of our own, which are known to fit."""
    return f'<text class="{style}" x="{_n(x)}" y="{_n(y)}">{escape(words)}</text>'


def _n(number):
    """A number as short as can be, the same on every machine."""
    return f"{round(number, 1):g}"
