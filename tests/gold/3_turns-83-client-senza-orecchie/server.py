"""Turns server: the client speaks first. Start: python server.py [HOST [PORT]]"""

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
    """Listen and speak in turn, the client first, until one side says /close."""
    # print what the client says, until it says /close
    for text in receive_lines(conn):
        if text == "/close":
            print("The client has left.", flush=True)
            return
        print(f"Client: {text}", flush=True)
        # the client has spoken: now it is our turn
        if not speak(conn):
            return
    # after the loop, the end-of-stream without /close: the client is lost
    raise ConnectionError("the client has gone without /close")


def main():
    """Accept one client, and talk to it until one of the two has had enough."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")  # the log
    # the address: from the command line, or else port 50007 of this machine alone
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    # keyboard and screen speak UTF-8, whatever the habit of this system is
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    try:
        # create a socket, bind it to the address, and listen for clients
        with socket.create_server((host, int(port))) as listener:
            # accept one client: its connection is a second socket, for it alone
            # (Windows notices Ctrl+C only after that)
            conn, address = listener.accept()
        # the listener is closed now: whoever comes later is refused
        # log who comes, who leaves and how
        logging.info("%s port %s connected", *address)
        with conn:
            converse(conn)
        logging.info("%s port %s left", *address)
    except KeyboardInterrupt:  # Ctrl+C is a polite end
        logging.info("stopped by Ctrl+C")
    except (OSError, ValueError, OverflowError) as error:  # foreseen trouble: status 1
        sys.exit(f"Trouble with {host} port {port}: {error}")


main()  # run the program
