"""Logbook client built with bare calls: connect on a socket of its own, input, and send in a loop."""

import logging
import socket
import sys


def send_all(conn, data):
    """Send all of the data: send takes some of it each time."""
    while data:
        data = data[conn.send(data) :]


def talk(conn):
    """Send each typed line."""
    while True:
        try:
            line = input()
        except EOFError:
            return
        send_all(conn, line.encode() + b"\n")


def main(host="127.0.0.1", port="50007"):
    """Connect, talk, and say how it was."""
    logging.basicConfig(level=logging.INFO)
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    conn = socket.socket()
    try:
        conn.settimeout(2)
        conn.connect((host, int(port)))
        conn.setblocking(True)
        logging.info("hello %s/%s", host, port)
        talk(conn)
        conn.shutdown(socket.SHUT_WR)
    except KeyboardInterrupt:
        pass
    except (OSError, ValueError, OverflowError) as error:
        print(f"No logbook at {host}/{port}: {error}", file=sys.stderr)
        return 1
    finally:
        conn.close()
    logging.info("goodbye")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
