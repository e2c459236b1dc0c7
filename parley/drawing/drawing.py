"""The drawing of the whole server of stage 5: its threads, its sockets, the queue, and what passes between them.

What is written in `code` style stands in solutions/5_broadcast/full/server.py just so; tests/parley/test_drawing.py
reads that program and holds both together.
"""

from dataclasses import dataclass
from html import escape

from parley.drawing import svg

# All lengths are in pixels of a drawing that is shown at its own size.
WIDTH, HEIGHT = 800, 732
FRAME = (16, 92, 768, 496)  # the server: left, top, width, height
PEOPLE = (("Anna", 34), ("Ben", 226), ("Carla", 418))  # and where the column of each one begins
TITLE = "The server of stage 5: its threads, and what passes between them"

SHAPES = """
text { text-anchor: middle; font-size: 12px; }
.code { font: 11px ui-monospace, monospace; }
.left { text-anchor: start; }
.right { text-anchor: end; }
.name { font-size: 13px; font-weight: 600; }
.title { font-size: 15px; font-weight: 600; }
.halo { stroke-width: 4px; stroke-linejoin: round; paint-order: stroke; }
.thread { stroke-width: 2px; }
.event { stroke-width: 1.5px; }
path { fill: none; stroke-width: 1.5px; }
.under { stroke-width: 6px; }
.sign-way { stroke-dasharray: 5 4; }
"""
COLOURS = """
.paper { fill: PAPER; }
.socket { fill: PAPER; stroke: SOFT; }
.store { fill: PAPER; stroke: SOFT; }
text { fill: INK; }
.soft { fill: SOFT; }
.halo { stroke: GROUND; }
.frame { fill: GROUND; stroke: LINE; }
.thread { fill: THREAD; stroke: BYTES; }
.event { fill: EVENT; stroke: SIGN; }
.outside { fill: SHADE; }
.under { stroke: GROUND; }
.text-way { stroke: BYTES; }
.text-tip { stroke: BYTES; fill: BYTES; }
.sign-way { stroke: SIGN; }
.sign-tip { stroke: SIGN; }
"""
LIGHT = svg.LIGHT | {"GROUND": "#f6f8fa", "THREAD": "#dfeafa", "EVENT": "#f8e9c8", "SIGN": "#8a5a00"}
DARK = svg.DARK | {"GROUND": "#1b2128", "THREAD": "#1d3350", "EVENT": "#443515", "SIGN": "#e3b341"}


@dataclass(frozen=True)
class Part:
    """A box: `kind` is thread, store (of what waits), socket, event or outside (of the server); `name`: what it is
    called in the program (of a thread: the function that it runs); `place`: left, top, width, height; `lines`: pairs of
    (style, text); `told`: the same in a sentence, for the first of several that are alike.
    """

    kind: str
    name: str
    place: tuple
    lines: tuple
    told: str = ""


@dataclass(frozen=True)
class Way:
    """An arrow from one part to another, `along` some points: `kind` is text (it carries what people say) or sign;
    `calls`: how the program does it; `label`: where these stand and in which style; `told`: as of a Part.
    """

    kind: str
    source: str
    target: str
    calls: tuple
    along: tuple
    label: tuple = ()
    told: str = ""


def server_drawing():
    """The drawing as SVG text that needs nothing besides; the same each time."""
    left, top, width, height = FRAME
    sentences = "\n".join(server_described())
    body = [
        f'<rect class="paper" width="{WIDTH}" height="{HEIGHT}" rx="6"/>',
        _text("title", TITLE, WIDTH / 2, 28),
        f'<rect class="frame" x="{left}" y="{top}" width="{width}" height="{height}" rx="10"/>',
        _text("soft right", "the server: one program, server.py", left + width - 12, top + 20),
        *(_drawn_way(way) for way in _ways()),
        *(_drawn_part(part) for part in _parts()),
        *_legend(HEIGHT - 16),
    ]
    return "\n".join(
        [
            '<svg xmlns="http://www.w3.org/2000/svg" class="parley-drawing" role="img"'
            ' aria-labelledby="parley-server-title parley-server-desc"'
            f' width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" style="max-width: 100%; height: auto">',
            f'<title id="parley-server-title">{escape(TITLE)}</title>',
            f'<desc id="parley-server-desc">{escape(sentences)}</desc>',
            f"<style>{svg.css('parley-drawing', SHAPES, COLOURS, LIGHT, DARK)}</style>",
            *body,
            "</svg>\n",
        ]
    )


def server_described():
    """The same in words, for whoever does not see it: a list of sentences."""
    return [each.told for each in (*_parts(), *_ways()) if each.told]


# What there is to draw


