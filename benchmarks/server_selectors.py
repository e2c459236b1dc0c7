"""The broadcast server with one thread that watches all sockets: `server_selectors.py [HOST [PORT]]`."""

import contextlib
import selectors
import socket
import sys

waiting = selectors.DefaultSelector()  # asks the OS which of many sockets have something to do


class Participant:
    """What this server must remember of one client between two events: a thread would keep it in its variables."""

    def __init__(self, conn):
        self.conn, self.name, self.unfinished, self.unsent = conn, "", b"", b""


def send(participant, data):
    """Send as much as fits now; the rest waits until the socket can take more."""
    participant.unsent += data
    with contextlib.suppress(BlockingIOError):
        participant.unsent = participant.unsent[participant.conn.send(participant.unsent) :]
    more = selectors.EVENT_WRITE if participant.unsent else 0
    waiting.modify(participant.conn, selectors.EVENT_READ | more, participant)


def broadcast(text, author):
    """Send a line to everyone who has a name, but not to its author."""
    for key in list(waiting.get_map().values()):
        if key.data and key.data.name and key.data is not author:
            with contextlib.suppress(OSError):
                send(key.data, text.encode())


def receive(participant):
    """Take what has arrived, and handle each whole line."""
    data = participant.conn.recv(65_536)
    *lines, participant.unfinished = (participant.unfinished + data).split(b"\n")
    for line in lines:
        text = line.decode(errors="replace").strip()
        if text == "{quit}":
            data = b""
        elif participant.name:
            broadcast(f"{participant.name}: {text}\n", participant)
        else:
            participant.name = text
            send(participant, f"Welcome, {text}. Leave with {{quit}}.\n".encode())
            broadcast(f"{text} has joined.\n", participant)
    if not data:
        raise ConnectionError("it left")


def main(host="127.0.0.1", port=50007):
    """Serve forever at this address."""
    with socket.create_server((host, int(port)), backlog=200) as listener:
        waiting.register(listener, selectors.EVENT_READ)
        while True:
            for key, events in waiting.select():
                if key.fileobj is listener:
                    conn, _ = listener.accept()
                    conn.setblocking(False)
                    waiting.register(conn, selectors.EVENT_READ, Participant(conn))
                    send(waiting.get_key(conn).data, b"Your name?\n")
                    continue
                try:
                    if events & selectors.EVENT_WRITE:
                        send(key.data, b"")
                    if events & selectors.EVENT_READ:
                        receive(key.data)
                except OSError:
                    waiting.unregister(key.fileobj)
                    key.fileobj.close()


with contextlib.suppress(KeyboardInterrupt):
    main(*sys.argv[1:3])
