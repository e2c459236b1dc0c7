"""Logbook server: a line is an entry. Start: python server.py [HOST [PORT]]"""

import logging
import socket
import sys
from datetime import datetime

# the longest line, in bytes: nobody may fill our memory with a line that never ends
MAX_LINE = 65_536


def receive_lines(conn):
    """Yield each line that arrives, as text without its line end."""
    waiting = b""  # an unfinished line
    # receive some bytes, as many as are there: they may hold half a line, or several
    while data := conn.recv(4096):
        lines = (waiting + data).split(b"\n")  # cut at every line end
        if len(lines[0]) > MAX_LINE:  # too long: this ends the connection
            raise ValueError(f"a line of more than {MAX_LINE} bytes")
        # what comes after the last line end waits for the rest of its line
        waiting = lines.pop()
        # these lines are whole: only now can their bytes be read as text
        for line in lines:
            yield line.removesuffix(b"\r").decode(errors="replace")
    # no bytes at all are the end-of-stream: it ends the last line too
    if waiting:
        yield waiting.removesuffix(b"\r").decode(errors="replace")


def serve(conn, address, logbook):
    """Make an entry of each line that arrives, until the end-of-stream."""
    logging.info("%s port %s connected", *address)  # log who comes, who leaves and how
    try:
        for text in receive_lines(conn):
            # an entry is the time, a space, and the text
            entry = f"{datetime.now().isoformat(timespec='seconds')} {text}"
            # into the file first, and flushed: what was on the screen survives a kill
            print(entry, file=logbook, flush=True)
            print(entry, flush=True)
        logging.info("%s port %s left", *address)
    except (OSError, ValueError) as error:  # lost: this ends the client, not the server
        logging.warning("%s port %s lost: %s", *address, error)


def main():
    """Serve one client after another, until Ctrl+C."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")  # the log
    # the address: from the command line, or else port 50007 of this machine alone
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    # the screen speaks UTF-8, whatever the habit of this system is
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    try:
        # open the logbook to append to it
        with open("logbook.txt", "a", encoding="utf-8") as logbook:
            # create a socket, bind it to the address, and listen for clients
            with socket.create_server((host, int(port))) as listener:
                # for ever: accept a client (on Windows Ctrl+C waits for one), serve it
                while True:
                    conn, address = listener.accept()  # a second socket, for it alone
                    with conn:  # all others have to wait
                        serve(conn, address, logbook)
    except KeyboardInterrupt:  # Ctrl+C is a polite end
        logging.info("stopped by Ctrl+C")
    except (OSError, ValueError, OverflowError) as error:  # foreseen trouble: status 1
        sys.exit(f"Trouble with {host} port {port}: {error}")


main()  # run the program
