"""Peers client: both sides speak at any time. Start: python client.py [HOST [PORT]]"""

import contextlib
import socket
import sys
import threading

ended = threading.Event()
lost = threading.Event()


def receive_lines(conn):
    waiting = b""
    while data := conn.recv(4096):
        *whole, waiting = (waiting + data).split(b"\n")
        for line in whole:
            yield line.removesuffix(b"\r").decode(errors="replace")


def send_typed(conn):
    try:
        for line in sys.stdin:
            text = line.rstrip("\n")
            if text == "/close":
                break
            conn.sendall(f"{text}\n".encode())
            # after the loop: tell our threads, then the peer
            ended.set()
            conn.sendall(b"/close\n")
    except OSError:
        pass


def print_received(conn):
    lines = receive_lines(conn)
    try:
        other = next(lines, None)
        if other is None:
            raise ConnectionError("no name came")
        print("Chat with", other, flush=True)
        for text in lines:
            if text == "/close":
                print("The other one has left.", flush=True)
                ended.set()
                return
            print(f"{other}: {text}", flush=True)
        raise ConnectionError("no /close came")
    except (OSError, ValueError):
        if not ended.is_set():
            lost.set()
            ended.set()


def chat(conn, name):
    conn.sendall(f"{name}\n".encode())
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
        with contextlib.suppress(OSError):
            conn.shutdown(socket.SHUT_WR)
    if lost.is_set():
        raise ConnectionError("the server is lost")


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    try:
        print("Name?", flush=True)
        name = sys.stdin.readline().strip()
        if not name:
            return
        with socket.create_connection((host, int(port)), timeout=2) as conn:
            conn.settimeout(None)
            chat(conn, name)
    except KeyboardInterrupt:
        pass
    except (OSError, ValueError, OverflowError) as error:
        sys.exit(f"Trouble with {host} port {port}: {error}")


main()
