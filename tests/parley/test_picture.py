"""The picture: each crossing has its arrow, nothing overlaps, nothing in a record can harm it, and it is the same."""

import itertools
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest
from helpers import parley
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.checks import faults
from parley.contract.record import VERBS, Event, Failed, Record
from parley.contract.story import step
from parley.drawing.authors import messages_in
from parley.drawing.picture import MOST_HEIGHT, WIDTH, describe, draw, lanes
from parley.drawing.svg import AUTHORS, DARK, DARK_AUTHORS, LIGHT, LIGHT_AUTHORS
from parley.drawing.timeline import Fold, crossings, exceptions, fold, thread
from parley.harness.play import play
from parley.harness.scene import Scene
from parley.stages import STAGES, root, solution

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '</title><script>alert(1)</script>&"\x1b[31m\u202e\x00\ud800'


def events(*rows):
    """Events from (who, what, data or peer ...) rows, a tenth of a second apart."""
    found = []
    for number, (who, what, *rest) in enumerate(rows):
        data = next((part for part in rest if isinstance(part, bytes)), b"")
        peer = next((part for part in rest if isinstance(part, str)), "")
        found.append(Event(number / 10, who, what, data, peer))
    return found


def tree(svg):
    return ET.fromstring(svg)


def texts(svg):
    """What is written, without what is folded."""
    root = tree(svg)
    for folded in root.iter(f"{SVG}g"):
        for hidden in [group for group in folded if group.get("class") == "more"]:
            folded.remove(hidden)
    return [element.text for element in root.iter(f"{SVG}text")]


def arrows(svg):
    """The classes of the lines from one lane to another."""
    kinds = ("bytes-line", "sign", "sign dashed", "broken", "broken dashed")
    lines = [path for path in tree(svg).iter(f"{SVG}path") if "L" in path.get("d") and path.get("class") in kinds]
    return [path.get("class") for path in lines if re.fullmatch(r"M[\d. -]+L[\d. -]+", path.get("d"))]


def line_ends(svg, kind):
    """(x1, y1, x2, y2) of each line of this kind."""
    paths = [path.get("d") for path in tree(svg).iter(f"{SVG}path") if path.get("class") == kind]
    return [tuple(map(float, re.findall(r"-?[\d.]+", path))) for path in paths]


def places(svg):
    """Where texts of steps are: (left, top, right, bottom) of the room that their letters take."""
    found = []
    for group in tree(svg).iter(f"{SVG}g"):
        if group.get("transform"):
            for text in group.iter(f"{SVG}svg"):
                left, middle = float(text.get("x")) + 4, float(text.get("y")) + float(text.get("height")) / 2
                width = float(text.get("width")) - 8
                found.append((left, middle - 5, left + width, middle + 5))
    return found


def overlap(svg):
    for one, other in itertools.combinations(places(svg), 2):
        if one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]:
            return one, other
    return None


def height(svg):
    return int(tree(svg).get("height"))


ECHO = events(
    ("server", "starts"),
    ("server", "listens"),
    ("Anna", "starts"),
    ("Anna", "types", b"hello"),
    ("Anna", "connects", "server"),
    ("Anna", "sends", b"hello\n", "server"),
    ("server", "receives", b"hello\n", "Anna"),
    ("server", "sends", b"hello\n", "Anna"),
    ("Anna", "receives", b"hello\n", "server"),
    ("Anna", "prints", b"Received: hello\n"),
    ("Anna", "ends keyboard"),
    ("Anna", "ends stream", "server"),
    ("server", "sees end", "Anna"),
    ("server", "presses Ctrl+C"),
    ("server", "exits"),
)


# what is drawn


def test_all_of_a_conversation_is_there():
    svg = draw(ECHO, title="An echo")
    assert arrows(svg) == ["sign dashed", "bytes-line", "bytes-line", "sign"]
    read = texts(svg)
    for words in ("An echo", "server", "Anna", "connects", "hello\\n", "> hello", "Received: hello", "end of stream"):
        assert words in read
    for words in ("> end of input (Ctrl+D)", "> Ctrl+C", "starts", "listens", "ends", "> at the keyboard"):
        assert words in read


def test_an_arrow_leans_where_both_ends_were_seen():
    (_, y1, _, y2), (_, y3, _, y4) = line_ends(draw(ECHO), "bytes-line")
    assert y1 < y2 <= y3 < y4
    ((_, y1, _, y2),) = line_ends(draw(ECHO), "sign dashed")
    assert y1 == y2


