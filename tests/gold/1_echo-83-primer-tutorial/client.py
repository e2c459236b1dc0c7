"""Echo client: what is typed comes back. Start: python client.py [HOST [PORT]]"""

import logging
import socket
import sys


def talk(conn):
    """Send each typed line, and print what comes back, until a line is empty."""
    # for each line that is typed, until the end of the keyboard
    for line in sys.stdin:
        # the line without its line end, as bytes
        data = line.rstrip("\n").encode()
        if not data:  # an empty line: the end
            break
        # send it (a line of some megabytes would never come back: both sides would wait
        # in sendall)
        conn.sendall(data)
        # it may come back in pieces: receive until as many bytes are here as were sent
        answer = b""
        while len(answer) < len(data):
            piece = conn.recv(4096)
            if not piece:  # the end-of-stream, too early
                raise ConnectionError("the server has closed the connection")
            answer += piece
        # all are here: print them
        print("Received:", answer.decode(errors="replace"), flush=True)


def main():
    """Connect to the server, and talk to it until the user has had enough."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")  # the log
    # the server's address: from the command line, or else port 50007 of this machine
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    # keyboard and screen speak UTF-8, whatever the habit of this system is
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
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
