# Derived from ../../full/server.py by "parley build": change that file, not this one.
"""Broadcast server: all hear what one says. Start: python server.py [HOST [PORT [MAX_CLIENTS]]]"""

import contextlib
import queue
import socket
import sys
import threading

MAX_LINE = 65_536  # the longest line, in bytes: nobody may fill our memory with a line that never ends
PATIENCE = 1  # in seconds: one who does not read may keep the others waiting so long, once
ended = threading.Event()  # an event for all threads: the chat is over
messages = queue.Queue(maxsize=500)  # from all receivers to the sender: (what, connection, text); when full, they wait
outboxes = {}  # of each participant, by connection: the lines to send there (only the sender looks: no lock is needed)
taken = set()  # unique: the names in use
naming = threading.Lock()  # unique: one at a time may look for a free name and take it


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
    messages.put(("answer", conn, "Welcome to Parley. What is your name?"))
    try:
        for text in receive_lines(conn):
            if text in ("{quit}", "/close"):  # {quit} or /close: one may leave, with or without a name
                break
            if name and text:  # with a name: all the others shall hear each line that is not empty
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


def send_all(max_clients):
    """The sender: nobody else takes messages out of the queue, so all participants see the same order."""
    while not ended.is_set():
        for _ in range(max(1, messages.qsize())):  # take all the messages that wait, at least one
            what, conn, text = messages.get()
            if what == "said" and conn in outboxes:  # from a participant to all the others
                tell_all(text)
                outboxes[conn].pop()  # (the author knows it already)
            elif what == "answer":  # to one connection alone
                send(conn, [f"{text}\n".encode()])
            elif what == "joined" and len(outboxes) < max_clients:  # from now on it takes part
                tell_all(f"{text} has joined.")
                outboxes[conn] = [f"Hello {text}, say {{quit}} to leave.\n".encode()]
            elif what == "joined":  # the chat is full
                send(conn, [b"There is no place left in the chat.\n"])
                hang_up(conn)
            elif what == "left":  # the receiver has ended: nobody else uses this connection any more
                with naming:  # unique: its name is free again
                    taken.discard(text)
                if conn in outboxes:
                    send(conn, outboxes.pop(conn))
                    tell_all(f"{text} has left.")  # if it took part, the others are told
                hang_up(conn)
                conn.close()
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
        print("The command /close ends the chat.", flush=True)
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
