"""Logbook client: sends what is typed. Start: python client.py [HOST [PORT]]"""

import logging
import socket
import sys


def talk(conn):
    """Send each typed line, until the end of the keyboard."""
    # for each line that is typed
    for line in sys.stdin:
        # send it with its line end, which tells the server where the line is over
        # (a line that is sent just when the server goes is lost, nobody learns of it)
        text = line.rstrip("\n")
        conn.sendall(f"{text}\n".encode())


def main():
    """Connect to the server, and talk to it until the user has had enough."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")  # the log
    # the server's address: from the command line, or else port 50007 of this machine
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    # the keyboard speaks UTF-8, whatever the habit of this system is
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    try:
        # connect: wait 2 seconds at most; what follows may take as long as it likes
        with socket.create_connection((host, int(port)), timeout=2) as conn:
            conn.settimeout(None)
            # write to the log what happens
            logging.info("connected to %s port %s", host, port)
            talk(conn)
        logging.info("left")
    except KeyboardInterrupt:  # Ctrl+C is a polite end
        logging.info("stopped by Ctrl+C")
    except (OSError, ValueError, OverflowError) as error:  # foreseen trouble: status 1
        sys.exit(f"Trouble with {host} port {port}: {error}")


main()  # run the program
