"""Echo server with select.poll, for one client after another; with an argument parser and a log of JSON lines."""

import argparse
import contextlib
import json
import select
import socket
import sys
import time


def log(what, **more):
    """Write a line of JSON to the log."""
    print(json.dumps({"when": round(time.time(), 3), "what": what, **more}), file=sys.stderr, flush=True)


def serve(conn):
    """Send back all that arrives, as far as it is taken, until the end-of-stream and until all is sent."""
    conn.setblocking(False)
    waiting, over = b"", False
    poll = select.poll()
    while waiting or not over:
        room = not over and len(waiting) < 50_000
        poll.register(conn, select.POLLIN * room | select.POLLOUT * bool(waiting))
        [(_, events)] = poll.poll()
        if events & (select.POLLIN | select.POLLHUP | select.POLLERR) and not over:
            data = conn.recv(3000)
            over = not data
            waiting += data
        if waiting:
            with contextlib.suppress(BlockingIOError):
                waiting = waiting[conn.send(waiting) :]


def main():
    """Listen until Ctrl+C."""
    parser = argparse.ArgumentParser(description="An echo server.")
    parser.add_argument("host", nargs="?", default="127.0.0.1")
    parser.add_argument("port", nargs="?", default="50007")
    told = parser.parse_args()
    try:
        with socket.create_server((told.host, int(told.port))) as listener:
            while True:
                conn, (host, port) = listener.accept()
                log("connected", host=host, port=port)
                with conn:
                    try:
                        serve(conn)
                        log("left", port=port)
                    except OSError as error:
                        log("lost", port=port, why=str(error))
    except KeyboardInterrupt:
        pass
    except (OSError, ValueError, OverflowError) as error:
        print(f"No echo at {told.host!r}, port {told.port}: {error}", file=sys.stderr)
        sys.exit(1)


main()
