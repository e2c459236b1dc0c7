"""Stage 2, the server: each line becomes an entry. 70 points; what is asked is in PROTOCOLS.md.

Nothing is said about a carriage return at the end of a last line without a newline, about half a line when its
connection is lost, and about a logbook that can't be opened: a program may choose.
"""

import calendar
import re
import tempfile
import time
from functools import partial
from pathlib import Path

import pytest

from parley.contract.errors import NotHere
from parley.contract.record import quoted
from parley.harness.programs import NO_UTF_8
from parley.harness.scene import NO_COMMANDS, SILENCE

# a time, whatever it looks like; a space; the text (which does not begin with a digit in these tests)
A_TIME = r"\d\S*(?: \d\S*)?"
ENTRY = re.compile(rf"({A_TIME}) (.*)")
# ISO 8601 to the second, perhaps with an offset; on the screen, something may come before it
TIME = re.compile(r"(?:.*\D)?(\d{4}-?\d\d-?\d\dT\d\d:?\d\d:?\d\d)(?:Z|[+-]\d\d(?::?\d\d)?)?", re.DOTALL)
ANY_OFFSET = 15 * 60  # seconds: all time zones differ by a multiple of it
ONE_HOUR = 60 * 60  # seconds
ONE_DAY = 24 * ONE_HOUR
MORNING, AFTERNOON = 9, 13  # hours: one of a single digit, and one that a clock of twelve hours hasn't
ALWAYS_FULL = "/dev/full"  # where Linux has it: who writes into it learns that the disk is full


@pytest.mark.points(4, "core", hint="entry")
def test_a_line_becomes_an_entry(scene):
    """The server prints each line as an entry immediately, even after a silence: a time, a space, and the text."""
    server, patient = scene.server(), scene.server(name="second server")
    text = scene.words()
    anna = scene.person("Anna").connects(server).says(text)
    shows(server, text)
    scene.deadlines.watch(SILENCE)
    text = scene.words()
    anna.says(text)
    shows(server, text, hint="patience")
    scene.person("Ben").connects(patient, hint="patience").says(text)
    shows(patient, text)


@pytest.mark.points(3, "core", hint="time")
def test_the_time_of_an_entry(scene):
    """Each entry has the time when it was made: ISO 8601, to the second, before noon and after it."""
    utc_hour = time.gmtime().tm_hour  # once: the hour may end during this test
    server = scene.server(environment=where_it_is(MORNING, utc_hour))
    anna = scene.person("Anna").connects(server)
    makes_an_entry_now(server, anna, scene.words())
    scene.deadlines.watch(1.01 - time.time() % 1)  # until the next second has begun
    zone = makes_an_entry_now(server, anna, scene.words())
    elsewhere = scene.server(environment=where_it_is(AFTERNOON, utc_hour), name="second server")
    ben = scene.person("Ben").connects(elsewhere)
    makes_an_entry_now(elsewhere, ben, scene.words(), zones=(zone, zone + (AFTERNOON - MORNING) * ONE_HOUR))


@pytest.mark.points(4, "core", hint="logbook")
def test_the_logbook(scene):
    """What's on the screen is in logbook.txt already: the same entries and nothing else."""
    server = scene.server()
    anna = scene.person("Anna").connects(server)
    lines = each_is_shown(server, anna, scene.words(), scene.words())

    def on_the_screen(entry):
        """The line on the screen that ends with this entry, and if there's none, the entry itself."""
        return next((line for line in lines if text_of(entry) and line.endswith(entry)), entry)

    server.comes_to_rest().holds("logbook.txt", lines, read=on_the_screen)


@pytest.mark.points(2, "core", hint="before")
def test_first_the_logbook_then_the_screen(scene):
    """If an entry can't be written because the disk is full, it isn't printed either."""
    if not Path(ALWAYS_FULL).exists():
        raise NotHere(f"This system has no {ALWAYS_FULL}, a file that is always full.")
    works(scene, scene.server())
    text = scene.words()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "logbook.txt").symlink_to(ALWAYS_FULL)
        server = scene.server(folder=folder, name="second server").may_have_a_traceback()
        scene.person("Anna").connects(server).says(text).ends().sees_end_or_reset()
        server.kill().wait_until_it_ends()
        server.has_not_printed(text)


