"""Peers client: both sides speak at any time. Start: python client.py [HOST [PORT]]"""

import socket
import sys
import threading

# an event for all threads: the chat is over
ended = threading.Event()


def receive_lines(conn):
    """Yield each line that arrives, as text without its newline."""
    # an unfinished line
    waiting = b""
    # receive whatever has arrived: half a line, or several
    while data := conn.recv(4096):
        # cut at every newline
        lines = (waiting + data).split(b"\n")
        # what comes after the last newline waits for its rest
        waiting = lines.pop()
        # these lines are whole: decode them only now
        for line in lines:
            yield line.removesuffix(b"\r").decode(errors="replace")


def send_typed(conn):
    """The sender: send each typed line, until /close or end of input."""
    # send each with a newline; /close ends this loop
    for line in sys.stdin:
        line = line.rstrip("\n")
        if line == "/close":
            break
        conn.sendall((line + "\n").encode())
    # after the loop: tell our threads, then the peer
    ended.set()
    conn.sendall(b"/close\n")


def print_received(conn):
    """The receiver: print each line that arrives, until the peer says /close."""
    lines = receive_lines(conn)
    # the first line is the peer's name: print it
    name = next(lines)
    print("You chat with", name, flush=True)
    # print each further line; /close ends the chat
    for line in lines:
        if line == "/close":
            print(name, "is gone", flush=True)
            ended.set()
    # TODO print the others


def chat(conn, name):
    """Talk both ways at the same time, until one side ends the chat."""
    # send our name first
    conn.sendall((name + "\n").encode())
    # start two threads, a sender and a receiver, as daemons:
    threading.Thread(target=send_typed, args=[conn], daemon=True).start()
    receiver = threading.Thread(target=print_received, args=[conn], daemon=True)
    receiver.start()
    while not ended.wait(1):
        pass
    receiver.join(1)
    conn.shutdown(socket.SHUT_WR)


def main():
    """Connect to the server, and chat with it until one of the two leaves."""
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    print("Your name:", flush=True)
    name = sys.stdin.readline().strip()
    if not name:
        return
    with socket.create_connection((host, int(port)), timeout=2) as conn:
        conn.settimeout(None)
        chat(conn, name)


# run the program
main()
