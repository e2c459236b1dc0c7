"""Peers server: both sides speak at any time. Start: python server.py [HOST [PORT]]"""

import socket
import sys
import threading

ended = threading.Event()
lost = threading.Event()


def receive_lines(conn):
    """Yield each line that arrives, as text without its newline."""
    # an unfinished line
    unfinished = b""
    # receive whatever has arrived: half a line, or several
    while True:
        chunk = conn.recv(4096)
        if chunk == b"":
            break
        unfinished = unfinished + chunk
        # cut at every newline
        pieces = unfinished.split(b"\n")
        # too long: end this connection
        if len(pieces[0]) > 65536:
            raise ValueError("line too long")
        # what comes after the last newline waits for its rest
        unfinished = pieces[-1]
        # these lines are whole: decode them only now
        for piece in pieces[:-1]:
            if piece.endswith(b"\r"):
                piece = piece[:-1]
            yield piece.decode(errors="replace")


def first_line(conn):
    """The peer's name."""
    for line in receive_lines(conn):
        return line
    raise ConnectionError("no name")


def send_typed(conn):
    """The sender: send each typed line, until /close or end of input."""
    try:
        for line in sys.stdin:
            if line.rstrip("\n") == "/close":
                break
            conn.sendall(line.rstrip("\n").encode() + b"\n")
        ended.set()
        conn.sendall(b"/close\n")
    except OSError as error:
        print(error, file=sys.stderr)


def print_received(conn):
    """The receiver: print each line that arrives, until the peer says /close."""
    try:
        # the first line is the peer's name: print it
        peer = first_line(conn)
        print(f"Hello, you are chatting with {peer}", flush=True)
        # print each further line; /close ends the chat
        for line in receive_lines(conn):
            if line == "/close":
                print("The other has left", flush=True)
                ended.set()
                return
            print(f"{peer}: {line}", flush=True)
        # after the loop, EOF without /close: the peer is lost
        raise ConnectionError("no /close")
    except (OSError, ValueError) as error:
        if not ended.is_set():
            print("lost:", error, file=sys.stderr)
            lost.set()
            ended.set()


def chat(conn, name):
    """Talk both ways at the same time, until one side ends the chat."""
    conn.sendall(name.encode() + b"\n")
    threading.Thread(target=send_typed, args=[conn], daemon=True).start()
    receiver = threading.Thread(target=print_received, args=[conn], daemon=True)
    receiver.start()
    try:
        while not ended.wait(1):
            pass
        receiver.join(1)
    except KeyboardInterrupt:
        ended.set()
        raise
    finally:
        try:
            conn.shutdown(socket.SHUT_WR)
        except OSError:
            pass
    if lost.is_set():
        raise ConnectionError("the other side is lost")


def main():
    """Accept one client, and chat with it until one of the two leaves."""
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    try:
        print("Your name:", flush=True)
        name = sys.stdin.readline().strip()
        if not name:
            return
        with socket.create_server((host, int(port))) as listener:
            conn, address = listener.accept()
        with conn:
            chat(conn, name)
    except KeyboardInterrupt:
        pass
    except (OSError, ValueError, OverflowError) as error:
        sys.exit(f"Trouble: {error}")


main()
