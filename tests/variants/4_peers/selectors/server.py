"""Peers server with a selector: one loop looks at the connection and at what a thread has read from the keyboard."""

import contextlib
import logging
import os
import selectors
import socket
import sys
import threading

MAX_LINE = 65_536  # bytes
READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE


class Lines:
    """Whole lines from a socket."""

    def __init__(self, conn):
        self.conn = conn
        self.waiting = b""

    def receive(self):
        """The lines that one recv completes, or None at the end. Raises ValueError for a line that is too long."""
        data = self.conn.recv(65_536)
        if not data:
            return None
        *lines, self.waiting = (self.waiting + data).split(b"\n")
        if any(len(line) > MAX_LINE for line in [*lines, self.waiting]):
            raise ValueError("a line is too long")
        return [line.removesuffix(b"\r").decode(errors="replace") for line in lines]


def keyboard():
    """Whole lines from the keyboard: a thread passes on what is typed, to a socket that a selector can look at."""
    near, far = socket.socketpair()

    def copy():
        with far, contextlib.suppress(OSError):
            while data := os.read(sys.stdin.fileno(), 4096):
                far.sendall(data)

    threading.Thread(target=copy, daemon=True).start()
    return Lines(near)


def ask(keys):
    """Our name, and what has been typed after it already."""
    print("Who are you?", flush=True)
    typed = []
    while not typed:
        typed = keys.receive()
        if typed is None:
            return "somebody", ["/close"]
    return typed[0], typed[1:]


def chat(conn, keys, name, typed):
    """Talk until one of the two has had enough. Raises ConnectionError if the other one is lost."""
    lines, other, leaving = Lines(conn), None, False
    unsent = f"{name}\n".encode()
    selector = selectors.DefaultSelector()
    selector.register(keys.conn, READ)
    selector.register(conn, READ)
    while unsent or not leaving:
        for text in typed:
            unsent += b"" if leaving else f"{text}\n".encode()
            leaving = leaving or text == "/close"
        selector.modify(conn, READ | WRITE if unsent else READ)
        ready = {key.fileobj: events for key, events in selector.select(1)}
        typed = keys.receive() if keys.conn in ready else []
        if typed is None:  # the end of the keyboard; the last line may have no end
            typed = [text for text in (keys.waiting.decode(errors="replace"), "/close") if text]
        if ready.get(conn, 0) & WRITE:
            unsent = unsent[conn.send(unsent) :]
        if ready.get(conn, 0) & READ:
            arrived = lines.receive()
            if arrived is None:
                raise ConnectionError("they have gone without /close")
            for text in arrived:
                if text == "/close":
                    print("That was the last word.", flush=True)
                    return
                if other is None:
                    other = text
                    print("Here is", f"\033[1m{other}\033[0m" if sys.stdout.isatty() else other, flush=True)
                else:
                    print(f"{other}: {text}", flush=True)


def talk(conn):
    """Ask for our name, and chat; Ctrl+C is as polite as /close."""
    keys = keyboard()
    name, typed = ask(keys)
    conn.setblocking(False)
    try:
        chat(conn, keys, name, typed)
        conn.shutdown(socket.SHUT_WR)
    except KeyboardInterrupt:
        with contextlib.suppress(OSError):
            conn.send(b"/close\n")
        raise


def serve(host, port):
    """Let somebody in, and talk."""
    with socket.create_server((host, int(port))) as listener:
        conn, address = listener.accept()
    logging.info("hello %s %s", *address)
    with conn:
        talk(conn)
    logging.info("goodbye %s %s", *address)


logging.basicConfig(level=logging.INFO)
sys.stdout.reconfigure(encoding="utf-8", errors="replace")
arguments = [*sys.argv[1:3], *["127.0.0.1", "50007"][len(sys.argv) - 1 :]]
try:
    serve(*arguments)
except KeyboardInterrupt:
    logging.info("stopped")
except (OSError, ValueError, OverflowError) as error:
    sys.exit(f"This did not work: {error}")
