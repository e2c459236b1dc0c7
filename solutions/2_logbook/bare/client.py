# Derived from ../full/client.py by "parley build": change that file, not this one.
"""Logbook client: what is typed goes to the server, line by line. Start: python client.py [HOST [PORT]]"""

import socket
import sys


def talk(conn):
    """Send each typed line, until the end of the keyboard."""
    for line in sys.stdin:  # for each line that is typed
        # send it with its line end, which tells the server where the line is over
        # (a line that is sent just when the server goes is lost, and nobody learns of it)
        text = line.rstrip("\n")
        conn.sendall(f"{text}\n".encode())


def main():
    """Connect to the server, and talk to it until the user has had enough."""
    # the address of the server: from the command line, or else port 50007 of this machine
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    # the keyboard speaks UTF-8, whatever the habit of this system is
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    # connect: wait 2 seconds at most for an answer, and for all that follows as long as it takes
    with socket.create_connection((host, int(port)), timeout=2) as conn:
        conn.settimeout(None)
        talk(conn)


main()  # so far all was only defined: here it begins
