"""Stage 5, the server: everyone hears everyone. 70 points; what is asked is in PROTOCOLS.md.

A newcomer may be told more than one line, and in any language: what counts is the line that it asks for. Each name has
a number, so that no notice holds it by chance.

Not tested, because it can't be seen from outside or isn't the same everywhere: which threads there are, that it
asks for HOST and PORT at a terminal, what becomes of visitors without a name at the end of the chat, of a line of
spaces, and of half a line before EOF, and how a MAX_CLIENTS that isn't a number is answered (no rule says it).
"""

import itertools
import re

import pytest

from parley.contract.errors import NotHere
from parley.harness.programs import NO_KEYBOARD, NO_UTF_8

LONGEST = 65_536  # bytes of the longest line
HALF = LONGEST // 2  # bytes that arrive in one chunk
PAUSE = 4  # seconds, more than one short pause, for which someone who does not read may keep the others waiting
SILENCE = 1.2  # seconds for which someone has nothing to say: more than the ticks of most programs
PASTED = 3000  # lines at once, more than a bounded queue has room for
MB = 1024**2  # bytes
BOUNDED = 24 * MB  # of memory that a server may need while someone does not read; an unbounded one takes 40

# Put beside the program as sitecustomize.py: from slow_down() on each of its threads but the first pauses at every
# line, or at some, for a moment of random length. So threads overtake each other, as they may on any machine but
# seldom do.
SLOW_THREADS = """
import pathlib, random, sysconfig, threading, time
LIBRARY = (sysconfig.get_path("stdlib"), "<")
dice = random.Random({seed})
slow = pathlib.Path("slow").resolve()
def pause(frame, event, argument):
    if frame.f_code.co_filename.startswith(LIBRARY):
        return None
    if dice.random() < {share} and slow.exists():
        time.sleep({longest} * dice.random())
    return pause
threading.settrace(pause)
pathlib.Path("can be slow").touch()
"""


def traced_server(scene, *args, share=1, longest=0.003):
    """A server whose threads can be slowed down: at this share of their lines, for `longest` seconds at most."""
    text = SLOW_THREADS.format(seed=scene.rng.randrange(1000), share=share, longest=longest)
    server = scene.server(*args, files={"sitecustomize.py": text}, environment={"PYTHONPATH": "."})
    if server.file("can be slow") is None:
        raise NotHere("The threads of this Python cannot be slowed down.")
    return server


def slow_down(server):
    """From now on the threads of this server overtake each other."""
    server.puts("slow")


def visitor(scene, server, name, hint="welcome"):
    """A client that connected and was greeted, but has no name yet in the chat."""
    person = scene.person(f"{name}{scene.rng.randint(100, 999)}").connects(server)
    person.receives_line(check=str.strip, words="a greeting that asks for a name", hint=hint)
    return person


def enter(scene, server, *names, hint=None):
    """These people join one after another. Returns them when each has received all that there was to receive."""
    people = []
    for name in names:
        newcomer = visitor(scene, server, name, hint=hint or "welcome")
        newcomer.says(newcomer.name).receives_lines_until(newcomer.name, hint=hint or "welcome")
        for person in people:
            person.receives_lines_until(newcomer.name, hint=hint or "notice")
        people.append(newcomer)
    first, *others = people
    first.says("is everybody here?")
    for person in others:
        person.receives_lines_until(f"{first.name}: is everybody here?", hint=hint or "others")
    return people


def is_welcomed(scene, person, *others):
    """This visitor gives a name, and until the welcome hears nothing about these others."""
    names = [other.name for other in others]
    person.says(person.name)
    line = ""
    while person.name not in line and not scene.deadlines.over():
        line = person.receives_line(
            check=lambda line: person.name in line or not named(names, line),
            words="nothing about the others before the welcome",
            hint="early",
        )


def talk(scene, speaker, *listeners, hint=None):
    """The speaker says something, and all listeners hear just that next."""
    text = scene.words()
    speaker.says(text)
    for listener in listeners:
        listener.receives_line(f"{speaker.name}: {text}", hint=hint)


def told_about(person, *listeners, hint="notice"):
    """All listeners get a notice about this person next, in whatever words."""
    name = person.name
    for listener in listeners:
        listener.receives_line(
            check=lambda line: name in line and not line.startswith(f"{name}: "),
            words=f"a notice about {name}",
            hint=hint,
        )


