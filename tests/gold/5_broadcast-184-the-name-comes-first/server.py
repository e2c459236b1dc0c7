"""Broadcast server. Start: python server.py [HOST [PORT [MAX_CLIENTS]]]"""

import contextlib
import logging
import queue
import socket
import sys
import threading

# the longest line allowed, in bytes: memory needs a limit
MAX_LINE = 65_536
# how long a slow client may block others, in seconds
PATIENCE = 1
# an event for all threads: the chat is over
ended = threading.Event()
# bounded, from receivers to the sender: (what, connection, text)
messages = queue.Queue(maxsize=500)
# by connection: the lines to send to this participant next
# (only the sender uses it, so it needs no lock)
outboxes = {}


def receive_lines(conn):
    """Yield each line that arrives, as text without its newline."""
    waiting = b""  # an unfinished line
    while True:
        # receive whatever has arrived: half a line, or several
        try:
            data = conn.recv(4096)
        # timeout: no error here, no one has to speak
        except TimeoutError:
            continue
        if not data:  # end of stream
            break
        lines = (waiting + data).split(b"\n")  # cut at every newline
        if len(lines[0]) > MAX_LINE:  # too long: end this connection
            raise ValueError(f"a line of more than {MAX_LINE} bytes")
        # what comes after the last newline waits for its rest
        waiting = lines.pop()
        # these lines are whole: decode them only now
        for line in lines:
            yield line.removesuffix(b"\r").decode(errors="replace")
    # end of stream: it ends the last line too
    if waiting:
        yield waiting.removesuffix(b"\r").decode(errors="replace")


def take_name(conn, text):
    """Return the name in this line and tell the sender, or "" if it is no name."""
    name = text.strip()  # strip the spaces around it
    if 1 <= len(name) <= 32 and name.isprintable():
        messages.put(("joined", conn, name))
        return name
    # no good name: ask again
    question = "A name has 1 to 32 printable characters. What is yours?"
    messages.put(("answer", conn, question))
    return ""


def receive(conn, address):
    """A receiver: tell the sender what one participant does, until it leaves."""
    logging.info("%s port %s connected", *address)  # log who connects and leaves
    name = ""  # not known yet: ask for it
    messages.put(("answer", conn, "Welcome to Parley. What is your name?"))
    try:
        for text in receive_lines(conn):
            # {quit} or /close: leave, with or without a name
            if text in ("{quit}", "/close"):
                break
            if not name:  # the first good line
                name = take_name(conn, text)
            elif text:  # pass it on to all the others
                messages.put(("said", conn, f"{name}: {text}"))
        logging.info("%s port %s left", *address)
    # connection lost: end this participant, not the chat
    except (OSError, ValueError) as error:
        logging.warning("%s port %s lost: %s", *address, error)
        messages.put(("answer", conn, f"Your connection ends: {error}."))
    # however it ends, tell the sender once that it left
    messages.put(("left", conn, name))


def accept_all(listener):
    """The acceptor: start a receiver for each one who connects."""
    while not ended.is_set():
        try:
            # accept a connection; TCP_NODELAY sends short lines immediately
            conn, address = listener.accept()
            conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # limit every call on this connection to PATIENCE
            conn.settimeout(PATIENCE)
            # start a receiver for it
            threading.Thread(target=receive, args=[conn, address], daemon=True).start()
        # too many open files: wait, then try again
        except OSError as error:
            logging.warning("cannot accept: %s", error)
            ended.wait(PATIENCE)


def hang_up(conn):
    """Shut this connection down both ways: that wakes its receiver, too."""
    with contextlib.suppress(OSError):  # the connection may be lost already
        conn.shutdown(socket.SHUT_RDWR)


def send(conn, lines):
    """Send these lines in one piece, in time."""
    try:
        conn.sendall(b"".join(lines))
    # it doesn't read, or is lost: hang up
    except OSError as error:
        logging.warning("cannot send: %s", error)
        hang_up(conn)


def tell_all(text, author=None):
    """Put a line into the outbox of every participant; its author knows it already."""
    line = f"{text}\n".encode()
    for conn, outbox in outboxes.items():
        if conn is not author:
            outbox.append(line)


