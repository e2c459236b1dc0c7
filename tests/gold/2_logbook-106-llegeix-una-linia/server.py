"""Logbook server: a line is an entry. Start: python server.py [HOST [PORT]]"""

import logging
import socket
import sys
from datetime import datetime

# the longest line allowed, in bytes: memory needs a limit
MAX_LINE = 65_536


def receive_lines(conn):
    """Yield each line that arrives, as text without its newline."""
    waiting = b""  # an unfinished line
    # receive whatever has arrived: half a line, or several
    while data := conn.recv(4096):
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


def serve(conn, address, logbook):
    """Turn each line that arrives into an entry, until end of stream."""
    logging.info("%s port %s connected", *address)  # log who connects, leaves, is lost
    try:
        for text in receive_lines(conn):
            # an entry is the time, a space, and the text
            entry = f"{datetime.now().isoformat(timespec='seconds')} {text}"
            # file first, and flushed: what's on screen survives a kill
            print(entry, file=logbook, flush=True)
            print(entry, flush=True)
        logging.info("%s port %s left", *address)
    except (OSError, ValueError) as error:  # lost: end this client, not the server
        logging.warning("%s port %s lost: %s", *address, error)


def main():
    """Serve one client after another, until Ctrl+C."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")  # the log
    # address: from the command line, or 127.0.0.1 and 50007
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    # use UTF-8 for the screen on every system
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    try:
        # open the logbook to append to it
        with open("logbook.txt", "a", encoding="utf-8") as logbook:
            # listen there; from now on, clients can connect
            with socket.create_server((host, int(port))) as listener:
                # forever: accept a client and serve it
                while True:
                    conn, address = listener.accept()  # a second socket, for it only
                    with conn:  # all other clients wait
                        serve(conn, address, logbook)
    except KeyboardInterrupt:  # Ctrl+C: exit quietly
        logging.info("stopped by Ctrl+C")
    except (OSError, ValueError, OverflowError) as error:  # expected error: status 1
        sys.exit(f"Trouble with {host} port {port}: {error}")


main()  # run the program