def hears_of(listener, people, speaker, texts):
    """Expect what this speaker says, in order, and one notice about each of these people, in whatever order."""
    awaited = [f"{speaker.name}: {text}" for text in texts]
    names = [person.name for person in people]
    notices = []
    while awaited or len(notices) < len(names):
        words = " or ".join([*awaited[:1], f"a notice about one of these: {', '.join(names)}"])
        line = listener.receives_line(
            check=lambda line: line in awaited[:1] or one_about_each(names, [*notices, line]), words=words
        )
        if line in awaited[:1]:
            awaited.pop(0)
        else:
            notices.append(line)


def tells_of(person):
    """Whether a line of the log says who it is about."""
    port = str(person.port)
    return lambda line: port in line or person.name in line


def one_about_each(names, notices):
    """Whether each of these notices can be about another one of these people. (It may name others too.)"""
    orders = itertools.permutations(names, len(notices))
    return any(all(name in notice for name, notice in zip(order, notices, strict=True)) for order in orders)


def named(names, line):
    """Those of these names that this line has."""
    return [name for name in names if name in line]


def all_speak(speakers, listener, count):
    """All speak at the same time, many lines each. Each must receive every line of all the others, in one order."""
    for person in speakers:
        person.sends("".join(f"{person.name} {number}\n" for number in range(1, count + 1)))
    awaited = {f"{person.name}: {person.name} 1": person for person in speakers}
    order = []
    while awaited:
        line = listener.receives_line(check=awaited.__contains__, words=f"one of these: {', '.join(awaited)}")
        person = awaited.pop(line)
        order.append((person, line))
        number = int(line.rpartition(" ")[2]) + 1
        if number <= count:
            awaited[f"{person.name}: {person.name} {number}"] = person
    for person in speakers:
        for author, line in order:
            if author is not person:
                words = f"{line}, as {listener.name} did"
                person.receives_line(check=line.__eq__, words=words, hint="one-order")


@pytest.mark.points(3, "core", hint="welcome")
def test_a_newcomer_is_welcomed(scene):
    """The server asks for a name, welcomes by it and says how to leave; the others get a notice."""
    server = scene.server()
    anna = visitor(scene, server, "Anna")
    words = f"a line that contains {anna.name} and {{quit}}"
    anna.says(anna.name).receives_lines_until(check=lambda line: anna.name in line and "{quit}" in line, words=words)
    ben = visitor(scene, server, "Ben")
    ben.says(f"  {ben.name} \t").receives_lines_until(ben.name, hint="names")
    anna.receives_lines_until(ben.name, hint="notice")
    ben.says("hello")
    anna.receives_line(f"{ben.name}: hello", hint="names")


@pytest.mark.points(2, "core", hint="names")
def test_what_is_no_name(scene):
    """The server asks again after a bad name, and no one is notified; 1 to 32 printable characters are good."""
    server = scene.server()
    anna, ben = enter(scene, server, "Anna", "Ben")
    long = f"{scene.rng.randint(100, 999)} d'Arc & Søn,  茶-☕ #{{x}} 5%".ljust(32, "ж")
    carla = visitor(scene, server, "Carla")
    for bad in ("", " \t ", f"{long}ж", "Carla\x1b[2J", "Car\tla", "Car\x7fla", "Carla\x9b2J"):
        carla.says(bad).receives_line(check=str.strip, words="the question for a name, once more")
    talk(scene, anna, ben)
    for text in ("", f"  {long}\t "):
        answer = carla.says(text).receives_line(
            check=lambda line: long in line or not named([anna.name, ben.name], line),
            words="nothing about the others before the welcome",
            hint="early",
        )
    if long not in answer:
        carla.receives_lines_until(long)
    carla.says("are you here?")
    for person in (anna, ben):
        person.receives_line(containing=long)
        person.receives_line(f"{long}: are you here?")
    good = {long: carla}
    for name in ("ж", "Server", "/me: I"):
        good[name] = visitor(scene, server, "Dana").says(name)
        good[name].receives_lines_until(name)
        for person in (anna, ben):
            person.receives_line(containing=name)
    for name, person in good.items():
        person.says("hello")
        for other in (anna, ben):
            other.receives_line(f"{name}: hello")