def on_answer(conn, text):
    """A line to one connection alone."""
    send(conn, [f"{text}\n".encode()])


def on_joined(conn, name):
    """A visitor gave a name: from now on they are a participant."""
    # tell the others; give it an outbox with a welcome
    tell_all(f"{name} has joined.")
    outboxes[conn] = [f"Hello {name}, say {{quit}} to leave.\n".encode()]


def on_refused(conn, name):
    """A visitor gave a name, but the chat is full."""
    send(conn, [b"There is no place left in the chat.\n"])
    hang_up(conn)


def on_said(conn, text):
    """A participant speaks to all the others."""
    if conn in outboxes:  # not if it was refused
        tell_all(text, author=conn)


def on_left(conn, name):
    """The receiver exited: no other thread uses this connection any more."""
    if conn in outboxes:  # it was a participant: tell the others
        send(conn, outboxes.pop(conn))
        tell_all(f"{name} has left.")
    # in any case, close the connection
    conn.close()


def on_closed(conn, text):
    """Main wants the end: tell all participants, then our threads."""
    tell_all("The chat is over.")
    ended.set()


# what the sender does with each kind of message
handlers = {
    "answer": on_answer,
    "joined": on_joined,
    "refused": on_refused,
    "said": on_said,
    "left": on_left,
    "closed": on_closed,
}


def send_outboxes():
    """Send each participant in one piece all that is new."""
    for conn, outbox in outboxes.items():
        if outbox:
            send(conn, outbox)
            outbox.clear()


def hang_up_on_all():
    """The chat is over: hang up, and wait until all receivers have ended."""
    for conn in outboxes:
        hang_up(conn)
    # wait until each receiver has put "left"
    while outboxes:
        what, conn, _ = messages.get()
        if what == "left":
            outboxes.pop(conn, None)


def send_all(max_clients):
    """The sender: it alone takes messages out, so all people see the same order."""
    while not ended.is_set():
        # take all the messages that wait, at least one
        for _ in range(max(1, messages.qsize())):
            what, conn, text = messages.get()
            if what == "joined" and len(outboxes) >= max_clients:  # no place left
                what = "refused"
            # do what this kind of message needs
            handle = handlers[what]
            handle(conn, text)
        # then send what is new
        send_outboxes()
    hang_up_on_all()


def run_console():
    """Obey the commands that are typed, until /close."""
    for line in sys.stdin:
        if line.strip() == "/close":
            return  # main ends the chat
        print("The command /close ends the chat.", flush=True)
    # end of input: continue without a keyboard
    while not ended.wait(1):
        pass


def main():
    """Read the settings, start the threads, and say goodbye to all at the end."""
    # the log
    log_format = "%(asctime)s %(threadName)s: %(message)s"
    logging.basicConfig(level=logging.INFO, format=log_format)
    # address: from the command line, or 127.0.0.1 and 50007
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    # the most participants
    max_clients = sys.argv[3] if len(sys.argv) > 3 else "100"
    # use UTF-8 for the keyboard on every system
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    try:
        # no address given, at a terminal: ask (Enter: default)
        if len(sys.argv) == 1 and sys.stdin.isatty():
            host = input(f"Host (Enter: {host}): ") or host
            port = input(f"Port (Enter: {port}): ") or port
        sender = threading.Thread(target=send_all, args=[int(max_clients)], daemon=True)
        # listen there; from now on, clients can connect
        with socket.create_server((host, int(port)), backlog=1000) as listener:
            # start the acceptor (nothing wakes it: a daemon) and sender
            threading.Thread(target=accept_all, args=[listener], daemon=True).start()
            sender.start()
            try:
                run_console()
            finally:
                # let the sender tell everyone, and wait for it
                messages.put(("closed", None, ""))
                sender.join()
    # Ctrl+C, or Ctrl+D where we ask: exit quietly
    except (KeyboardInterrupt, EOFError):
        logging.info("stopped by Ctrl+C or Ctrl+D")
    except (OSError, ValueError, OverflowError) as error:  # expected error: status 1
        sys.exit(f"Trouble with {host} port {port}: {error}")


main()  # run the program