def test_what_a_program_receives_without_a_wire_is_not_lost():
    direct = events(
        ("server", "starts"),
        ("Anna", "connects", "server"),
        ("Anna", "sends", b"hello", "server"),
        ("Anna", "receives", b"hello", "server"),
        ("Anna", "sees end", "server"),
    )
    svg = draw(direct)
    assert [y1 == y2 for _, y1, _, y2 in line_ends(svg, "bytes-line")] == [True, True]
    assert "level arrow: only one end of it was seen" in texts(svg)
    assert "not received" not in svg


def test_what_never_arrives_ends_in_the_air():
    lost = events(
        ("server", "starts"),
        ("Anna", "stops reading"),
        ("Anna", "connects", "server"),
        ("Anna", "sends", b"hi", "server"),
        ("server", "receives", b"hi", "Anna"),
        ("server", "sends", b"hello Anna", "Anna"),
    )
    svg = draw(lost)
    assert "not received" in texts(svg)
    way_of_anna, way_of_server = line_ends(svg, "bytes-line")
    assert abs(way_of_server[2] - way_of_server[0]) < 0.5 * abs(way_of_anna[2] - way_of_anna[0])
    assert "It never arrived." in svg


def test_pieces_are_matched_by_their_bytes():
    split = events(
        ("Anna", "sends", b"hello\nwor", "server"),
        ("Anna", "sends", b"ld\n", "server"),
        ("server", "receives", b"hel", "Anna"),
        ("server", "receives", b"lo\nworld", "Anna"),
        ("server", "receives", b"\n", "Anna"),
    )
    found = [(crossing.sent, crossing.received, crossing.data) for crossing in crossings(split)]
    assert found == [(0, 2, b"hel"), (0, 3, b"lo\nwor"), (1, 3, b"ld"), (1, 4, b"\n")]
    svg = draw(split)
    assert arrows(svg) == ["bytes-line"] * 4
    assert {"hel", "lo\\nworld", "\\n"} <= set(texts(svg))


def test_the_part_that_is_lost_is_drawn_too():
    part = events(
        ("Anna", "sends", b"hello\n", "server"),
        ("server", "receives", b"hel", "Anna"),
        ("server", "ends stream", "Anna"),
        ("Anna", "sees end", "server"),
    )
    assert [(crossing.data, crossing.lost) for crossing in crossings(part) if crossing.verb == "sends"] == [
        (b"hel", False),
        (b"lo\n", True),
    ]
    assert {"hel", "lo\\n", "not received", "end of stream"} <= set(texts(draw(part)))


def test_what_waited_on_an_older_connection_does_not_arrive_on_a_new_one():
    twice = events(
        ("Anna", "connects", "server"),
        ("Anna", "sends", b"one", "server"),
        ("Anna", "connects", "server"),
        ("Anna", "sends", b"two", "server"),
        ("server", "receives", b"two", "Anna"),
    )
    assert [(crossing.data, crossing.received) for crossing in crossings(twice) if crossing.verb == "sends"] == [
        (b"one", None),
        (b"two", 4),
    ]


def test_a_reset_and_a_refusal_are_drawn_in_words_and_with_a_sign():
    broken = events(
        ("Anna", "connects", "server"),
        ("Anna", "resets", "server"),
        ("server", "sees reset"),
        ("Anna", "connects", "server"),
        ("Anna", "is refused", "server"),
    )
    svg = draw(broken)
    assert arrows(svg) == ["sign dashed", "broken", "sign dashed", "broken dashed"]
    assert {"reset", "refused"} <= set(texts(svg))


def test_the_wire_has_a_lane_where_it_acts():
    wire = events(
        ("server", "starts"),
        ("Anna", "connects", "server"),
        ("server", "sends", b"hi", "Anna"),
        ("wire", "resets", "Anna"),
        ("Anna", "sees reset", "server"),
    )
    assert [lane.title for lane in lanes(wire)] == ["server", "wire", "Anna"]
    assert [
        (crossing.sender, crossing.receiver, crossing.sent) for crossing in crossings(wire) if crossing.verb == "resets"
    ] == [("wire", "Anna", 3)]


