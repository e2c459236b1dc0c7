"""Turns client, with selectors: it waits for the connection and for the keyboard at the same time."""

import contextlib
import logging
import os
import selectors
import socket
import sys
import threading

LONGEST = 65_536  # bytes of a line, without its end
OUR_TURN_IS_FIRST = True
OTHER = "Server"


def relay(keyboard):
    """Pass on what is typed, until the keyboard ends. (A selector cannot wait for a keyboard on every system.)"""
    with contextlib.suppress(OSError):  # the conversation is over
        while data := os.read(sys.stdin.fileno(), 4096):
            keyboard.sendall(data)
        keyboard.shutdown(socket.SHUT_WR)


class Lines:
    """The lines that come from one socket, as far as they have come."""

    def __init__(self, source, longest):
        """`source`: a socket that does not block; `longest`: bytes of a line, or None."""
        self.source = source
        self.longest = longest
        self.bytes = b""
        self.ended = False

    def take_in(self):
        """Receive what is there. Raises ValueError if a line grows too long."""
        data = self.source.recv(65_536)
        self.ended = not data
        self.bytes += data
        if self.longest and max(map(len, self.bytes.split(b"\n"))) > self.longest + 1:  # 1: a \r
            raise ValueError("A line is too long.")

    def next(self):
        """The next line as bytes without its end, or None if there is none yet."""
        line, end, rest = self.bytes.partition(b"\n")
        if not end:
            return None
        self.bytes = rest
        if self.longest and len(line.removesuffix(b"\r")) > self.longest:
            raise ValueError("A line is too long.")
        return line.removesuffix(b"\r")


class Conversation:
    """Both sides of it, whose turn it is, and what is still to be sent."""

    def __init__(self, conn, keyboard):
        """Neither of the two sockets may block."""
        self.conn = conn
        self.keyboard = keyboard
        self.heard = Lines(conn, LONGEST)
        self.typed = Lines(keyboard, None)
        self.to_send = b""
        self.our_turn = OUR_TURN_IS_FIRST
        self.over = False

    def run(self):
        """Until one side has said /close. Raises ConnectionError if the other side is lost."""
        while self.to_send or not self.over:
            for key, events in self.wait():
                if events & selectors.EVENT_READ:
                    key.data.take_in()
                if events & selectors.EVENT_WRITE:
                    self.to_send = self.to_send[self.conn.send(self.to_send) :]
            self.take_turns()
            if self.heard.ended and b"\n" not in self.heard.bytes and not self.over:
                raise ConnectionError("The other side is gone.")

    def wait(self):
        """Wait until something can be received or sent, and return what."""
        with selectors.DefaultSelector() as selector:
            from_other = 0 if self.heard.ended else selectors.EVENT_READ
            to_other = selectors.EVENT_WRITE if self.to_send else 0
            if from_other | to_other:
                selector.register(self.conn, from_other | to_other, self.heard)
            if not self.typed.ended:
                selector.register(self.keyboard, selectors.EVENT_READ, self.typed)
            return selector.select()

    def take_turns(self):
        """As many turns as there are lines for."""
        while not self.over:
            line = self.our_line() if self.our_turn else self.heard.next()
            if line is None:
                return
            self.over = line == b"/close"
            if self.our_turn:
                self.to_send += line + b"\n"
            elif self.over:
                print("That was the last word.", flush=True)
            else:
                print(f"{OTHER}: {line.decode(errors='replace')}", flush=True)
            self.our_turn = not self.our_turn

    def our_line(self):
        """What was typed next; the end of the keyboard is a /close."""
        line = self.typed.next()
        if line is None and self.typed.ended:  # the last line may have no end
            line, self.typed.bytes = self.typed.bytes or b"/close", b""
        return line


def talk(conn):
    """Talk on this connection until the end."""
    near, far = socket.socketpair()
    threading.Thread(target=relay, args=[far], daemon=True).start()
    with conn, near:
        conn.setblocking(False)
        near.setblocking(False)
        Conversation(conn, near).run()


def main(host="127.0.0.1", port="50007"):
    """Call the server. Returns what to say at the end, if something went wrong."""
    logging.basicConfig(level=logging.INFO, format="[%(asctime)s] %(message)s")
    sys.stdout.reconfigure(encoding="utf-8")
    try:
        conn = socket.create_connection((host, int(port)), timeout=2)
        logging.info("connected to %s:%s", host, port)
        talk(conn)
        logging.info("done")
    except KeyboardInterrupt:
        return None
    except (OSError, ValueError, OverflowError) as problem:
        return f"It did not work: {problem}"


sys.exit(main(*sys.argv[1:]))
