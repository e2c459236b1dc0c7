"""Turns client: we speak first. Start: python client.py [HOST [PORT]]"""

import logging
import socket
import sys

# the longest line allowed, in bytes: memory needs a limit
MAX_LINE = 65_536


def receive_lines(conn):
    """Yield each line that arrives, as text without its newline."""
    waiting = b""  # an unfinished line
    # receive whatever has arrived: half a line, or several
    while data := conn.recv(4096):
        lines = (waiting + data).split(b"\n")  # cut at every newline
        if len(lines[0]) > MAX_LINE:  # too long: end this connection
            raise ValueError(f"a line of more than {MAX_LINE} bytes")
        # what comes after the last newline waits for its rest
        waiting = lines.pop()
        # these lines are whole: decode them only now
        for line in lines:
            yield line.removesuffix(b"\r").decode(errors="replace")
    # end of stream: it ends the last line too
    if waiting:
        yield waiting.removesuffix(b"\r").decode(errors="replace")


def speak(conn):
    """Send a typed line, and return whether the conversation continues."""
    # read a typed line; end of input means /close
    # (the peer stays unseen: one thing at a time)
    line = sys.stdin.readline() or "/close"
    text = line.rstrip("\n")
    # send it with a newline
    conn.sendall(f"{text}\n".encode())
    return text != "/close"


def converse(conn):
    """Speak and listen in turn, we first, until one of us says /close."""
    # take the first turn
    if not speak(conn):
        return
    # print each line of the peer, until /close
    for text in receive_lines(conn):
        if text == "/close":
            print("The server has left.", flush=True)
            return
        print(f"Server: {text}", flush=True)
        # the peer spoke: take our turn
        if not speak(conn):
            return
    # after the loop, EOF without /close: the peer is lost
    raise ConnectionError("the server has gone without /close")


def main():
    """Connect to the server, and talk to it until one of the two leaves."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")  # the log
    # the server's address: from the command line, or the default
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    # use UTF-8 for keyboard and screen on every system
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    try:
        # connect within 2 seconds; afterwards wait without a limit
        with socket.create_connection((host, int(port)), timeout=2) as conn:
            conn.settimeout(None)
            # log what happens
            logging.info("connected to %s port %s", host, port)
            converse(conn)
        logging.info("left")
    except KeyboardInterrupt:  # Ctrl+C: exit quietly
        logging.info("stopped by Ctrl+C")
    except (OSError, ValueError, OverflowError) as error:  # expected error: status 1
        sys.exit(f"Trouble with {host} port {port}: {error}")


main()  # run the program