def test_a_failed_check_ends_with_what_was_expected(tmp_path):
    (tmp_path / "server.py").write_text(
        "import socket, sys\n"
        "listener = socket.create_server((sys.argv[1], int(sys.argv[2])))\n"
        "conn, _ = listener.accept()\n"
        "conn.sendall(conn.recv(3))\n"
        "conn.close()\n"
        "sys.stdin.read()\n",
        encoding="utf-8",
    )
    with pytest.raises(Failed) as caught, Scene(tmp_path) as scene:
        scene.person("Anna").connects(scene.server()).sends("hello").receives("hello")
    svg = draw(caught.value.steps)
    assert 'Failed here: Anna expects to receive "hello".' in texts(svg)
    assert 'class="expected"' in svg


# lanes


def test_what_is_sent_to_a_program_that_has_ended_is_lost():
    killed = events(
        ("server", "starts"),
        ("Anna", "connects", "server"),
        ("server", "is killed"),
        ("Anna", "sends", b"hello", "server"),
        ("server", "ends stream", "Anna"),
        ("Anna", "sees end", "server"),
    )
    assert "not received" in texts(draw(killed))


CRASH = events(
    ("server", "starts"),
    ("server", "logs", b"2026-01-01 10:00:00,000 127.0.0.1 connected\n"),
    ("server", "logs", b"Traceback (most recent call last):\n"),
    ("server", "logs", b'  File "server.py", line 12, in <module>\n'),
    ("server", "logs", b"    serve(conn)\n"),
    ("server", "logs", b"http.client.RemoteDisconnected: Connection: reset by peer\n"),
    ("server", "logs", b"2026-01-01 10:00:00,000 this is no exception\n"),
    ("server", "exits"),
)


def test_an_exception_that_nobody_catches_is_shown_without_its_traceback():
    assert exceptions(CRASH) == {5: "RemoteDisconnected"}
    svg = draw(CRASH)
    assert texts(svg)[1:4] == ["starts", "RemoteDisconnected", "ends"]
    assert 'The server logs "http.client.RemoteDisconnected' in describe(CRASH)
    assert "no exception" not in svg


def test_the_exceptions_of_two_programs_do_not_mix():
    both = events(
        ("server", "logs", b"Exception in thread Thread-1 (receive):\n"),
        ("server", "logs", b"Traceback (most recent call last):\n"),
        ("client", "logs", b"ValueError: is what the client says\n"),
        ("server", "logs", b"OSError\r\n"),
        ("client", "logs", b"Traceback (most recent call last):\n"),
        ("client", "logs", b"KeyboardInterrupt\n"),
    )
    assert exceptions(both) == {3: "OSError", 5: "KeyboardInterrupt"}


def test_the_server_is_in_the_middle_of_its_clients():
    several = events(("server", "starts"), *((name, "connects", "server") for name in ("Anna", "Ben", "Carla")))
    assert [lane.title for lane in lanes(several)] == ["Anna", "server", "Ben", "Carla"]
    assert [lane.title for lane in lanes(ECHO)] == ["server", "Anna"]
    assert [lane.title for lane in lanes(events(("Ben", "sends", b"x", "Anna")))] == ["Ben", "Anna"]


def test_the_words_of_one_author_have_one_colour_wherever_they_go():
    chat = events(
        ("Anna", "sends", b"Who brings the cake?\n", "server"),
        ("server", "receives", b"Who brings the cake?\n", "Anna"),
        ("server", "sends", b"Anna: Who brings the cake?\n", "Ben"),
        ("Ben", "receives", b"Anna: Who brings the cake?\n", "server"),
        ("Ben", "types", b"I do."),
        ("Ben", "sends", b"I do.\n", "server"),
        ("server", "sends", b"The chat is over.\n", "Ben"),
    )
    authors = {number: message.author for number, message in messages_in(chat).items()}
    assert authors == {0: "Anna", 1: "Anna", 2: "Anna", 3: "Anna", 4: "Ben", 5: "Ben"}
    kinds = {
        text.text: group.get("class")
        for group in tree(draw(chat)).iter(f"{SVG}g")
        for text in group.iter(f"{SVG}text")
        if not group.get("transform")
    }
    assert kinds["Who brings the cake?\\n"] == kinds["Anna: Who brings the cake?\\n"] == "step by0 m0"
    assert kinds["I do.\\n"] == kinds["> I do."] == "step by1 m1"
    assert kinds["The chat is over.\\n"] == "step"


