"""Broadcast server. Start: python server.py [HOST [PORT [MAX_CLIENTS]]]"""

import queue
import socket
import sys
import threading

# the longest line allowed, in bytes: memory needs a limit
MAX_LINE = 65536
# how long a slow client may block others, in seconds
PATIENCE = 1
# an event for all threads: the chat is over
ended = threading.Event()
# bounded, from receivers to the sender: (what, connection, text)
messages = queue.Queue(500)
# by connection: the lines to send to this participant next
# (only the sender uses it, so it needs no lock)
outboxes = {}


def receive_lines(conn):
    """Yield each line that arrives, as text without its newline."""
    # an unfinished line
    waiting = b""
    while True:
        # receive whatever has arrived: half a line, or several
        try:
            data = conn.recv(4096)
        # timeout: no error here, no one has to speak
        except socket.timeout:
            continue
        # end of stream
        if data == b"":
            break
        # cut at every newline
        waiting += data
        while b"\n" in waiting:
            line, waiting = waiting.split(b"\n", 1)
            yield line.decode(errors="replace").removesuffix("\r")


def take_name(conn, text):
    """Return the name in this line and tell the sender, or "" if it is no name."""
    # strip the spaces around it
    name = text.strip()
    if name and len(name) <= 32 and name.isprintable():
        messages.put(("joined", conn, name))
        return name
    # no good name: ask again
    messages.put(("answer", conn, "That is no name. Your name?"))
    return ""


def receive(conn, address):
    """A receiver: tell the sender what one participant does, until it leaves."""
    # not known yet: ask for it
    name = ""
    messages.put(("answer", conn, "Hello! Your name?"))
    try:
        for text in receive_lines(conn):
            # {quit} or /close: leave, with or without a name
            if text == "{quit}" or text == "/close":
                break
            # the first good line
            if name == "":
                name = take_name(conn, text)
            # pass it on to all the others
            elif text != "":
                messages.put(("said", conn, name + ": " + text))
    # connection lost: end this participant, not the chat
    except OSError:
        pass
    # however it ends, tell the sender once that it left
    messages.put(("left", conn, name))


def accept_all(listener):
    """The acceptor: start a receiver for each one who connects."""
    while True:
        # accept a connection; TCP_NODELAY sends short lines immediately
        conn, address = listener.accept()
        # limit every call on this connection to PATIENCE
        conn.settimeout(PATIENCE)
        # start a receiver for it
        threading.Thread(target=receive, args=(conn, address), daemon=True).start()


def hang_up(conn):
    """Shut this connection down both ways: that wakes its receiver, too."""
    try:
        conn.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


def send(conn, lines):
    """Send these lines in one piece, in time."""
    try:
        conn.sendall(b"".join(lines))
    # it doesn't read, or is lost: hang up
    except OSError:
        hang_up(conn)


def tell_all(text, author=None):
    """Put a line into the outbox of every participant; its author knows it already."""
    for conn in outboxes:
        if conn != author:
            outboxes[conn].append((text + "\n").encode())


def on_answer(conn, text):
    """A line to one connection alone."""
    send(conn, [(text + "\n").encode()])


def on_joined(conn, name):
    """A visitor gave a name: from now on they are a participant."""
    # tell the others; give it an outbox with a welcome
    tell_all(name + " is here.")
    outboxes[conn] = [("Welcome " + name + ", {quit} to leave.\n").encode()]


def on_said(conn, text):
    """A participant speaks to all the others."""
    tell_all(text, conn)


def on_left(conn, name):
    """The receiver exited: no other thread uses this connection any more."""
    # it was a participant: tell the others
    if conn in outboxes:
        del outboxes[conn]
        tell_all(name + " has gone.")
    # in any case, close the connection
    conn.close()


# what the sender does with each kind of message
handlers = {"answer": on_answer, "joined": on_joined, "said": on_said, "left": on_left}


def send_outboxes():
    """Send each participant in one piece all that is new."""


def send_all(max_clients):
    """The sender: it alone takes messages out, so all people see the same order."""
    while not ended.is_set():
        what, conn, text = messages.get()
        # do what this kind of message needs
        handlers[what](conn, text)


def main():
    """Read the settings, start the threads, and say goodbye to all at the end."""
    # address: from the command line, or 127.0.0.1 and 50007
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
    # the most participants
    max_clients = int(sys.argv[3]) if len(sys.argv) > 3 else 100
    # listen there; clients may queue until they are accepted
    listener = socket.create_server((host, port))
    # start the acceptor (nothing wakes it: a daemon) and sender
    threading.Thread(target=accept_all, args=(listener,), daemon=True).start()
    threading.Thread(target=send_all, args=(max_clients,), daemon=True).start()
    # Ctrl+C, or Ctrl+D where we ask: exit quietly
    try:
        ended.wait()
    except KeyboardInterrupt:
        pass


# run the program
main()
