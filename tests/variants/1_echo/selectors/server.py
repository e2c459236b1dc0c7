"""Echo server with a selector and a buffer of its own: receives and sends at the same time, for one after another."""

import logging
import selectors
import socket
import sys
from selectors import EVENT_READ, EVENT_WRITE

MOST_WAITING = 100_000  # bytes that a client may leave unread before nothing more is received from it


def serve(conn):
    """Send back all that arrives, until the end-of-stream and until all is sent."""
    conn.setblocking(False)
    waiting, over = bytearray(), False
    with selectors.DefaultSelector() as selector:
        selector.register(conn, EVENT_READ)
        while waiting or not over:
            room = not over and len(waiting) < MOST_WAITING
            selector.modify(conn, EVENT_READ * room | EVENT_WRITE * bool(waiting))
            [(_, events)] = selector.select()
            if events & EVENT_READ:
                data = conn.recv(4096)
                over = not data
                waiting += data
            if events & EVENT_WRITE:
                del waiting[: conn.send(waiting)]


def listen(listener):
    """Accept and serve one client after another, for ever."""
    while True:
        conn, address = listener.accept()
        logging.info("%s has come", address)
        with conn:
            try:
                serve(conn)
                logging.info("%s has gone", address)
            except OSError as error:
                logging.warning("%s has gone without a word: %s", address, error)


def main():
    """Listen until Ctrl+C."""
    logging.basicConfig(level=logging.INFO)
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    try:
        with socket.create_server((host, int(port))) as listener:
            listen(listener)
    except KeyboardInterrupt:
        logging.info("interrupted")
    except (OSError, ValueError, OverflowError) as error:
        sys.exit(f"Cannot listen at {host!r}, port {port}: {error}")


main()
