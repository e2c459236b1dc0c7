# Derived from ../full/server.py by "parley build": change that file, not this one.
"""Logbook server: each line that a client sends becomes an entry. Start: python server.py [HOST [PORT]]"""

import socket
import sys
from datetime import datetime


def receive_lines(conn):
    """Yield each line that arrives on this connection, as text without its line end."""
    waiting = b""  # a line that is not whole yet
    # receive some bytes, as many as are there: they may hold half a line, or several
    while data := conn.recv(4096):
        lines = (waiting + data).split(b"\n")  # cut at every line end
        # what comes after the last line end waits for the rest of its line
        waiting = lines.pop()
        for line in lines:  # these lines are whole: only now can their bytes be read as text
            yield line.removesuffix(b"\r").decode(errors="replace")
    if waiting:  # no bytes at all are the end-of-stream: it ends the last line too
        yield waiting.removesuffix(b"\r").decode(errors="replace")


def serve(conn, logbook):
    """Make an entry of each line that arrives on this connection, until its end-of-stream."""
    for text in receive_lines(conn):  # an entry is the time, a space, and the text
        entry = f"{datetime.now().isoformat(timespec='seconds')} {text}"
        # into the file first, and flushed: what was seen on the screen survives a kill
        print(entry, file=logbook, flush=True)
        print(entry, flush=True)


def main():
    """Serve one client after another, until Ctrl+C."""
    # the address: from the command line, or else port 50007 of this machine alone
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    # the screen speaks UTF-8, whatever the habit of this system is
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    # open the logbook to append to it
    with open("logbook.txt", "a", encoding="utf-8") as logbook:
        # create a socket, bind it to the address, and listen for clients
        with socket.create_server((host, int(port))) as listener:
            while True:  # for ever: accept the next client; its connection is a second socket, for it alone
                conn, _address = listener.accept()  # (Windows notices Ctrl+C only after it)
                with conn:  # serve it, then close its connection (meanwhile all others have to wait)
                    serve(conn, logbook)


main()  # so far all was only defined: here it begins