def contrast(one, other):
    """As WCAG 2 defines it, of two colours such as #1b62b5."""

    def light(colour):
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    bright, dark = sorted([light(one), light(other)], reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("names", "authors"), [(LIGHT, LIGHT_AUTHORS), (DARK, DARK_AUTHORS)])
def test_the_colours_can_be_read(names, authors):
    assert len(set(authors)) == AUTHORS
    for colour in (*authors, names["INK"], names["SOFT"], names["BAD"], names["BYTES"], names["PASSES"]):
        assert contrast(colour, names["PAPER"]) >= 4.5, colour
    for colour in authors:  # typed words stand on a shade
        assert contrast(colour, names["SHADE"]) >= 4.5, colour


def test_what_decides_a_failure_is_never_folded():
    noise = [("Ben", "prints", b"noise %d\n" % number) for number in range(500)]
    failed = events(
        ("server", "starts"),
        *noise[:200],
        ("Anna", "receives", b"wrong\n", "server"),
        ("server", "exits"),
        *[step for pair in zip(noise, [("Carla", "types", b"x")] * 400, strict=False) for step in pair],
        ("Anna", "expects"),
    )
    told = describe(failed)
    assert 'Anna receives "wrong\\n" from the server.' in told
    assert "The server exits." in told
    assert told.count("\n") < 80
    assert "wrong\\n" in texts(draw(failed))


def test_a_fold_opens_where_the_mouse_is():
    svg = draw(events(("server", "starts"), *[("server", "prints", b"line %d\n" % number) for number in range(30)]))
    hidden = [group for group in tree(svg).iter(f"{SVG}g") if group.get("class") == "more"]
    told = [text.text for group in hidden for text in group.iter(f"{SVG}text")]
    assert told[0] == 'The server prints "line 2\\n".'
    assert told[-1] == "... and 12 more"


def test_each_line_of_a_piece_shows_its_end():
    piece = b"The train is late tonight.\nI am on platform 4 of the station.\n"
    svg = draw(events(("Anna", "sends", piece, "server"), ("server", "receives", piece, "Anna")))
    (label,) = [text for text in texts(svg) if text.startswith("The")]
    assert label.count("\\n") == 2
    assert label.index("\\n") < label.index("I am")


def test_a_picture_of_two_fits_a_zoomed_notebook():
    assert int(tree(draw(ECHO)).get("width")) <= 640


def test_a_crowd_shares_a_lane():
    crowd = events(("server", "starts"), *((f"P{number}", "connects", "server") for number in range(30)))
    assert [lane.title for lane in lanes(crowd)] == ["P0", "P1", "server", "P2", "P3", "26 others"]
    svg = draw(crowd)
    assert {"P3", "P4: connects", "P29: connects", "23 more like these"} <= set(texts(svg))
    assert "P20" not in "".join(texts(svg))


# logs


def test_logs_are_left_out_unless_they_are_asked_for():
    logged = [*ECHO, Event(2, "server", "logs", b"2026-01-01 10:00:00,000 127.0.0.1 connected\n")]
    assert "connected" not in draw(logged)
    assert "connected" not in describe(logged)
    assert "127.0.0.1 connected" in texts(draw(logged, logs=True))
    assert "connected" in describe(logged, logs=True)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"2026-01-01 10:00:00,000 Thread-3 (receive): he left\n", ("Thread-3 (receive)", "he left")),
        (b"2026-01-01 10:00:00,000 MainThread: stopped\r\n", ("MainThread", "stopped")),
        (b"2026-01-01 10:00:00,000 error: no thread\n", ("", "error: no thread")),
        (b"Traceback (most recent call last):\n", (None, "Traceback (most recent call last):")),
    ],
)
def test_a_log_line_names_its_thread(line, expected):
    assert thread(line) == expected


def test_each_thread_has_a_lane_of_its_own():
    lines = ["MainThread: one", "Thread-1 (accept): two", "MainThread: three"]
    logged = [Event(0, "server", "logs", f"2026-01-01 10:00:00,000 {line}\n".encode()) for line in lines]
    svg = draw(logged, logs=True)
    dots = [float(circle.get("cx")) for circle in tree(svg).iter(f"{SVG}circle")]
    assert dots[0] == dots[2] != dots[1]
    assert [text for text in texts(svg) if text.startswith(("Main", "Thread"))] == ["MainThread", "Thread-1 (accept)"]


# long records


