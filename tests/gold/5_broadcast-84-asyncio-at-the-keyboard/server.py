"""Broadcast server. Start: python server.py [HOST [PORT [MAX_CLIENTS]]]"""

import contextlib
import logging
import queue
import socket
import sys
import threading

# the longest line, in bytes: nobody may fill our memory with a line that never ends
MAX_LINE = 65_536
# in seconds: one who does not read may keep the others waiting so long, once
PATIENCE = 1
# an event for all threads: the chat is over
ended = threading.Event()
# from all receivers to the sender: (what, connection, text); when full, they wait
messages = queue.Queue(maxsize=500)
# of each participant, by connection: the lines to send there next
# (only the sender looks here: no lock is needed)
outboxes = {}


def receive_lines(conn):
    """Yield each line that arrives, as text without its line end."""
    waiting = b""  # an unfinished line
    while True:
        # receive some bytes, as many as are there: half a line, or several
        try:
            data = conn.recv(4096)
        # nothing came for a while: nobody has to speak
        except TimeoutError:
            continue
        if not data:  # the end-of-stream
            break
        lines = (waiting + data).split(b"\n")  # cut at every line end
        if len(lines[0]) > MAX_LINE:  # too long: this ends the connection
            raise ValueError(f"a line of more than {MAX_LINE} bytes")
        # what comes after the last line end waits for the rest of its line
        waiting = lines.pop()
        # these lines are whole: only now can their bytes be read as text
        for line in lines:
            yield line.removesuffix(b"\r").decode(errors="replace")
    # the end-of-stream ends the last line too
    if waiting:
        yield waiting.removesuffix(b"\r").decode(errors="replace")


def take_name(conn, text):
    """Return the name in this line and tell the sender, or "" if it is no name."""
    name = text.strip()  # without the white space around
    if 1 <= len(name) <= 32 and name.isprintable():
        messages.put(("joined", conn, name))
        return name
    # no good name: ask again
    question = "A name has 1 to 32 printable characters. What is yours?"
    messages.put(("answer", conn, question))
    return ""


def receive(conn, address):
    """A receiver: tell the sender what one participant does, until it leaves."""
    logging.info("%s port %s connected", *address)  # log who comes, who leaves and how
    name = ""  # not known yet: ask for it
    messages.put(("answer", conn, "Welcome to Parley. What is your name?"))
    try:
        for text in receive_lines(conn):
            # {quit} or /close: one may leave, with or without a name
            if text in ("{quit}", "/close"):
                break
            if not name:  # the first good line
                name = take_name(conn, text)
            elif text:  # all the others shall hear it
                messages.put(("said", conn, f"{name}: {text}"))
        logging.info("%s port %s left", *address)
    # the connection is lost: that ends this participant, not the chat
    except (OSError, ValueError) as error:
        logging.warning("%s port %s lost: %s", *address, error)
        messages.put(("answer", conn, f"Your connection ends: {error}."))
    # tell the sender that it has left: once, however it ends
    messages.put(("left", conn, name))


def accept_all(listener):
    """The acceptor: start a receiver for each one who connects."""
    while not ended.is_set():
        try:
            # accept a connection; TCP_NODELAY: short lines travel at once
            conn, address = listener.accept()
            conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # no call on this connection waits longer than our patience
            conn.settimeout(PATIENCE)
            # start a receiver for it
            threading.Thread(target=receive, args=[conn, address], daemon=True).start()
        # too many are connected just now: try again in a while
        except OSError as error:
            logging.warning("cannot accept: %s", error)
            ended.wait(PATIENCE)


def hang_up(conn):
    """Say end-of-stream; that also wakes the receiver of this connection."""
    with contextlib.suppress(OSError):  # the connection may be lost already
        conn.shutdown(socket.SHUT_RDWR)


def send(conn, lines):
    """Send these lines in one piece, in time."""
    try:
        conn.sendall(b"".join(lines))
    # it does not read, or is lost: hang up
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
    """Somebody has given a name: from now on it takes part."""
    # tell the others, then make an outbox, with the welcome in it
    tell_all(f"{name} has joined.")
    outboxes[conn] = [f"Hello {name}, say {{quit}} to leave.\n".encode()]


def on_refused(conn, name):
    """Somebody has given a name, but the chat is full."""
    send(conn, [b"There is no place left in the chat.\n"])
    hang_up(conn)


def on_said(conn, text):
    """A participant speaks to all the others."""
    if conn in outboxes:  # not if it was refused
        tell_all(text, author=conn)


def on_left(conn, name):
    """The receiver has ended: nobody else uses this connection any more."""
    if conn in outboxes:  # it took part: tell the others
        send(conn, outboxes.pop(conn))
        tell_all(f"{name} has left.")
    # in any case say end-of-stream and close the connection
    hang_up(conn)
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
    # each receiver tells us when it has ended
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
            # do what this kind of message asks for
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
    # the keyboard has ended, the chat has not: go on without it
    while not ended.wait(1):
        pass


def main():
    """Read the settings, start the threads, and say goodbye to all at the end."""
    # set up the log
    log_format = "%(asctime)s %(threadName)s: %(message)s"
    logging.basicConfig(level=logging.INFO, format=log_format)
    # the address: from the command line, or else port 50007 of this machine alone
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    # so many may take part
    max_clients = sys.argv[3] if len(sys.argv) > 3 else "100"
    # the keyboard speaks UTF-8, whatever the habit of this system is
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    try:
        # no address given at a terminal: ask for it; Enter takes the default
        if len(sys.argv) == 1 and sys.stdin.isatty():
            host = input(f"Host (Enter: {host}): ") or host
            port = input(f"Port (Enter: {port}): ") or port
        sender = threading.Thread(target=send_all, args=[int(max_clients)], daemon=True)
        # listen there: so many may queue until they are accepted
        with socket.create_server((host, int(port)), backlog=1000) as listener:
            # start the acceptor and the sender (nothing wakes the acceptor: a daemon)
            threading.Thread(target=accept_all, args=[listener], daemon=True).start()
            sender.start()
            try:
                run_console()
            finally:
                # at the end the sender says goodbye to all: wait for it
                messages.put(("closed", None, ""))
                sender.join()
    # Ctrl+C is a polite end, and so is Ctrl+D where we ask
    except (KeyboardInterrupt, EOFError):
        logging.info("stopped by Ctrl+C or Ctrl+D")
    except (OSError, ValueError, OverflowError) as error:  # foreseen trouble: status 1
        sys.exit(f"Trouble with {host} port {port}: {error}")


main()  # run the program
