"""Logbook server built with socketserver; the logbook is opened anew for each entry, whose time has an offset."""

import logging
import os
import socketserver
import sys
from datetime import datetime

MAX_LINE = 65_536  # bytes


class Visit(socketserver.StreamRequestHandler):
    """One client's visit."""

    def handle(self):
        """Make an entry of each line, until the end of the stream."""
        logging.info("visitor from %s:%s", *self.client_address)
        try:
            while line := self.rfile.readline(MAX_LINE + 3):  # with \r\n, and one byte too many
                text = line.removesuffix(b"\n").removesuffix(b"\r")
                if len(text) > MAX_LINE:
                    raise ValueError("the line is too long")
                make_entry(text.decode(errors="backslashreplace"))
            logging.info("%s:%s has gone home", *self.client_address)
        except (OSError, ValueError) as error:
            logging.warning("%s:%s is lost: %s", *self.client_address, error)


class Server(socketserver.TCPServer):
    """A server whose port is free again at once."""

    allow_reuse_address = os.name != "nt"


def make_entry(text):
    """Write an entry into the logbook, then onto the screen."""
    time = datetime.now().astimezone().isoformat(timespec="seconds")
    entry = f"{time} {text}\n".encode()
    with open("logbook.txt", "ab") as logbook:
        logbook.write(entry)
    sys.stdout.buffer.write(entry)
    sys.stdout.buffer.flush()


def main(host="127.0.0.1", port="50007"):
    """Serve until Ctrl+C."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    try:
        with Server((host, int(port)), Visit) as server:
            server.serve_forever()
    except KeyboardInterrupt:
        logging.info("closed by its user")
    except (OSError, ValueError, OverflowError) as error:
        sys.exit(f"This server cannot serve: {error}")


if __name__ == "__main__":
    main(*sys.argv[1:])