@pytest.mark.points(2, "core", hint="no-name")
def test_leaving_without_a_name(scene):
    """A visitor may leave with {quit} or EOF instead of a name, and no one is notified."""
    server = scene.server()
    anna, ben = enter(scene, server, "Anna", "Ben")
    visitor(scene, server, "Carla").says("{quit}").receives_lines_until_end()
    emil = visitor(scene, server, "Emil").says("")
    emil.receives_line(check=str.strip, words="the question for a name, once more", hint="names")
    emil.says("{quit}").receives_lines_until_end()
    visitor(scene, server, "Dana").leaves()
    scene.person("a port scanner").connects(server).leaves()
    talk(scene, ben, anna)
    talk(scene, anna, ben)
    farah = visitor(scene, server, "Farah")
    farah.says(" {quit} ")  # no command, but a name: she stays
    farah.receives_line(check=str.strip, words="a welcome, or the question once more")
    farah.says(farah.name)
    for person in (anna, ben):
        person.receives_lines_until(farah.name, hint="leaving")


@pytest.mark.points(2, "core", hint="silent")
def test_a_silent_newcomer(scene):
    """A silent visitor keeps no one waiting and hears nothing; participants may be silent too."""
    server = scene.server()
    silent = scene.person("Silent17").connects(server)
    silent.receives_line(check=str.strip, words="a greeting", hint="welcome")
    anna, ben, carla = enter(scene, server, "Anna", "Ben", "Carla", hint="silent")
    talk(scene, ben, anna, carla)
    carla.says("{quit}").receives_lines_until_end()
    told_about(carla, anna, ben)
    is_welcomed(scene, silent, anna, ben, carla)
    told_about(silent, anna)
    scene.deadlines.watch(SILENCE)
    talk(scene, ben, anna, hint="quiet")


@pytest.mark.points(3, "core", hint="others")
def test_everybody_hears_everybody(scene):
    """A message goes to all the others, with its author's name, and never back; empty lines go nowhere."""
    server = scene.server()
    anna, ben, carla = enter(scene, server, "Anna", "Ben", "Carla")
    for _ in range(2):
        talk(scene, anna, ben, carla)
        talk(scene, ben, anna, carla)
    carla.says(f"{ben.name}: I am Ben")
    for person in (anna, ben):
        person.receives_line(f"{carla.name}: {ben.name}: I am Ben")
    ben.sends("\n\r\n\nhello\n")
    for person in (anna, carla):
        person.receives_line(f"{ben.name}: hello", hint="empty")
    talk(scene, anna, ben, carla, hint="empty")


