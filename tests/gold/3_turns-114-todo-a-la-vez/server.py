"""Turns server: the client speaks first. Start: python server.py [HOST [PORT]]"""

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
    """Listen and speak in turn, the client first, until one of them says /close."""
    # print each line of the peer, until /close
    for text in receive_lines(conn):
        if text == "/close":
            print("The client has left.", flush=True)
            return
        print(f"Client: {text}", flush=True)
        # the peer spoke: take our turn
        if not speak(conn):
            return
    # after the loop, EOF without /close: the peer is lost
    raise ConnectionError("the client has gone without /close")


def main():
    """Accept one client, and talk to it until one of the two leaves."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")  # the log
    # address: from the command line, or 127.0.0.1 and 50007
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    # use UTF-8 for keyboard and screen on every system
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    try:
        # listen there; from now on, clients can connect
        with socket.create_server((host, int(port))) as listener:
            # accept one client: its connection is a second socket
            # (on Windows, Ctrl+C waits for that client)
            conn, address = listener.accept()
        # close the listening socket: later clients are refused
        # log who connects and leaves
        logging.info("%s port %s connected", *address)
        with conn:
            converse(conn)
        logging.info("%s port %s left", *address)
    except KeyboardInterrupt:  # Ctrl+C: exit quietly
        logging.info("stopped by Ctrl+C")
    except (OSError, ValueError, OverflowError) as error:  # expected error: status 1
        sys.exit(f"Trouble with {host} port {port}: {error}")


main()  # run the program