def test_many_alike_are_folded():
    pieces = events(
        ("Anna", "sends", b"x" * 40, "server"),
        *(("server", "receives", b"x", "Anna") for _ in range(40)),
    )
    assert fold(pieces, logs=False) == [0, 1, 2, Fold(tuple(range(3, 40)), alike=True), 40]
    svg = draw(pieces)
    assert "37 more like these" in texts(svg)
    assert "(37 more like these)" in describe(pieces)
    assert len(arrows(svg)) == 4  # the last one into the fold, for all that arrive there


def test_to_and_fro_is_folded():
    rounds = 30
    talk = events(
        *(("Anna", "sends", b"x", "server"), ("server", "receives", b"x", "Anna"), ("server", "sends", b"x", "Anna"))
        * rounds
    )
    assert fold(talk, logs=False)[6] == Fold(tuple(range(6, 3 * rounds - 3)), alike=True)


def test_what_is_seldom_is_not_folded():
    often = [("Anna", "sends", b"x", "server"), ("server", "receives", b"x", "Anna")]
    talk = events(*often * 20, ("server", "sends", b"Ben has left.\n", "Anna"), *often * 20)
    assert [entry for entry in fold(talk, logs=False) if isinstance(entry, int)][6] == 40
    assert "Ben has left.\\n" in texts(draw(talk))


def test_those_who_share_a_lane_are_folded_together():
    crowd = events(*((f"P{number}", "prints", b"hello") for number in range(20)))
    assert fold(crowd, logs=False) == list(range(20))
    names = [f"P{number}" for number in range(20)]
    assert fold(crowd, False, names) == [0, 1, Fold(tuple(range(2, 19)), alike=True), 19]


def test_a_picture_never_becomes_too_high():
    talk = []
    for number in range(500):
        who, text = f"P{number % 3}", b"%d\n" % number
        talk += [(who, "types", text), (who, "sends", text, "server"), ("server", "receives", text, who)]
    svg = draw(events(*talk))
    assert MOST_HEIGHT * 0.8 < height(svg) < MOST_HEIGHT + 200
    assert re.search(r"\d+ more lines", svg)
    assert "499" in svg
    assert overlap(svg) is None


def test_a_long_text_is_cut_and_shown_whole_where_the_mouse_is():
    text = "The quick brown fox jumps over the lazy dog. " * 10
    said = events(("Anna", "sends", text.encode(), "server"), ("server", "receives", text.encode(), "Anna"))
    svg = draw(said)
    label = next(text for text in texts(svg) if text.startswith("450 bytes: The"))
    assert "…" in label
    assert max(map(len, filter(None, texts(svg)))) < 60
    assert any(text in title.text for title in tree(svg).iter(f"{SVG}title"))


def test_megabytes_do_not_end_up_in_the_picture():
    much = events(("Anna", "sends", b"\xff" * 5_000_000, "server"), ("server", "receives", b"\xff" * 5_000_000, "Anna"))
    assert len(draw(much)) < 60_000


# the text beside it


def test_the_description_has_the_same_order():
    assert describe(ECHO) == "\n".join(step(event) for event in ECHO)
    root = tree(draw(ECHO, title="An echo"))
    assert root.get("role") == "img"
    title, desc = list(root)[:2]
    assert (title.tag, title.text) == (f"{SVG}title", "An echo")
    assert (desc.tag, desc.text) == (f"{SVG}desc", describe(ECHO))


def test_several_pictures_in_one_page_have_nothing_in_common():
    assert 'id="' not in draw(ECHO, title="An echo", logs=True)


def test_a_picture_follows_the_theme_of_jupyterlab_and_else_the_system():
    style = next(tree(draw(ECHO)).iter(f"{SVG}style")).text
    before, dark = style.split("@media (prefers-color-scheme: dark) {")
    dark, lab = dark.split("\n}\n")
    light_lab = lab.replace('[data-jp-theme-light="true"] ', "")
    dark_lab = lab.replace('[data-jp-theme-light="false"] ', "")
    for rule in (rule for rule in before.splitlines() if "#" in rule):
        assert rule in light_lab
    for rule in filter(None, dark.splitlines()):
        assert rule in dark_lab
        assert rule.partition("{")[0] in before
    assert dark.count("#") == before.count("#")


def test_an_empty_record():
    for record in (Record(), []):
        svg = draw(record)
        assert "Nothing has happened." in texts(svg)
        assert describe(record) == "Nothing has happened."


# what may be in a record


