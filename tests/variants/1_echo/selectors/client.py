"""Echo client with input and a buffer of its own, exactly as large as what was sent."""

import contextlib
import logging
import socket
import sys


def echo(conn, data):
    """Send these bytes, and fill a buffer of this size with what comes back."""
    conn.sendall(data)
    buffer = bytearray(len(data))
    free = memoryview(buffer)
    while free:
        count = conn.recv_into(free)
        if not count:
            raise ConnectionError("the server has ended too early")
        free = free[count:]
    return buffer.decode(errors="replace")


def main():
    """Connect, and echo what is typed."""
    logging.basicConfig(level=logging.INFO)
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    sys.stdin.reconfigure(encoding="utf-8")
    sys.stdout.reconfigure(encoding="utf-8")
    try:
        with socket.create_connection((host, int(port)), timeout=2) as conn:
            conn.settimeout(None)
            logging.info("connected to %s, port %s", *conn.getpeername())
            with contextlib.suppress(EOFError):
                while line := input():
                    print(f"Received: {echo(conn, line.encode())}", flush=True)
        logging.info("disconnected")
    except KeyboardInterrupt:
        logging.info("interrupted")
    except (OSError, ValueError, OverflowError) as error:
        sys.exit(f"No conversation with {host}, port {port}: {error}")


main()
