"""Turns client: we speak first. Start: python client.py [HOST [PORT]]"""

import logging
import socket
import sys

# the longest line, in bytes: nobody may fill our memory with a line that never ends
MAX_LINE = 65_536


def receive_lines(conn):
    """Yield each line that arrives, as text without its line end."""
    waiting = b""  # an unfinished line
    # receive some bytes, as many as are there: they may hold half a line, or several
    while data := conn.recv(4096):
        lines = (waiting + data).split(b"\n")  # cut at every line end
        if len(lines[0]) > MAX_LINE:  # too long: this ends the connection
            raise ValueError(f"a line of more than {MAX_LINE} bytes")
        # what comes after the last line end waits for the rest of its line
        waiting = lines.pop()
        # these lines are whole: only now can their bytes be read as text
        for line in lines:
            yield line.removesuffix(b"\r").decode(errors="replace")
    # no bytes at all are the end-of-stream: it ends the last line too
    if waiting:
        yield waiting.removesuffix(b"\r").decode(errors="replace")


def speak(conn):
    """Send what is typed, and return whether the conversation goes on."""
    # read a line from the keyboard; the end of the keyboard means /close
    # (what the other side does meanwhile stays unseen: we do one thing at a time)
    line = sys.stdin.readline() or "/close"
    text = line.rstrip("\n")
    # send it with its line end
    conn.sendall(f"{text}\n".encode())
    return text != "/close"


def converse(conn):
    """Speak and listen in turn, we first, until one side says /close."""
    # we begin
    if not speak(conn):
        return
    # print what the server says, until it says /close
    for text in receive_lines(conn):
        if text == "/close":
            print("The server has left.", flush=True)
            return
        print(f"Server: {text}", flush=True)
        # the server has spoken: now it is our turn
        if not speak(conn):
            return
    # after the loop, the end-of-stream without /close: the server is lost
    raise ConnectionError("the server has gone without /close")


def main():
    """Connect to the server, and talk to it until one of the two has had enough."""
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
            converse(conn)
        logging.info("left")
    except KeyboardInterrupt:  # Ctrl+C is a polite end
        logging.info("stopped by Ctrl+C")
    except (OSError, ValueError, OverflowError) as error:  # foreseen trouble: status 1
        sys.exit(f"Trouble with {host} port {port}: {error}")


main()  # run the program