def _parts():
    """All boxes."""
    return [
        Part("outside", "keyboard", (40, 44, 230, 30), (("", "the keyboard: the console"),)),
        Part(
            "thread",
            "main",
            (40, 124, 230, 60),
            (("name", "main"), ("code", "run_console()"), ("soft", "starts acceptor and sender")),
            "The thread main starts the acceptor and the sender, and then obeys the console (run_console).",
        ),
        Part(
            "store",
            "messages",
            (40, 252, 464, 54),
            (
                ("name", "queue messages"),
                ("code", "queue.Queue(maxsize=500)"),
                ("soft", "the first in is the first out"),
            ),
            "The queue messages holds what the others want of the sender, at most 500 elements, the first in being the"
            " first out: when it is full, whoever wants to put one more waits.",
        ),
        Part(
            "thread",
            "send_all",
            (604, 236, 148, 86),
            (
                ("name", "the sender"),
                ("code", "send_all"),
                ("soft", "sends and hangs up,"),
                ("soft", "knows who takes part"),
            ),
            "The thread of the sender (send_all) takes the elements out of the queue, one after another. It alone"
            " sends, hangs up (hang_up) and closes, and it alone knows who takes part.",
        ),
        Part(
            "event",
            "ended",
            (586, 128, 186, 44),
            (("name", "event ended"), ("code", "threading.Event()")),
            "The event ended says to all threads that the chat is over.",
        ),
        *(part for name, left in PEOPLE for part in _participant(name, left)),
        Part(
            "thread",
            "accept_all",
            (620, 412, 148, 62),
            (("name", "the acceptor"), ("code", "accept_all"), ("soft", "starts receivers")),
            "The thread of the acceptor (accept_all) accepts each one who connects.",
        ),
        Part(
            "socket",
            "listener",
            (636, 568, 116, 40),
            (("", "socket"), ("code", "listener")),
            "The socket listener is where newcomers connect.",
        ),
        Part("outside", "newcomer", (636, 656, 116, 30), (("", "somebody new"),)),
    ]


def _participant(name, left):
    """What there is of each participant: an outbox, a receiver, a socket, and a client at the other end."""
    first = name == PEOPLE[0][0]
    return [
        Part(
            "store",
            "outboxes",
            (left, 412, 70, 62),
            (("name", "outbox"), ("", f"of {name}")),
            "In outboxes each participant has an outbox: the lines that are to be sent there next." if first else "",
        ),
        Part(
            "thread",
            "receive",
            (left + 78, 412, 100, 62),
            (("name", "a receiver"), ("code", "receive"), ("soft", f"hears {name}")),
            "For each participant there is the thread of a receiver (receive), which hears this one alone."
            if first
            else "",
        ),
        Part(
            "socket",
            "conn",
            (left, 568, 178, 40),
            (("", "socket"), ("code", "conn")),
            "For each participant there is a socket conn, the server's end of that connection." if first else "",
        ),
        Part("outside", "client", (left + 29, 656, 120, 30), (("", f"{name}'s client"),)),
    ]


def _ways():
    """All arrows."""
    return [
        Way("text", "keyboard", "main", ("sys.stdin",), ((155, 74), (155, 122)), (166, 110, "code left halo")),
        Way(
            "sign",
            "main",
            "messages",
            ("messages.put", '("closed", None, "")'),
            ((155, 184), (155, 250)),
            (166, 212, "code left halo"),
            'At the end of the console, or at Ctrl+C, main puts "closed" into the queue and waits for the sender.',
        ),
        Way(
            "sign",
            "main",
            "ended",
            ("ended.wait(1)",),
            ((270, 150), (584, 150)),
            (428, 142, "code halo"),
            "Where nobody is at the console, main waits for the event.",
        ),
        Way(
            "text",
            "messages",
            "send_all",
            ("messages.get()",),
            ((504, 279), (602, 279)),
            (553, 270, "code halo"),
            "The sender, and nobody else, takes elements out of the queue.",
        ),
        Way(
            "sign",
            "send_all",
            "ended",
            ("ended.set()", "ended.is_set()"),
            ((660, 236), (660, 174)),
            (652, 200, "code right halo"),
            "The sender sets the event when everybody has been told, and looks at it before each round.",
        ),
        Way(
            "sign",
            "accept_all",
            "ended",
            ("ended.is_set()", "ended.wait(PATIENCE)"),
            ((762, 412), (762, 174)),
            (756, 350, "code right halo"),
            "The acceptor looks at the event before each newcomer.",
        ),
        *(way for name, left in PEOPLE for way in _ways_of_participant(name, left)),
        Way(
            "sign",
            "accept_all",
            "receive",
            ("threading.Thread",),
            ((620, 443), (598, 443)),
            (),
            "The acceptor starts a receiver for each one whom it has accepted.",
        ),
        Way(
            "sign",
            "listener",
            "accept_all",
            ("listener.accept()",),
            ((694, 568), (694, 476)),
            (686, 525, "code right halo"),
        ),
        Way("sign", "newcomer", "listener", (), ((694, 656), (694, 610))),
    ]