@pytest.mark.points(3, "core", hint="append")
def test_the_logbook_survives(scene):
    """A kill loses nothing from the logbook, and the next server appends to it."""
    server = scene.server()
    texts = [scene.words() for _ in range(4)]
    anna = scene.person("Anna").connects(server)
    each_is_shown(server, anna, *texts[:3])
    server.comes_to_rest().kill().ends(status=None)
    keeps(server, *texts[:3])
    server = scene.server(folder=server.folder, name="next server")
    scene.person("Ben").connects(server).says(texts[3])
    shows(server, texts[3])
    keeps(server, *texts)


@pytest.mark.points(3, "core", hint="lines")
def test_several_lines_at_once(scene):
    """Lines that arrive together become several entries, even if one is empty."""
    server = scene.server()
    texts = [scene.words(), scene.words(), "", scene.words()]
    scene.person("Anna").connects(server).sends("".join(f"{text}\n" for text in texts))
    shows(server, *texts)
    keeps(server, *texts)


@pytest.mark.points(4, "core", hint="pieces")
def test_a_line_in_pieces(scene):
    """A line that arrives byte by byte is one entry, as soon as its newline is there."""
    server = scene.server()
    wire = scene.wire(server)
    wire.to_server.split(1)
    texts = [scene.words(), scene.words()]
    scene.person("Anna").connects(wire).says(texts[0]).says(texts[1])
    shows(server, *texts)
    keeps(server, *texts)


