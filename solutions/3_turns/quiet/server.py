# Derived from ../full/server.py by "parley build": change that file, not this one.
"""Turns server: the client speaks, then we, then the client. Start: python server.py [HOST [PORT]]"""

import socket
import sys

MAX_LINE = 65_536  # the longest line, in bytes: nobody may fill our memory with a line that never ends


def receive_lines(conn):
    """Yield each line that arrives on this connection, as text without its line end."""
    waiting = b""  # a line that is not whole yet
    # receive some bytes, as many as are there: they may hold half a line, or several
    while data := conn.recv(4096):
        lines = (waiting + data).split(b"\n")  # cut at every line end
        if len(lines[0]) > MAX_LINE:  # too long: this ends the connection
            raise ValueError(f"a line of more than {MAX_LINE} bytes")
        # what comes after the last line end waits for the rest of its line
        waiting = lines.pop()
        for line in lines:  # these lines are whole: only now can their bytes be read as text
            yield line.removesuffix(b"\r").decode(errors="replace")
    if waiting:  # no bytes at all are the end-of-stream: it ends the last line too
        yield waiting.removesuffix(b"\r").decode(errors="replace")


def speak(conn):
    """Send what is typed, and return whether the conversation goes on."""
    # read a line from the keyboard; the end of the keyboard means /close
    # (what the other side does meanwhile stays unseen: this program does one thing at a time)
    text = (sys.stdin.readline() or "/close").rstrip("\n")
    # send it with its line end
    conn.sendall(f"{text}\n".encode())
    return text != "/close"


def converse(conn):
    """Listen and speak in turn, the client first, until one side says /close."""
    for text in receive_lines(conn):  # print what the client says, until it says /close
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
    # the address: from the command line, or else port 50007 of this machine alone
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    # keyboard and screen speak UTF-8, whatever the habit of this system is
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    try:
        # create a socket, bind it to the address, and listen for clients
        with socket.create_server((host, int(port))) as listener:
            # accept one client: its connection is a second socket, for it alone (Windows notices Ctrl+C only after it)
            conn, _address = listener.accept()
        with conn:
            converse(conn)
    except KeyboardInterrupt:  # Ctrl+C is a polite end
        pass
    except (OSError, ValueError, OverflowError) as error:  # foreseen trouble: one sentence, exit status 1
        sys.exit(f"Trouble with {host} port {port}: {error}")


main()  # so far all was only defined: here it begins
