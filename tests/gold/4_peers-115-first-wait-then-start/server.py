"""Peers server: both sides speak at any time. Start: python server.py [HOST [PORT]]"""

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
    for line in sys.stdin:
        text = line.rstrip("\n")
        if text == "/close":
            break
        conn.sendall(f"{text}\n".encode())
    ended.set()
    conn.sendall(b"/close\n")


def print_received(conn):
    """The receiver: print each line that arrives, until the peer says /close."""
    lines = receive_lines(conn)
    other = next(lines)
    print(f"{other} is here", flush=True)
    for text in lines:
        if text == "/close":
            print(f"{other} has gone", flush=True)
            break
        print(f"{other}: {text}", flush=True)
    ended.set()


def chat(conn, name):
    """Talk both ways at the same time, until one side ends the chat."""
    # send our name first
    conn.sendall(f"{name}\n".encode())
    # wait for the end, one second each time (for Windows)
    while not ended.wait(1):
        pass
    # start two threads, a sender and a receiver, as daemons:
    # nothing wakes a thread at the keyboard
    sender = threading.Thread(target=send_typed, args=[conn], daemon=True)
    receiver = threading.Thread(target=print_received, args=[conn], daemon=True)
    sender.start()
    receiver.start()
    # wait for the peer's last words, one second at most
    receiver.join(1)
    # half-close: this wakes the peer's receiver
    conn.shutdown(socket.SHUT_WR)


def main():
    """Accept one client, and chat with it until one of the two leaves."""
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    print("Your name:", flush=True)
    name = sys.stdin.readline().strip()
    if not name:
        return
    with socket.create_server((host, int(port))) as listener:
        conn, address = listener.accept()
    with conn:
        chat(conn, name)


# run the program
main()
