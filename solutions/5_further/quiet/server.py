# Derived from ../full/server.py by "parley build": change that file, not this one.
"""Broadcast server: all hear what one says. Start: python server.py [HOST [PORT [MAX_CLIENTS]]]"""

import contextlib
import queue
import socket
import sys
import threading

MAX_LINE = 65_536  # the longest line, in bytes: nobody may fill our memory with a line that never ends
PATIENCE = 1  # in seconds: one who does not read may keep the others waiting so long, once
PASSWORD = sys.argv[4] if len(sys.argv) > 4 else ""  # password: the fourth argument; without it nobody is asked
ended = threading.Event()  # an event for all threads: the chat is over
messages = queue.Queue(maxsize=500)  # from all receivers to the sender: (what, connection, text); when full, they wait
outboxes = {}  # of each participant, by connection: the lines to send there (only the sender looks: no lock is needed)
taken = set()  # unique: the names in use
naming = threading.Lock()  # unique: one at a time may look for a free name and take it
names = {}  # whisper, kick, consent: of each participant, by connection: its name (only the sender looks here too)
asked = {}  # consent: of each one who was asked for a private talk and has not answered: who has asked
talks = {}  # consent: of each one who talks in private: the other one


def receive_lines(conn):
    """Yield each line that arrives on this connection, as text without its line end."""
    waiting = b""  # a line that is not whole yet
    while True:
        # receive some bytes, as many as are there: they may hold half a line, or several
        try:
            data = conn.recv(4096)
        except TimeoutError:  # nothing came for a while: nobody has to speak
            continue
        if not data:
            break
        lines = (waiting + data).split(b"\n")  # cut at every line end
        if len(lines[0]) > MAX_LINE:  # too long: this ends the connection
            raise ValueError(f"a line of more than {MAX_LINE} bytes")
        # what comes after the last line end waits for the rest of its line
        waiting = lines.pop()
        for line in lines:  # these lines are whole: only now can their bytes be read as text
            yield line.removesuffix(b"\r").decode(errors="replace")
    if waiting:  # no bytes at all are the end-of-stream: it ends the last line too
        yield waiting.removesuffix(b"\r").decode(errors="replace")


# unique: the second Anna becomes Anna2
def unused(name):
    """Take this name, or the first one with a number behind it that is free."""
    with naming:
        free, number = name, 2
        while free in taken:
            free, number = f"{name}{number}", number + 1
        taken.add(free)
    return free


def receive(conn):
    """A receiver: tell the sender what one participant does, until it leaves."""
    name = None  # not known yet: ask for the name
    tries = 3 if PASSWORD else 0  # password: so many tries are left; none are needed without a password, or after it
    if tries:  # password: ask for it before the name
        messages.put(("answer", conn, "Welcome to Parley. What is the password?"))
    else:
        messages.put(("answer", conn, "Welcome to Parley. What is your name?"))
    try:
        for text in receive_lines(conn):
            if text in ("{quit}", "/close"):  # {quit} or /close: one may leave, with or without a name
                break
            if tries and text == PASSWORD:  # password: it is right: now ask for the name
                tries = 0
                messages.put(("answer", conn, "That is right. What is your name?"))
            elif tries:  # password: it is wrong: ask again, but not for ever
                tries -= 1
                if not tries:
                    messages.put(("answer", conn, "That was wrong three times. Goodbye."))
                    break
                messages.put(("answer", conn, "That is wrong. What is the password?"))
            elif name and text.startswith("/ask "):  # consent: tell the sender whom it wants to talk with in private
                messages.put(("asks", conn, text.removeprefix("/ask ").strip()))
            elif name and text == "/all":  # consent: and that it wants to be heard by all again
                messages.put(("returns", conn, name))
            elif name and text:  # with a name: all the others shall hear each line that is not empty
                messages.put(("said", conn, f"{name}: {text}"))
            elif not name and 1 <= len(text.strip()) <= 32 and text.strip().isprintable():
                name = text.strip()  # the first good line is the name, without the white space around it
                name = unused(name)  # unique: with a number behind it if somebody has it
                messages.put(("joined", conn, name))
            elif not name:  # no good name: ask again
                messages.put(("answer", conn, "A name has 1 to 32 printable characters. What is yours?"))
    except (OSError, ValueError) as error:  # the connection is lost: that ends this participant, not the chat
        messages.put(("answer", conn, f"Your connection ends: {error}."))
    messages.put(("left", conn, name))  # tell the sender that it has left: once, however it ends


