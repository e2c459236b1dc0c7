"""Turns server, with makefile: the connection is read and written like a file of lines."""

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
        raise Lost("The client is gone.")
    return line.decode(errors="replace")


def say(stream, text):
    """Send a line, at once."""
    stream.write(text.encode() + b"\n")
    stream.flush()


def talk(stream):
    """Hear and say in turn until one side says /close."""
    while (heard := hear(stream)) != "/close":
        print("Client:", heard, flush=True)
        typed = sys.stdin.readline()
        said = typed.rstrip("\n") if typed else "/close"
        say(stream, said)
        if said == "/close":
            return
    print("The client says goodbye.", flush=True)


def serve(host, port):
    """Wait for one client, and talk to it."""
    listener = socket.create_server((host, port))
    with listener:
        conn, (address, number) = listener.accept()
        with conn, conn.makefile("rwb") as stream:
            logging.info("talking to %s, port %d", address, number)
            talk(stream)
            logging.info("the conversation with port %d is over", number)


def main(host="127.0.0.1", port="50007"):
    """Serve, and say in one sentence what went wrong."""
    logging.basicConfig(level=logging.INFO)
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    sys.stdout.reconfigure(encoding="utf-8")
    try:
        serve(host, int(port))
    except KeyboardInterrupt:
        print("Stopped.")
    except (OSError, ValueError, OverflowError, Lost) as problem:
        logging.error("%s", problem)
        sys.exit(1)


main(*sys.argv[1:])