def _ways_of_participant(name, left):
    """From the client of one participant to the queue, and from the sender back to that client."""
    first = name == PEOPLE[0][0]
    return [
        Way(
            "text",
            "send_all",
            "outboxes",
            ("tell_all",) if first else (),
            ((612, 322), (612, 386), (left + 35, 386), (left + 35, 410)),
            (left + 90, 379, "code left halo") if first else (),
            "The sender puts a line into all outboxes (tell_all), and takes it out of the author's." if first else "",
        ),
        Way(
            "text",
            "receive",
            "messages",
            ("messages.put",) if first else (),
            ((left + 82, 412), (left + 82, 308)),
            (left + 90, 340, "code left halo") if first else (),
            'Each receiver puts into the queue what its participant does: "answer" (a question to this one alone),'
            ' "joined", "said" and, at its end, "left".'
            if first
            else "",
        ),
        Way(
            "text",
            "conn",
            "receive",
            ("conn.recv",),
            ((left + 128, 568), (left + 128, 476)),
            (left + 136, 508, "code left halo"),
            "The receiver, and nobody else, receives from its socket." if first else "",
        ),
        Way(
            "text",
            "outboxes",
            "conn",
            ("conn.sendall",),
            ((left + 35, 474), (left + 35, 566)),
            (left + 43, 540, "code left halo"),
            "The sender, and nobody else, sends: all that is in an outbox goes to its socket in one piece."
            if first
            else "",
        ),
        Way("text", "client", "conn", (), ((left + 128, 656), (left + 128, 610))),
        Way("text", "conn", "client", (), ((left + 50, 608), (left + 50, 654))),
    ]


# How it is drawn


def _drawn_part(part):
    """A box with its lines of text in its middle."""
    left, top, width, height = part.place
    corner = {"thread": 10, "event": height / 2, "outside": height / 2}.get(part.kind, 0)
    middle = left + width / 2
    first = top + height / 2 + 4 - 8 * (len(part.lines) - 1)
    return "\n".join(
        [
            f'<g data-kind="{part.kind}" data-name="{part.name}">',
            f'<rect class="{part.kind}" x="{left}" y="{top}" width="{width}" height="{height}" rx="{corner:g}"/>',
            *(_text(style, text, middle, first + 16 * place) for place, (style, text) in enumerate(part.lines)),
            "</g>",
        ]
    )


def _drawn_way(way):
    """An arrow, and the calls beside it."""
    points = "L".join(f"{x:g} {y:g}" for x, y in way.along)
    (x1, y1), (x2, y2) = way.along[-2:]
    along = (x2 > x1) - (x2 < x1), (y2 > y1) - (y2 < y1)  # the direction at its end, in which all lines are straight
    sides = [(x2 - 9 * along[0] + 4 * side * along[1], y2 - 9 * along[1] + 4 * side * along[0]) for side in (-1, 1)]
    tip = "M{:g} {:g}L{:g} {:g}L{:g} {:g}".format(*sides[0], x2, y2, *sides[1]) + ("Z" if way.kind == "text" else "")
    x, y, style = way.label or (0, 0, "")
    labels = way.calls if way.label else ()
    return "\n".join(
        [
            f'<g data-source="{way.source}" data-target="{way.target}">',
            f'<path class="under" d="M{points}"/>',
            f'<path class="{way.kind}-way" d="M{points}"/>',
            f'<path class="{way.kind}-tip" d="{tip}"/>',
            *(_text(style, call, x, y + 15 * place) for place, call in enumerate(labels)),
            "</g>",
        ]
    )


def _legend(y):
    """What the signs mean."""
    return [
        f'<path class="text-way" d="M34 {y - 4}H70"/>',
        _text("soft left", "messages pass here", 78, y),
        f'<path class="sign-way" d="M270 {y - 4}H306"/>',
        _text("soft left", "a sign, or the start of a thread", 314, y),
        f'<rect class="thread" x="520" y="{y - 14}" width="26" height="18" rx="6"/>',
        _text("soft left", "thread", 554, y),
        f'<rect class="store" x="616" y="{y - 14}" width="26" height="18"/>',
        _text("soft left", "what waits, or a socket", 650, y),
    ]


def _text(style, text, x, y):
    return f'<text class="{style}" x="{x:g}" y="{y:g}">{escape(text)}</text>'