def accept_all(listener):
    """The acceptor: start a receiver for each one who connects."""
    while not ended.is_set():
        try:
            conn, _address = listener.accept()  # start a receiver for each connection that is accepted
            conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # TCP_NODELAY: short lines travel at once
            conn.settimeout(PATIENCE)  # no call on this connection waits longer than our patience
            threading.Thread(target=receive, args=[conn], daemon=True).start()
        except OSError:  # too many are connected just now: try again in a while
            ended.wait(PATIENCE)


def hang_up(conn):
    """Say end-of-stream; that also wakes the receiver of this connection, which then tells us who left."""
    with contextlib.suppress(OSError):  # the connection may be lost already
        conn.shutdown(socket.SHUT_RDWR)


def send(conn, lines):
    """Send these lines in one piece, in time."""
    try:
        conn.sendall(b"".join(lines))
    except OSError:  # it does not read, or is lost: hang up
        hang_up(conn)


def tell_all(text):
    """Put a line into the outbox of every participant."""
    line = f"{text}\n".encode()
    for outbox in outboxes.values():
        outbox.append(line)


# whisper, consent: not for all
def tell(conn, text):
    """Put a line into the outbox of one participant."""
    outboxes[conn].append(f"{text}\n".encode())


# whisper, kick, consent: who is meant
def find(text):
    """Return the connection of the one whose name this text begins with (None: nobody), and the rest of the text."""
    fitting = [conn for conn, name in names.items() if f"{text} ".startswith(f"{name} ")]
    conn = max(fitting, key=lambda one: len(names[one]), default=None)  # of Anna and Anna Lee it is the longer one
    return conn, text[len(names.get(conn, "")) :].strip()


# consent: the end of a private talk, or of the question for it
def part(conn):
    """Forget with whom this one talks in private, whom it has asked, and who has asked it."""
    talks.pop(talks.pop(conn, None), None)
    asked.pop(conn, None)
    for other in [other for other, asker in asked.items() if asker is conn]:
        asked.pop(other)


