"""Echo client with a selector: sends and receives at the same time, so that a line may be as long as it likes."""

import logging
import selectors
import socket
import sys
from selectors import EVENT_READ, EVENT_WRITE


def exchange(conn, data):
    """Send these bytes, and return as many that come back."""
    rest, answer = memoryview(data), b""
    with selectors.DefaultSelector() as selector:
        selector.register(conn, EVENT_READ | EVENT_WRITE)
        while len(answer) < len(data):
            [(_, events)] = selector.select()
            if events & EVENT_WRITE:
                rest = rest[conn.send(rest) :]
                if not rest:
                    selector.modify(conn, EVENT_READ)
            if events & EVENT_READ:
                piece = conn.recv(len(data) - len(answer))
                if not piece:
                    raise ConnectionError("the server has ended too early")
                answer += piece
    return answer


def main():
    """Connect, and exchange each typed line for its echo."""
    logging.basicConfig(level=logging.INFO)
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    sys.stdin.reconfigure(encoding="utf-8")
    sys.stdout.reconfigure(encoding="utf-8", line_buffering=True)
    try:
        with socket.create_connection((host, int(port)), timeout=2) as conn:
            conn.setblocking(False)
            logging.info("connected from %s to %s", conn.getsockname(), conn.getpeername())
            while line := sys.stdin.readline().rstrip("\n"):
                print("Received:", exchange(conn, line.encode()).decode(errors="replace"))
        logging.info("disconnected")
    except KeyboardInterrupt:
        logging.info("interrupted")
    except (OSError, ValueError, OverflowError) as error:
        sys.exit(f"No conversation with {host}, port {port}: {error}")


main()
