"""Logbook client that writes into its connection as into a file."""

import logging
import socket
import sys


def main(host="127.0.0.1", port="50007"):
    """Send what is typed, until the keyboard ends."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    try:
        with socket.create_connection((host, int(port)), 2) as conn:
            conn.settimeout(None)
            logging.info("writing to %s:%s", host, port)
            with conn.makefile("w", encoding="utf-8", newline="\n") as stream:
                while line := sys.stdin.readline():
                    print(line.removesuffix("\n"), file=stream, flush=True)
        logging.info("gone home")
    except KeyboardInterrupt:
        logging.info("stopped by its user")
    except (OSError, ValueError, OverflowError) as error:
        sys.exit(f"This client cannot go on: {error}")


if __name__ == "__main__":
    main(*sys.argv[1:])