def send_all(max_clients):
    """The sender: nobody else takes messages out of the queue, so all participants see the same order."""
    while not ended.is_set():
        for _ in range(max(1, messages.qsize())):  # take all the messages that wait, at least one
            what, conn, text = messages.get()
            if conn in asked and what in ("said", "asks", "returns"):  # consent: whatever it says now is its answer
                what = "answered"
            elif conn in talks and what == "said":  # consent: this is for the other one alone
                what = "confided"
            if what == "said" and conn in outboxes:  # from a participant to all the others
                tell_all(text)
                outboxes[conn].pop()  # (the author knows it already)
            elif what == "answer":  # to one connection alone
                send(conn, [f"{text}\n".encode()])
            elif what == "joined" and len(outboxes) < max_clients:  # from now on it takes part
                tell_all(f"{text} has joined.")
                outboxes[conn] = [f"Hello {text}, say {{quit}} to leave.\n".encode()]
                names[conn] = text  # whisper, kick, consent: keep its name
                if len(outboxes) == 1:  # alone: nobody else takes part: say so
                    outboxes[conn].append(b"Nobody else is here yet.\n")
            elif what == "joined":  # the chat is full
                send(conn, [b"There is no place left in the chat.\n"])
                hang_up(conn)
            elif what == "left":  # the receiver has ended: nobody else uses this connection any more
                with naming:  # unique: its name is free again
                    taken.discard(text)
                if conn in outboxes:
                    part(conn)  # consent: without it there is no private talk
                    names.pop(conn)  # whisper, kick, consent: its name counts no more
                    send(conn, outboxes.pop(conn))
                    tell_all(f"{text} has left.")  # if it took part, the others are told
                hang_up(conn)
                conn.close()
            elif what == "to":  # whisper: the console has a word for one alone
                conn, words = find(text)
                if conn and words:
                    tell(conn, f"(to you alone) {words}")
                else:
                    print("Nobody here has that name, or there was no text.", flush=True)
            elif what == "kick":  # kick: the console wants one to leave: tell it and all others, then hang up
                conn, reason = find(text)
                if conn:
                    part(conn)  # consent: without it there is no private talk
                    tell_all(f"{names.pop(conn)} has to leave. {reason}".strip())
                    send(conn, outboxes.pop(conn))  # from now on nobody hears it, whatever it has still said
                    hang_up(conn)
                else:
                    print("Nobody here has that name.", flush=True)
            elif what == "asks" and conn in outboxes:  # consent: ask the other one, if both are free
                other, _ = find(text)
                busy = [*asked, *asked.values(), *talks]
                if other in [None, conn, *busy] or conn in busy:
                    tell(conn, f"You cannot talk with {text} in private now.")
                else:
                    asked[other] = conn
                    tell(other, f"{names[conn]} asks you for a private talk. Answer yes, or anything else for no.")
            elif what == "answered":  # consent: only after a yes the talk begins
                asker = asked.pop(conn)
                if text == f"{names[conn]}: yes":
                    talks[asker], talks[conn] = conn, asker
                    tell(asker, f"{names[conn]} says yes. You two talk in private until /all.")
                    tell(conn, f"You talk with {names[asker]} in private until /all.")
                else:
                    tell(asker, f"{names[conn]} says no.")
            elif what == "confided":  # consent: only the other one hears it
                tell(talks[conn], f"(private) {text}")
            elif what == "returns" and conn in talks:  # consent: both are heard by all again
                for one in (conn, talks[conn]):
                    tell(one, "The private talk is over: all hear you again.")
                part(conn)
            elif what == "closed":  # main wants the end: tell all participants, then our threads
                tell_all("The chat is over.")
                ended.set()
        for conn, outbox in outboxes.items():  # then send each participant in one piece all that is new
            if outbox:
                send(conn, outbox)
                outbox.clear()
    for conn in outboxes:  # the chat is over: hang up on all
        hang_up(conn)
    while outboxes:  # and wait until the receivers have told us that they have ended
        what, conn, text = messages.get()
        if what == "left":
            outboxes.pop(conn, None)


def run_console():
    """Obey the commands that are typed, until /close."""
    for line in sys.stdin:
        if line.strip() == "/close":
            return  # back to main, which ends the chat
        if line.startswith("/to "):  # whisper: leave it to the sender, which knows who is there
            messages.put(("to", None, line.removeprefix("/to ").strip()))
        elif line.startswith("/kick "):  # kick: leave it to the sender, which knows who is there
            messages.put(("kick", None, line.removeprefix("/kick ").strip()))
        else:
            print("The command /close ends the chat.", flush=True)
            print("The command /to NAME TEXT tells one participant alone.", flush=True)  # whisper: a line of help
            print("The command /kick NAME REASON makes one leave.", flush=True)  # kick: a line of help
    while not ended.wait(1):  # the keyboard has ended, the chat has not: go on without it
        pass


def main():
    """Read the settings, start the threads, and say goodbye to all at the end."""
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"  # the address: from the command line, else port 50007 here
    max_clients = sys.argv[3] if len(sys.argv) > 3 else "100"  # so many may take part
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")  # the keyboard speaks UTF-8 on every system
    try:
        if len(sys.argv) == 1 and sys.stdin.isatty():  # none given at a terminal: ask for it; Enter takes the default
            host = input(f"Host (Enter: {host}): ") or host
            port = input(f"Port (Enter: {port}): ") or port
        sender = threading.Thread(target=send_all, args=[int(max_clients)], daemon=True)
        with socket.create_server((host, int(port)), backlog=1000) as listener:  # listen: so many may queue there
            threading.Thread(target=accept_all, args=[listener], daemon=True).start()  # nothing wakes it: a daemon
            sender.start()  # start the acceptor and the sender, and run the console
            try:
                run_console()
            finally:  # at the end the sender says goodbye to all: wait for it
                messages.put(("closed", None, ""))
                sender.join()
    except (KeyboardInterrupt, EOFError):  # Ctrl+C is a polite end, and so is Ctrl+D where we ask
        pass
    except (OSError, ValueError, OverflowError) as error:  # foreseen trouble: one sentence, exit status 1
        sys.exit(f"Trouble with {host} port {port}: {error}")


main()  # so far all was only defined: here it begins