@pytest.mark.points(3, "core", hint="pieces")
def test_a_long_line(scene):
    """A line is one entry whether it fills a buffer, has 65,536 bytes, or arrives with a thousand others."""
    server = scene.server()
    anna = scene.person("Anna").connects(server)
    fills = ["é" * (size // 2 - 1) + "!" for size in (1024, 2048, 4096)]
    for text in fills:
        anna.says(text)
        shows(server, text)
    texts = ["é" * 32_768, *(f"line {number} of a long letter ✉" for number in range(1000))]
    anna.sends("".join(f"{text}\n" for text in texts))
    shows(server, *texts)
    keeps(server, *fills, *texts)


@pytest.mark.points(3, "core", hint="letters")
def test_a_letter_in_pieces(scene):
    """A letter whose bytes arrive one after another stays that letter."""
    server = scene.server()
    coffee, tea = "café".encode(), "чай, 茶".encode()
    anna = scene.person("Anna").connects(server)
    anna.sends_in_pieces(coffee[:-1], coffee[-1:] + b"\n", tea[:3], tea[3:-1], tea[-1:] + b"\n")
    shows(server, "café", "чай, 茶")
    keeps(server, "café", "чай, 茶")


@pytest.mark.points(2, "core", hint="no-text")
def test_bytes_that_are_no_text(scene):
    """Bytes that aren't UTF-8 are replaced, and no others, even as the last ones. The next line is an entry."""
    server = scene.server()
    text = scene.words()
    anna = scene.person("Anna").connects(server)
    anna.sends(b"caf\xff \xe2\x98\x95\n")
    words = 'an entry with something between "caf" and " ☕"'
    line = server.prints(check=lambda line: shown_text(line, "caf.+ ☕"), words=words)
    anna.sends(b"ca\xc3\n")  # the first half of a letter
    half = server.prints(check=lambda line: shown_text(line, "ca.+"), words='an entry with "ca" and more')
    anna.says(text)
    shows(server, text)
    anna.sends(b"tea ca\xc3").leaves()
    last = server.prints(check=lambda line: shown_text(line, "tea ca.+"), words='an entry with "tea ca" and more')
    keeps(server, shown_text(line, "caf.+ ☕"), shown_text(half, "ca.+"), text, shown_text(last, "tea ca.+"))


@pytest.mark.points(2, "core", hint="unchanged")
def test_the_text_stays_as_it_is(scene):
    """The text of an entry is all of the line: spaces, last letter, unusual signs. A repeated line is an entry too."""
    server = scene.server()
    texts = [
        "  two spaces, ☕, and two more  ",
        "a bye",
        "a bye",
        "a\ttab, <b>&amp;</b>, 100 %d, \\n, {0} ☕",
        "\ufeffmark, \x1b[1mbold\x1b[0m ☕\0",
        "page 1, cafe\u0301\f\u2028page 2\x85\x1c\v",
        "\t",
        " ",
        "ten %\rtwenty % ☕",
    ]
    anna = scene.person("Anna").connects(server)
    each_is_shown(server, anna, *texts)
    for word in NO_COMMANDS:
        anna.says(word)
        shows(server, word, hint="no-command")
    keeps(server, *texts, *NO_COMMANDS)


@pytest.mark.points(2, "core", hint="crlf")
def test_lines_from_telnet(scene):
    """A line that ends with \\r\\n, as from telnet and Windows, is the same entry, even if the two arrive apart. An
    earlier \\r is part of the text.
    """
    server = scene.server()
    text = scene.words()
    anna = scene.person("Anna").connects(server).sends(f"{text}\r\n\r\nbye\r\n")
    anna.sends_in_pieces("in two pieces\r", "\n")
    shows(server, text, "", "bye", "in two pieces")
    anna.sends("two \r\r\n")
    shows(server, "two \r", hint="unchanged")
    keeps(server, text, "", "bye", "in two pieces", "two \r")


@pytest.mark.points(2, "core", hint="last-line")
def test_the_last_line(scene):
    """A last line without a newline is an entry too; a silent client makes none."""
    server = scene.server()
    texts = [scene.words() for _ in range(3)]
    scene.person("Anna").connects(server).leaves()
    ben = scene.person("Ben").connects(server)
    each_is_shown(server, ben, texts[0])
    ben.sends(texts[1]).leaves()
    scene.person("Carla").connects(server).says(texts[2])
    shows(server, *texts[1:])
    keeps(server, *texts)


@pytest.mark.points(2, "core", hint="end")
def test_nothing_comes_back(scene):
    """A client that closes its sending side gets end of stream, and never anything else."""
    server = scene.server()
    text = scene.words()
    anna = scene.person("Anna").connects(server).says(text)
    shows(server, text)
    anna.ends().sees_end()


@pytest.mark.points(3, "core", hint="next")
def test_one_client_at_a_time(scene):
    """The server serves one client after another, and loses nothing that was sent in the meantime."""
    server = scene.server()
    anna, ben = scene.people(server, "Anna", "Ben")
    ben.says("I am Ben ☺")
    server.rests()
    anna.says("I am Anna ☺")
    shows(server, "I am Anna ☺")
    keeps(server, "I am Anna ☺")
    anna.leaves()
    shows(server, "I am Ben ☺")
    ben.leaves()
    for _ in scene.rounds():
        scene.person("Dana").connects(server, hint="forever").leaves()
    scene.person("Carla").connects(server, hint="forever").says("I am Carla ☺")
    shows(server, "I am Carla ☺", hint="forever")
    keeps(server, "I am Anna ☺", "I am Ben ☺", "I am Carla ☺")


@pytest.mark.points(2, "core", hint="encoding")
def test_a_system_that_speaks_no_utf_8(scene):
    """Screen and logbook use UTF-8, even if the operating system doesn't."""
    server = scene.server(environment=NO_UTF_8)
    scene.person("Anna").connects(server).says("дом, 船, žluťoučký")
    shows(server, "дом, 船, žluťoučký")
    keeps(server, "дом, 船, žluťoučký")


@pytest.mark.points(1, "core", hint="interfaces")
def test_an_empty_host_means_every_interface(scene):
    """With an empty HOST, clients reach the server at every address of this machine."""
    server = scene.server(host="")
    works(scene, server, host="127.0.0.2")


@pytest.mark.points(1, "core", hint="default-port")
def test_host_and_port_may_be_left_out(scene):
    """Without PORT the server uses 50007; without HOST it listens at 127.0.0.1 and nowhere else."""
    scene.takes_a_network_of_its_own()
    works(scene, scene.server(host=None, port=50007))
    second = scene.server(host="127.0.0.2", port=50007, tells_port=False, name="second server")
    works(scene, second, host="127.0.0.2")


@pytest.mark.points(4, "errors", hint="reset")
def test_a_client_is_lost(scene):
    """A client that resets its connection in the middle of a line doesn't disturb the next one."""
    server = scene.server()
    anna, ben = scene.people(server, "Anna", "Ben")
    anna.says("I am Anna ☺")
    shows(server, "I am Anna ☺")
    anna.sends_in_pieces("☺ I have to te")
    anna.resets()
    ben.says("I am still here ☺")
    shows(server, "I am still here ☺")


@pytest.mark.points(2, "errors", hint="reset")
def test_a_client_gives_up(scene):
    """A client that resets its connection while it waits doesn't disturb the next one."""
    server = scene.server()
    anna, ben, carla = scene.people(server, "Anna", "Ben", "Carla")
    ben.resets()
    anna.says("I am Anna ☺").leaves()
    carla.says("I am still here ☺")
    shows(server, "I am Anna ☺", "I am still here ☺")
    keeps(server, "I am Anna ☺", "I am still here ☺")


@pytest.mark.points(3, "errors", hint="too-long")
def test_a_line_that_never_ends(scene):
    """A line of more than 65,536 bytes is no entry, and the line before it is one. It ends its own connection
    immediately, and no other.
    """
    server = scene.server()
    anna, ben, guest = scene.people(server, "Anna", "Ben", "Carla")
    anna.sends("é" * 20_000).was_received().sends("é" * 20_000).sees_end_or_reset()
    ben.sends("é" * 32_768).was_received().says("!").sees_end_or_reset()
    texts = []
    for number in range(6):  # whether all of it is received at once is chance
        texts.append(f"I am number {number} ☺")
        following = scene.person(f"{number}. guest").connects(server)
        guest.sends(f"{texts[-1]}\n" + "é" * 40_000).sees_end_or_reset()
        guest = following
    texts.append("I am the last one ☺")
    guest.says(texts[-1])
    shows(server, *texts)
    keeps(server, *texts)


@pytest.mark.points(2, "errors", hint="ctrl-c")
def test_ctrl_c(scene):
    """Ctrl+C stops an idle server: exit status 0, no traceback."""
    server = scene.server()
    works(scene, server).leaves()
    server.presses_ctrl_c().ends(status=0)


@pytest.mark.points(3, "errors", hint="port-free")
def test_ctrl_c_during_a_conversation(scene):
    """After Ctrl+C during a conversation, the client sees end of stream, and the port is free."""
    server = scene.server()
    anna = scene.person("Anna").connects(server).says("hello ☺")
    shows(server, "hello ☺")
    anna.says("still here ☺")  # the second entry shows that the conversation goes on
    shows(server, "still here ☺")
    server.presses_ctrl_c().ends(status=0)
    anna.sees_end()
    server = scene.server(port=server.address[1], folder=server.folder, name="next server")
    scene.person("Ben").connects(server).says("bye ☺")
    shows(server, "bye ☺")
    keeps(server, "hello ☺", "still here ☺", "bye ☺")


@pytest.mark.points(2, "errors", hint="port-taken")
def test_the_port_is_taken(scene):
    """If the port is taken, the server exits with one line and status 1; the other one continues."""
    server = scene.server()
    second = scene.server(port=server.address[1], name="second server", listens=False)
    second.ends_with_a_sentence(status=1)
    scene.person("Anna").connects(server).says("hello ☺")
    shows(server, "hello ☺")


@pytest.mark.points(2, "errors", hint="bad-port")
def test_a_port_that_is_none(scene):
    """A port that isn't a number, or is too large, gives one line and status 1."""
    works(scene, scene.server())
    for port in ("harbour", 65_536, -5):
        scene.server(port=port, listens=False).ends_with_a_sentence(status=1)


@pytest.mark.points(3, "logging", hint="log")
def test_the_log_says_who(scene):
    """The log says which client connected, with address and port, and that it left."""
    server = scene.server()
    anna = works(scene, server)
    words = f"a line with the address and the port of Anna: 127.0.0.1, {anna.port}"
    server.logs(check=lambda line: "127.0.0.1" in line and str(anna.port) in line, words=words)
    anna.leaves()
    server.logs(words="a line about the end of this connection")


@pytest.mark.points(2, "logging", hint="log-lost")
def test_the_log_says_who_was_lost(scene):
    """The log says that a client was lost, in other words than that one left."""
    server = scene.server()
    left = leaves_a_line(scene, server)
    ben = works(scene, server, name="Ben")
    server.logs(containing=str(ben.port))
    ben.resets()
    server.logs(unlike=left, words="a line that says that Ben was lost, and didn't leave as Anna did")


@pytest.mark.points(1, "logging", hint="log-lost")
def test_the_log_says_what_was_too_long(scene):
    """The log says that a connection was ended because its line was too long, in other words than that one left."""
    server = scene.server()
    left = leaves_a_line(scene, server)
    ben = works(scene, server, name="Ben")
    server.logs(containing=str(ben.port))
    ben.sends_in_pieces("x" * 40_000, "x" * 40_000).sees_end_or_reset()
    server.logs(unlike=left, words="a line that says why this connection ended, and not that Ben left as Anna did")


def works(scene, server, host=None, name="Anna"):
    """A person who connected (at this address of the machine) and said something that became an entry."""
    text = scene.words()
    person = scene.person(name).connects(server, host=host).says(text)
    shows(server, text)
    return person


def leaves_a_line(scene, server):
    """The line in the log that says that Anna left."""
    anna = works(scene, server)
    server.logs(containing=str(anna.port))
    anna.leaves()
    return server.logs(words="a line about the end of this connection")


def where_it_is(hour, utc_hour):
    """The environment of a program in a time zone where it's this hour when it's `utc_hour` in UTC."""
    return {"TZ": f"XXX{utc_hour - hour:+d}"}


def makes_an_entry_now(server, person, text, zones=None):
    """Expect that what this person says becomes an entry of this moment, in one of these time zones (default: in any).
    Return its zone, as seconds from UTC.
    """
    said = int(time.time())
    person.says(text)
    hour = AFTERNOON if zones else MORNING
    words = f"the time now (such as {time.strftime(f'%Y-%m-%dT{hour:02}:%M:%S')}), a space, and {quoted(text)}"

    def zone(line):
        return zone_of(line.removesuffix(f" {text}"), said) if shown_text(line, re.escape(text)) else None

    return zone(server.prints(check=lambda line: zone(line) in zones if zones else zone(line) is not None, words=words))


def shows(server, *texts, hint=None):
    """Expect an entry for each of these texts on the screen, in this order, and return these lines."""
    lines = []
    for text in texts:
        words = f"a time, a space, and {quoted(text)}"
        fits = partial(shown_text, pattern=re.escape(text))
        lines.append(server.prints(check=lambda line, fits=fits: fits(line) is not None, words=words, hint=hint))
    return lines


def each_is_shown(server, person, *texts):
    """Let this person say each of these texts once the one before is an entry on the screen, and return these lines."""
    lines = []
    for text in texts:
        person.says(text)
        lines += shows(server, text)
    return lines


def keeps(server, *texts):
    """Expect an entry for each of these texts in logbook.txt, in this order, and nothing else.

    (Which came first, the file or the screen, another test looks at: here both have had the time.)
    """
    server.comes_to_rest().holds("logbook.txt", texts, read=text_of)


def text_of(line):
    """The text of an entry, or None if the line is no entry."""
    entry = ENTRY.fullmatch(line)
    return entry and entry[2]


def shown_text(line, pattern):
    """The text of the entry at the end of a line on the screen, if it fits this pattern; None otherwise."""
    entry = re.search(rf"{A_TIME} ({pattern})\Z", line, re.DOTALL)
    return entry and entry[1]


def zone_of(line, said):
    """The time zone of a line that ends with a time between `said` (seconds since 1970) and now, as seconds from UTC;
    None if it doesn't.
    """
    time_of_entry = TIME.fullmatch(line)
    if not time_of_entry:
        return None
    try:
        made = calendar.timegm(time.strptime(re.sub("[-:]", "", time_of_entry[1]), "%Y%m%dT%H%M%S"))
    except ValueError:  # it looks like a time, but there is none such
        return None
    since = (made - said) % ANY_OFFSET
    return made - said - since if abs(made - said) < ONE_DAY and since <= time.time() + 1 - said else None
