"""Turns client, with makefile: the connection is read and written like a file of lines."""

import logging
import socket
import sys

LONGEST = 65_536  # bytes of a line, without its end


class Lost(Exception):
    """The conversation has ended, but nobody has said /close."""


def hear(stream):
    """The next line of the other side. Raises Lost if there is none, or if it is too long."""
    raw = stream.readline(LONGEST + 2)
    line = raw.removesuffix(b"\n").removesuffix(b"\r")
    if len(line) > LONGEST:
        raise Lost(f"A line was longer than {LONGEST} bytes.")
    if not raw.endswith(b"\n"):
        raise Lost("The server is gone.")
    return line.decode(errors="replace")


def say(stream, text):
    """Send a line, at once."""
    stream.write(text.encode() + b"\n")
    stream.flush()


def talk(stream):
    """Say and hear in turn until one side says /close."""
    for typed in sys.stdin:
        said = typed.rstrip("\n")
        say(stream, said)
        if said == "/close":
            return
        heard = hear(stream)
        if heard == "/close":
            print("The server says goodbye.", flush=True)
            return
        print("Server:", heard, flush=True)
    say(stream, "/close")


def call(host, port):
    """Connect to the server, and talk to it."""
    conn = socket.create_connection((host, port), timeout=1.9)
    conn.settimeout(None)
    with conn, conn.makefile("rwb") as stream:
        logging.info("talking to %s, port %d", host, port)
        talk(stream)
        logging.info("the conversation is over")


def main(host="127.0.0.1", port="50007"):
    """Call, and say in one sentence what went wrong."""
    logging.basicConfig(level=logging.INFO)
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    sys.stdout.reconfigure(encoding="utf-8")
    try:
        call(host, int(port))
    except KeyboardInterrupt:
        print("Stopped.")
    except (OSError, ValueError, OverflowError, Lost) as problem:
        logging.error("%s", problem)
        sys.exit(1)


main(*sys.argv[1:])
