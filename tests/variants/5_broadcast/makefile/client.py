"""Broadcast client that reads its connection as a file. Start: python client.py [HOST [PORT]]"""

import contextlib
import logging
import socket
import sys
import threading

MAX_LINE = 65_536  # bytes of the longest line
leaving = threading.Event()  # our user has had enough


def send_typed(conn):
    """Send what is typed, until {quit}, /close or the end of the keyboard."""
    with contextlib.suppress(OSError):  # whoever receives notices it too
        while (line := sys.stdin.readline()) and line.removesuffix("\n") not in ("{quit}", "/close"):
            conn.sendall(line.removesuffix("\n").encode() + b"\n")
        leaving.set()
        conn.sendall(b"{quit}\n")
        conn.shutdown(socket.SHUT_RDWR)


def print_received(file):
    """Print each line that arrives, until the stream ends."""
    while line := file.readline(MAX_LINE + 2):
        line = line.removesuffix(b"\n").removesuffix(b"\r")
        if len(line) > MAX_LINE:
            raise ValueError(f"a line of more than {MAX_LINE} bytes came")
        print(line.decode(errors="replace"), flush=True)
    if not leaving.is_set():
        print("The server has ended the chat.", flush=True)


def main():
    """Connect, and talk until somebody has had enough."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    try:
        with socket.create_connection((host, int(port)), timeout=2) as conn, conn.makefile("rb") as file:
            conn.settimeout(None)
            logging.info("connected to %s port %s", host, port)
            threading.Thread(target=send_typed, args=[conn], daemon=True).start()
            print_received(file)
        logging.info("the chat is over")
    except KeyboardInterrupt:
        logging.info("stopped by Ctrl+C")
    except (OSError, ValueError, OverflowError) as error:
        if leaving.is_set():
            logging.info("left")
        else:
            sys.exit(f"Trouble with {host} port {port}: {error}")


main()