@pytest.mark.points(2, "core", hint="lines")
def test_lines_and_pieces(scene):
    """A line is one message, whether lines arrive together or byte by byte, and however long they are."""
    server = scene.server()
    anna, ben = enter(scene, server, "Anna", "Ben")
    ben.sends("first ☕\nsecond ☕\n")
    anna.receives_line(f"{ben.name}: first ☕")
    anna.receives_line(f"{ben.name}: second ☕")
    ben.sends_in_pieces(*(bytes([byte]) for byte in "byte by byte ☕\nand".encode()), b" on", b"\n")
    anna.receives_line(f"{ben.name}: byte by byte ☕")
    anna.receives_line(f"{ben.name}: and on")
    fills = ["a" + "é" * (size // 2 - 1) for size in (1024, 2048, 4096)]
    longest = "far " * (LONGEST // 4 - 1) + "away"
    for line in (*fills, longest):
        ben.says(line)
        anna.receives_line(f"{ben.name}: {line}")
    # the next line comes in the same chunk as the end of the longest one
    longest = longest.replace("far", "off")
    ben.sends_in_pieces(longest[:HALF], f"{longest[HALF:]}\nand near\n")
    for line in (longest, "and near"):
        anna.receives_line(f"{ben.name}: {line}")
    scene.person("Carla17").connects(server).sends("Carla17\nhello, Anna ☕\n")
    anna.receives_line(containing="Carla17")
    anna.receives_line("Carla17: hello, Anna ☕")


@pytest.mark.points(2, "core", hint="letters")
def test_any_text(scene):
    r"""A letter may be cut in two, a line may end with \r\n, and bytes that aren't UTF-8 are replaced."""
    server = scene.server()
    anna, ben = enter(scene, server, "Anna", "Ben")
    ben.sends_in_pieces(b"one caf\xc3")
    talk(scene, anna, ben)  # meanwhile
    ben.sends_in_pieces(b"\xa9, or ", b"\xe8\x8c", b"\xb6?\n")
    anna.receives_line(f"{ben.name}: one café, or 茶?")
    ben.sends(b"no \xff\xfe text\n")
    anna.receives_line(
        check=re.compile(rf"{ben.name}: no \S+ text").fullmatch,
        words=f"the line {ben.name}: no ... text",
        hint="bytes",
    )
    carla = visitor(scene, server, "Carla")
    carla.sends(f"{carla.name}\r\nas telnet ☕ does, bye\r\n{{quit}}\r\n")
    anna.receives_line(containing=carla.name)
    anna.receives(f"{carla.name}: as telnet ☕ does, bye\n", hint="line-end")
    told_about(carla, anna, hint="line-end")
    dana = visitor(scene, server, "Dana").sends(b"Zo\xe417\n")  # a name, or asked for again: both are fine
    dana.receives_line(
        check=lambda line: line.strip() and "Zo17" not in line,
        words="a welcome with all letters of the name, or the question for a name, once more",
        hint="bytes",
    )
    dana.says(dana.name)
    anna.receives_lines_until(dana.name, hint="bytes")


@pytest.mark.points(1, "core", hint="unchanged")
def test_the_text_stays_as_it_is(scene):
    """A message arrives unchanged: spaces, characters that look like newlines, words of a command, a repeated text."""
    server = scene.server()
    anna, ben = enter(scene, server, "Anna", "Ben")
    texts = [
        "  two spaces, ☕, and two more  ",
        "page 1\f\u2028page 2\x85\x1c\v☕",
        "a\ttab, <b>&amp;</b>, 100 %d, \\n, {0} ☕",
        "\ufeffmark, \x1b[1mbold\x1b[0m, cafe\u0301 ☕\0",
        "line 1\rstill line 1 ☕",
        "again ☕",
        "again ☕",
    ]
    words = ["{quit}ting", "{QUIT}", "/CLOSE", "/closed", "quit", "☕ I shall say {quit}", "/close the window ☕"]
    words += [" {quit} ", " /close ", "/quit", "/exit", "bye", "/help", "/who", f"@{ben.name} is me ☕"]
    for text in (*texts, *words):
        ben.says(text)
        anna.receives_line(f"{ben.name}: {text}", hint="leaving" if text in words else None)


@pytest.mark.points(1, "core", hint="encoding")
def test_a_system_that_speaks_no_utf_8(scene):
    """Messages use UTF-8, even if the operating system doesn't."""
    server = scene.server(environment=NO_UTF_8)
    anna, ben = (scene.person(name).connects(server) for name in ("Żaneta17", "Đặng17"))
    for person in (anna, ben):
        person.says(person.name).receives_lines_until(person.name)
    anna.receives_lines_until(ben.name)
    ben.says("дом, 船, žluťoučký")
    anna.receives_line(f"{ben.name}: дом, 船, žluťoučký")


@pytest.mark.points(2, "core", hint="each-once")
def test_several_at_once(scene):
    """When several speak at the same time, all the others get each line once, and all in the same order."""
    server = scene.server()
    dana, *speakers = enter(scene, server, "Dana", "Anna", "Ben", "Carla")
    all_speak(speakers, dana, 200)
    # one pastes a long text
    anna, *others = speakers
    texts = [f"line {number}" for number in range(PASTED)]
    anna.sends("".join(f"{text}\n" for text in texts))
    for person in (dana, *others):
        person.receives("".join(f"{anna.name}: {text}\n" for text in texts))


@pytest.mark.points(2, "core", hint="one-order")
def test_one_order_for_all(scene):
    """All see the messages in the same order, even if threads overtake each other."""
    server = traced_server(scene, share=1 / 15, longest=0.05)
    dana, *speakers = enter(scene, server, "Dana", "Anna", "Ben", "Carla")
    slow_down(server)
    all_speak(speakers, dana, 8)


@pytest.mark.points(3, "core", hint="leaving")
def test_leaving(scene):
    """A participant who leaves with {quit}, /close or EOF sees EOF; the others get one notice."""
    server = scene.server()
    carla, anna, dana, ben, emil = enter(scene, server, "Carla", "Anna", "Dana", "Ben", "Emil")
    ways = ("{quit}\nGhost17\nstill here\n", "/close\n", "")  # what comes after the command counts no more
    for person, way in zip((carla, dana, emil), ways, strict=True):
        person.sends(f"so long ☕\nI am off\n{way}")
        if not way:
            person.ends()
        for other in (anna, ben):
            other.receives_line(f"{person.name}: so long ☕")
            other.receives_line(f"{person.name}: I am off")
        told_about(person, anna, ben, hint="leaving" if way else "left")
        # what nobody reads may become a reset
        person.receives_lines_until_end(or_reset=way.count("\n") > 1, hint="hang-up")
        talk(scene, ben, anna)
    talk(scene, anna, ben)
    anna.sends("and so")
    server.rests(hint="waiting")
    anna.sends(" on ☕\n")
    ben.receives_line(f"{anna.name}: and so on ☕")


@pytest.mark.points(2, "core", hint="shared")
def test_joining_and_leaving_meanwhile(scene):
    """While others leave and join, no one misses a message, and all can continue."""
    server = traced_server(scene)
    first, anna, *leavers, ben, last = enter(scene, server, "Carla", "Anna", "Dana", "Emil", "Farah", "Ben", "Goran")
    leavers = [first, *leavers, last]
    hana = visitor(scene, server, "Hana")
    texts = [scene.words() for _ in leavers]
    slow_down(server)
    for text, person in zip(texts, leavers, strict=True):
        anna.says(text)
        person.receives_lines_until(text)  # others may not have it yet
        person.says("{quit}")
    hana.says(hana.name).receives_lines_until(hana.name)
    hears_of(ben, [*leavers, hana], anna, texts)
    talk(scene, anna, ben)
    talk(scene, hana, ben)


@pytest.mark.points(1, "core", hint="others")
def test_two_of_one_name(scene):
    """Two participants may have the same name: each hears everything, even after the other left."""
    server = scene.server()
    (ben,) = enter(scene, server, "Ben")
    for name in ("Anna17", "Anna18"):
        first, second = scene.people(server, f"one {name}", f"another {name}")
        for person in (first, second):
            person.says(name).receives_lines_until(name, hint="welcome")
            ben.receives_lines_until(name, hint="notice")
        ben.says("hello, you two ☕")
        for person in (first, second):
            person.receives_lines_until(f"{ben.name}: hello, you two ☕")
        first.says("there are two of us ☕")
        for person in (second, ben):
            person.receives_line(check=re.compile(f"{name}.*: there are two of us ☕").fullmatch, words="what it says")
        leaver, stayer = (first, second) if name == "Anna17" else (second, first)
        leaver.says("{quit}").receives_lines_until_end(hint="hang-up")
        ben.receives_line(containing=name, hint="leaving")
        ben.says("hello, you one ☕")
        stayer.receives_lines_until(f"{ben.name}: hello, you one ☕")
        stayer.says("I am here ☕")  # a server may have given the second one another name, such as Anna172
        line = re.compile(f"{name}.*: I am here ☕")
        ben.receives_line(check=line.fullmatch, words=f'the line "{name}: I am here ☕"')


@pytest.mark.points(3, "core", hint="full")
def test_no_place_left(scene):
    """If MAX_CLIENTS are in the chat, a client gets a notice and EOF; only when one leaves, there is room."""
    server = scene.server("2")
    visitors = [visitor(scene, server, name) for name in ("Silent", "Patient")]  # they take no place
    anna = scene.person("Anna17").connects(server)
    greeting = anna.receives_line(check=str.strip, words="a greeting", hint="welcome")
    anna.says(anna.name).receives_lines_until(anna.name, hint="welcome")
    ben = visitor(scene, server, "Ben")
    ben.says(ben.name).receives_lines_until(ben.name, hint="welcome")
    anna.receives_lines_until(ben.name, hint="notice")
    # some servers refuse before they ask for a name, others after that
    for names in (("Carla17", "Emil17", "Farah17"), ("Goran17",)):
        for person in [scene.person(name).connects(server).sends(f"{name}\nhello\n") for name in names]:
            notice = person.receives_line(check=str.strip, words="a greeting, or a notice that the chat is full")
            if notice == greeting:
                person.receives_line(check=str.strip, words="a notice that the chat is full")
            person.receives_lines_until_end(or_reset=True)
        visitors.pop().leaves()  # and free none
    talk(scene, ben, anna)
    dana = takes_the_place_of(ben.says("{quit}"), scene, server, anna, "Dana")
    hana = takes_the_place_of(dana.ends(), scene, server, anna, "Hana")  # EOF leaves too
    anna.says("there is room ☕")
    hana.receives_lines_until(f"{anna.name}: there is room ☕", hint="others")


def takes_the_place_of(leaving, scene, server, witness, name):
    """One who leaves is gone, and someone else may come in. Returns the newcomer."""
    leaving.receives_lines_until_end(hint="hang-up")
    told_about(leaving, witness, hint="leaving")
    newcomer = visitor(scene, server, name)
    newcomer.says(newcomer.name).receives_lines_until(newcomer.name, hint="room")
    told_about(newcomer, witness)
    return newcomer


@pytest.mark.points(2, "core", hint="last-place")
def test_all_want_the_last_places(scene):
    """When many clients want the last places at the same moment, exactly as many join as there are places."""
    server = traced_server(scene, "3")
    (anna,) = enter(scene, server, "Anna")
    many = [visitor(scene, server, name) for name in ("Ben", "Carla", "Dana", "Emil", "Farah")]
    slow_down(server)
    for person in many:
        person.says(person.name)
    names = [person.name for person in many]
    notices = [anna.receives_lines_until(check=lambda line: named(names, line))[-1] for _ in range(2)]
    lucky = named(names, " ".join(notices))  # the second notice may name the first one again
    for person in many:
        if person.name not in lucky:
            person.receives_lines_until_end(or_reset=True)
    winner = next(person for person in many if person.name in lucky)
    winner.says("lucky me")
    anna.receives_line(f"{winner.name}: lucky me")


@pytest.mark.points(1, "core", hint="full")
def test_a_hundred(scene):
    """Without a third argument, the server takes a hundred participants and not one more."""
    server = scene.server()
    people = [scene.person(f"{number}. guest").connects(server) for number in range(1001, 1101)]
    for person in people:
        person.says(person.name)
    for person in people:
        person.receives_lines_until(
            check=lambda line, name=person.name: name in line and "{quit}" in line,
            words=f"a line that contains {person.name} and {{quit}}",
        )
    scene.person("One more").connects(server).says("One more").receives_lines_until_end(or_reset=True)
    people[0].says("we are a hundred")
    people[-1].receives_lines_until("we are a hundred")


@pytest.mark.points(2, "core", hint="goodbye")
def test_the_console_closes_the_chat(scene):
    """/close at the console ends the chat: a notice for everyone, then EOF; the port is free."""
    server = scene.server()
    people = enter(scene, server, "Anna", "Ben", "Carla")
    server.ends_keyboard("/close")
    for person in people:
        person.receives_line(check=str.strip, words="a notice that the chat is over")
        person.receives_lines_until_end(hint="hang-up")
    server.ends(status=0, hint="end")
    following = scene.server(port=server.address[1], name="next server", hint="port-free")
    following.types("/close").ends(status=0, hint="end")  # with nobody there


@pytest.mark.points(1, "core", hint="goodbye")
def test_slow_threads_say_goodbye(scene):
    """The server exits after its last message to everyone, even if its threads are slow."""
    server = traced_server(scene)
    people = enter(scene, server, "Anna", "Ben", "Carla")
    slow_down(server)
    server.types("/close")
    for person in people:
        person.receives_line(check=str.strip, words="a notice that the chat is over")
        person.receives_lines_until_end(hint="hang-up")
    server.ends(status=0, hint="end")


@pytest.mark.points(2, "core", hint="console")
def test_the_console(scene):
    """The console answers a line that isn't a command, and the chat continues."""
    server = scene.server()
    anna, ben = enter(scene, server, "Anna", "Ben")
    server.types("")
    for line in ("what now?", "/open the door ☕", "/CLOSE", "/closed", "/close it ☕", "I shall say /close"):
        server.types(line).prints(check=lambda line: line.strip(), words="a line of help")
    talk(scene, anna, ben)
    talk(scene, ben, anna)
    server.types("/closed", "/close").ends(status=0)


@pytest.mark.points(1, "core", hint="no-console")
def test_no_console(scene):
    """A server without a console (end of input from the start, or /dev/null) serves the chat anyway."""
    server = scene.server(listens=False).ends_keyboard()
    server.wait_until_it_listens(server.address[1], hopeless=server.given_up)
    anna, ben = enter(scene, server, "Anna", "Ben", hint="no-console")
    scene.deadlines.watch(SILENCE)
    talk(scene, anna, ben)
    server.rests(hint="waiting")
    other = scene.server(name="other server", hint="no-console", **NO_KEYBOARD)
    other.ends_keyboard()  # the pipe that it had before
    enter(scene, other, "Anna", "Ben", hint="no-console")


@pytest.mark.points(1, "core", hint="interfaces")
def test_an_empty_host_means_every_interface(scene):
    """With an empty HOST, clients reach the server at every address of this machine."""
    server = scene.server(host="")
    anna = scene.person("Anna17").connects(server, host="127.0.0.2")
    anna.says("Anna17").receives_lines_until("Anna17", hint="welcome")


@pytest.mark.points(1, "core", hint="default-port")
def test_host_and_port_may_be_left_out(scene):
    """Without PORT the server listens at port 50007, without HOST only at 127.0.0.1."""
    scene.takes_a_network_of_its_own()
    server = scene.server(host=None, port=50007)
    second = scene.server(host="127.0.0.2", port=50007, tells_port=False, name="second server")
    for target, host in ((server, None), (second, "127.0.0.2")):
        anna = scene.person("Anna17").connects(target, host=host)
        anna.says("Anna17").receives_lines_until("Anna17", hint="welcome")


@pytest.mark.points(4, "errors", hint="reset")
def test_a_participant_is_lost(scene):
    """If a connection is reset, the others get one notice but not the half line, and continue."""
    server = scene.server()
    people = enter(scene, server, "Carla", "Anna", "Dana", "Ben", "Emil")
    carla, _, dana, _, emil = people
    farah = visitor(scene, server, "Farah")
    for lost in (dana, carla, emil):  # in the middle, the first, the last one
        lost.sends("☕ half a li").was_received().resets()
        people.remove(lost)
        told_about(lost, *people, hint="reset")
        for _ in range(2):
            talk(scene, people[0], *people[1:])
            talk(scene, people[-1], *people[:-1])
    is_welcomed(scene, farah, carla, dana, emil)


@pytest.mark.points(2, "errors", hint="no-name")
def test_a_visitor_is_lost(scene):
    """If a visitor's connection is reset before it gave a name, no one is notified."""
    server = scene.server()
    anna, ben = enter(scene, server, "Anna", "Ben")
    visitor(scene, server, "Carla").resets()
    visitor(scene, server, "Dana").sends("Da").was_received().resets()
    talk(scene, ben, anna)
    carla = visitor(scene, server, "Carla")
    carla.says(carla.name).receives_lines_until(carla.name)
    told_about(carla, anna)
    server.rests(hint="waiting")


@pytest.mark.points(2, "errors", hint="shared")
def test_several_are_lost_together(scene):
    """If several are lost while others speak, there's one notice about each, and no message is missed."""
    server = scene.server("5")
    carla, anna, dana, ben, emil = enter(scene, server, "Carla", "Anna", "Dana", "Ben", "Emil")
    lost = [carla, dana, emil]
    texts = [scene.words() for _ in lost]
    anna.says(texts[0]).was_received()  # so that each message comes by itself, whatever the server makes of two
    for person in lost:
        person.resets()
    for text in texts[1:]:
        anna.says(text).was_received()
    hears_of(ben, lost, anna, texts)
    for name in ("Farah", "Goran", "Hana"):
        newcomer = visitor(scene, server, name)
        newcomer.says(newcomer.name).receives_lines_until(newcomer.name, hint="room")
        told_about(newcomer, ben)
    talk(scene, anna, ben)


@pytest.mark.points(4, "errors", hint="stalled", seconds=60)
def test_one_does_not_read(scene):
    """A stalled reader delays the others for one short pause at most, is then lost, and they get a notice."""
    server = scene.server("3")
    (anna,) = enter(scene, server, "Anna")
    zoe = scene.person("Zoe17").stops_reading().connects(server).says("Zoe17")
    anna.receives_lines_until(check=lambda line: zoe.name in line, words=f"a notice about {zoe.name}", hint="notice")
    ben = visitor(scene, server, "Ben")
    ben.says(ben.name).receives_lines_until(ben.name)
    told_about(ben, anna)
    anna.says("is everybody here?")
    ben.receives_lines_until("is everybody here?")  # not the rest of a long welcome, which may name Zoe
    for person in (anna, ben):
        person.waits_for(PAUSE)
    texts = [f"{number} {'word ' * 1600}" + "end" for number in range(8)]  # 64 KB together: Ben never has more to take
    notices = []
    for _ in range(24 * 16):  # 24 MB, or until it is more than what systems keep for one who does not read
        anna.sends("".join(f"{text}\n" for text in texts))
        for text in texts:
            line = f"{anna.name}: {text}"
            before = ben.receives_lines_until(check=line.__eq__, words=f"the line that begins {line[:20]}")[:-1]
            notices += [line for line in before if zoe.name in line]
        if notices:
            break
    talk(scene, anna, ben)
    told_about(zoe, anna)
    zoe.sends("I am back ☕\n")  # too late
    carla = visitor(scene, server, "Carla")  # she needs Zoe's place
    carla.says(carla.name).receives_lines_until(carla.name, hint="room")
    told_about(carla, anna, ben)


@pytest.mark.points(2, "errors", hint="memory")
def test_memory_is_bounded(scene):
    """While one participant stops reading and another floods, the server's memory stays bounded."""
    server = scene.server()
    (anna,) = (person.waits_for(PAUSE) for person in enter(scene, server, "Anna"))
    zoe = scene.person("Zoe17").stops_reading().connects(server).says("Zoe17")
    anna.receives_lines_until(zoe.name)
    before = server.memory()
    lines = f"{'word ' * 820}\n" * 256  # 1 MB
    for _ in range(40):
        anna.sends(lines)
        server.uses_at_most(before + BOUNDED)
    told_about(zoe, anna, hint="stalled")


@pytest.mark.points(2, "errors", hint="endless")
def test_a_line_that_is_too_long(scene):
    """A line of more than 65,536 bytes ends its connection with a notice, and the others get one too."""
    server = scene.server("3")
    anna, ben, carla = enter(scene, server, "Anna", "Ben", "Carla")
    ben.sends_in_pieces("é" * (LONGEST // 4), "é" * (LONGEST // 4)).was_received().says("z")
    ben.receives_line(check=str.strip, words="a notice that the line is too long")
    ben.receives_lines_until_end(or_reset=True)
    told_about(ben, anna, carla)
    dana = visitor(scene, server, "Dana")
    dana.sends_in_pieces("é" * (LONGEST // 4), "é" * (LONGEST // 4)).was_received().says("z")
    dana.receives_lines_until_end(or_reset=True)
    emil = visitor(scene, server, "Emil")
    emil.says(emil.name).receives_lines_until(emil.name, hint="room")
    told_about(emil, anna, carla)
    talk(scene, emil, anna, carla)
    text = scene.words()
    anna.says(text)
    emil.receives_lines_until(f"{anna.name}: {text}")  # behind the whole of a long welcome


@pytest.mark.points(1, "errors", hint="ctrl-c")
def test_ctrl_c(scene):
    """Ctrl+C stops a server without clients: exit status 0, no traceback."""
    server = scene.server()
    visitor(scene, server, "Anna").leaves()
    server.presses_ctrl_c().ends(status=0)


@pytest.mark.points(2, "errors", hint="ctrl-c")
def test_ctrl_c_during_a_chat(scene):
    """After Ctrl+C each participant gets a notice, then EOF; a visitor doesn't delay the end."""
    server = traced_server(scene)
    people = enter(scene, server, "Anna", "Ben", "Carla")
    visitor(scene, server, "Dana")
    slow_down(server)  # whether it waits for its threads must not be chance
    server.presses_ctrl_c()
    for person in people:
        person.receives_line(check=str.strip, words="a notice that the chat is over", hint="goodbye")
        person.receives_lines_until_end(hint="hang-up")
    server.ends(status=0, hint="end")
    scene.server(port=server.address[1], name="next server", hint="port-free")


@pytest.mark.points(1, "errors", hint="port")
def test_the_port_is_taken(scene):
    """If the port is taken, the server exits with one line and status 1; the other one continues."""
    server = scene.server()
    anna, ben = enter(scene, server, "Anna", "Ben")
    second = scene.server(port=server.address[1], name="second server", listens=False)
    second.ends_with_a_sentence(status=1)
    talk(scene, anna, ben)


@pytest.mark.points(1, "errors", hint="port")
def test_a_port_that_is_none(scene):
    """A port that isn't a number, or is too large, gives one line and status 1, no traceback."""
    enter(scene, scene.server(), "Anna", "Ben")
    servers = [scene.server(port=port, listens=False) for port in ("harbour", 70_000)]
    for server in servers:
        server.ends_with_a_sentence(status=1)


@pytest.mark.points(4, "logging", hint="log")
def test_the_log_says_who(scene):
    """The log says which client connected, with address and port, and that it left."""
    server = scene.server()
    anna = scene.person("Anna17").connects(server)
    server.logs(check=lambda line: "127.0.0.1" in line and str(anna.port) in line, words="Anna17's address and port")
    anna.says("Anna17").receives_lines_until("Anna17", hint="welcome")
    anna.says("{quit}").receives_lines_until_end(hint="hang-up")
    server.logs(check=tells_of(anna), words="a line that says who has left, by port or name")


@pytest.mark.points(3, "logging", hint="log-lost")
def test_the_log_says_who_was_lost(scene):
    """The log says that a participant was lost, and that a line was too long."""
    server = scene.server()
    anna, ben = enter(scene, server, "Anna", "Ben")
    for person in (anna, ben):
        server.logs(containing=str(person.port), hint="log")
    told = tells_of(anna), tells_of(ben)
    anna.resets()
    server.logs(check=told[0], words="a line that says whose connection was lost, by port or name")
    ben.says("x" * (LONGEST + 1)).receives_lines_until_end(or_reset=True)
    server.logs(check=told[1], words="a line that says whose line was too long, by port or name")
