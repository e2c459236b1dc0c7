"""Logbook server built with selectors: it never waits for anything but its selector, and looks away from the door while
somebody is there."""

import logging
import selectors
import socket
import sys
import time

MAX_LINE = 65_536  # bytes
TICK = 1  # seconds


class Logbook:
    """The server: a selector, the door, and what is known of the visitor."""

    def __init__(self, address, book):
        """Listen at this address; entries go into this file."""
        self.selector = selectors.DefaultSelector()
        self.door = socket.create_server(address)
        self.door.setblocking(False)
        self.book = book
        self.open_door()

    def open_door(self):
        """Wait for a visitor."""
        self.selector.register(self.door, selectors.EVENT_READ, self.welcome)

    def welcome(self):
        """Accept a visitor, and nobody else for the time being."""
        try:
            self.visitor, self.address = self.door.accept()
        except OSError as error:
            logging.warning("nobody came: %s", error)
            return
        logging.info("hello %s/%s", *self.address)
        self.visitor.setblocking(False)
        self.buffer = bytearray()
        self.selector.unregister(self.door)
        self.selector.register(self.visitor, selectors.EVENT_READ, self.listen)

    def listen(self):
        """Receive something from the visitor, and make entries of what is whole."""
        try:
            data = self.visitor.recv(65536)
            self.buffer += data
            self.make_entries(at_end=not data)
            if not data:
                self.goodbye("left")
        except BlockingIOError:
            return
        except (OSError, ValueError) as error:
            self.goodbye(f"lost: {error}")

    def make_entries(self, at_end):
        """Take the whole lines out of the buffer; at the end all that is there."""
        while self.buffer:
            end = self.buffer.find(b"\n")
            if (len(self.buffer) if end < 0 else end) > MAX_LINE:
                raise ValueError("too long a line")
            if end < 0 and not at_end:
                return
            line = self.buffer[:end] if end >= 0 else self.buffer[:]
            del self.buffer[: len(line) + 1]
            entry = f"{time.strftime('%Y-%m-%dT%H:%M:%S')} {line.removesuffix(bytes([13])).decode(errors='replace')}"
            for file in (self.book, sys.stdout):
                file.write(entry + "\n")
                file.flush()

    def goodbye(self, how):
        """Close the visitor's connection, and open the door."""
        logging.info("%s/%s %s", *self.address, how)
        self.selector.unregister(self.visitor)
        self.visitor.close()
        self.open_door()

    def run(self):
        """Go on for ever."""
        while True:
            for key, _ in self.selector.select(TICK):
                key.data()


def main(host="127.0.0.1", port="50007"):
    """Serve until Ctrl+C."""
    logging.basicConfig(level=logging.INFO)
    sys.stdout.reconfigure(encoding="utf-8")
    try:
        with open("logbook.txt", "a", encoding="utf-8") as book:
            Logbook((host, int(port)), book).run()
    except KeyboardInterrupt:
        pass
    except (OSError, ValueError, OverflowError) as error:
        print(f"No logbook at {host}/{port}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
