"""Logbook client: sends each typed line. Start: python client.py [HOST [PORT]]"""

import logging
import socket
import sys


def talk(conn):
    """Send each typed line, until end of input."""
    # for each typed line
    for line in sys.stdin:
        # send it with a newline, which ends the message
        text = line.rstrip("\n")
        conn.sendall(f"{text}\n".encode())


def main():
    """Connect to the server, and talk to it until the user leaves."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")  # the log
    # the server's address: from the command line, or the default
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    # use UTF-8 for the keyboard on every system
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    try:
        # connect within 2 seconds; afterwards wait without a limit
        with socket.create_connection((host, int(port)), timeout=2) as conn:
            conn.settimeout(None)
            # log what happens
            logging.info("connected to %s port %s", host, port)
            talk(conn)
        logging.info("left")
    except KeyboardInterrupt:  # Ctrl+C: exit quietly
        logging.info("stopped by Ctrl+C")
    except (OSError, ValueError, OverflowError) as error:  # expected error: status 1
        sys.exit(f"Trouble with {host} port {port}: {error}")


main()  # run the program