def test_hostile_names_and_texts_do_no_harm():
    data = HOSTILE.encode(errors="surrogatepass")
    hostile = [
        Event(0, HOSTILE, "starts", note=HOSTILE),
        Event(1, HOSTILE, "sends", data, "server"),
        Event(2, "server", "prints", data),
        Event(3, "server", "logs", data),
        Event(4, HOSTILE, "expects", note=HOSTILE),
        Event(5, "server", "exits", note=HOSTILE),
    ]
    svg = draw(hostile, title=HOSTILE, logs=True)
    assert not list(tree(svg).iter(f"{SVG}script"))
    assert "<script" not in svg
    assert not re.search("[\x00-\x08\x0b-\x1f\u202e\ud800-\udfff]", svg)


NAMES = st.sampled_from(["server", "Anna", "Ben", "wire", "test", "", "Çelik 船"]) | st.text(max_size=5)
DATA = st.sampled_from([b"", b"hi\n", "船 é".encode(), b"x" * 300]) | st.binary(max_size=60)
SOME_EVENTS = st.lists(
    st.builds(Event, st.floats(0, 100), NAMES, st.sampled_from(VERBS), DATA, NAMES, st.text(max_size=30)), max_size=60
)


@settings(max_examples=60, deadline=None)
@given(SOME_EVENTS, st.text(max_size=30), st.booleans())
def test_any_record_gives_a_sound_picture(record, title, logs):
    svg = draw(record, title, logs)
    tree(svg)
    assert svg == draw(list(record), title, logs)
    assert height(svg) < MOST_HEIGHT + 300
    assert overlap(svg) is None
    assert all(left >= 0 and right <= WIDTH for left, _, right, _ in places(svg))


def test_another_python_process_draws_the_same(tmp_path):
    record = Record()
    for event in ECHO:
        record.add(event.who, event.what, event.data, event.peer)
    record.save(tmp_path / "run.json")
    code = "import sys; from parley.drawing.picture import draw; from parley.contract.record import Record; "
    code += "sys.stdout.buffer.write(draw(Record.load(sys.argv[1])).encode())"
    pictures = {
        subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / "run.json")],
            env={**os.environ, "PYTHONHASHSEED": seed},
            stdout=subprocess.PIPE,
            check=True,
            timeout=120,
        ).stdout
        for seed in ("1", "2")
    }
    assert pictures == {draw(Record.load(tmp_path / "run.json")).encode()}


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_the_scene_of_each_stage_is_drawn_whole(stage):
    record = play(stage, solution(stage, "full", "server").parent)
    for logs in (False, True):
        svg = draw(record, stage.name, logs)
        assert overlap(svg) is None
        assert "not received" not in svg
    sent = [crossing for crossing in crossings(list(record)) if crossing.verb == "sends"]
    assert sent and all(None not in (crossing.sent, crossing.received) for crossing in sent)


def test_the_picture_in_the_readme_is_drawn_as_today():
    """Its text alternative ends each stream in today's words, and its authors have colours."""
    svg = (root() / "docs" / "stage5.svg").read_text(encoding="utf-8")
    told = tree(svg).findtext(f"{SVG}desc").splitlines()
    for who in ("Anna", "Ben", "Carla"):
        assert step(Event(0, who, "sees end", peer="server")) in told
    assert all(colour in svg for colour in LIGHT_AUTHORS[:3])


def test_what_matters_among_megabytes_is_seen():
    record = faults.run(STAGES[-1], "stall").record
    assert sum(len(event.data) for event in record) > 1_000_000  # what is kept of it
    for logs in (False, True):
        svg = draw(record, "One does not read", logs)
        assert overlap(svg) is None
        assert "stops receiving" in texts(svg)
        # alone, or in one piece with the messages around it
        assert any("Zoe has left.\\n" in text for text in texts(svg))
        assert len(svg) < 150_000


def test_a_fault_that_breaks_a_program_names_the_exception():
    outcome = faults.run(STAGES[0], "reset", "bare")
    svg = draw(outcome.record)
    assert overlap(svg) is None
    assert {"reset", "ConnectionResetError", "ends, status 1"} <= set(texts(svg))


def test_play_draws_its_scene(tmp_path):
    file = tmp_path / "run.svg"
    refused = parley("play", "1", "--picture", file)
    assert (refused.returncode, "--picture needs --scene" in refused.stderr) == (1, True)
    assert parley("play", "1", "--picture", file, "--scene").returncode == 0
    assert "Received: Grüße aus Zürich" in texts(file.read_text(encoding="utf-8"))
