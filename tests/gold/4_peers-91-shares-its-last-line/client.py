"""A client for two people."""
import os
import socket
import sys
import threading

PATIENCE = 2
leaving = threading.Event()


def say(text):
    print(text, flush=True)


def note(text):
    print(text, file=sys.stderr, flush=True)


def lines_of(conn):
    rest = b""
    while piece := conn.recv(4096):
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            if len(line) > 65536:
                raise ValueError("line too long")
            yield line.removesuffix(b"\r").decode(errors="replace")
        if len(rest) > 65536:
            raise ValueError("line too long")


def listen(conn):
    try:
        lines = lines_of(conn)
        other = next(lines)
        say(f"You are talking with {other}")
        for text in lines:
            if text == "/close":
                note("the other one has closed the chat")
                say(f"{other} has left")
                leave(conn, 0)
            say(f"{other}: {text}")
        note("the other one has gone without a word")
    except (OSError, ValueError, StopIteration) as error:
        note(f"the chat is lost: {error}")
    leave(conn, 1)


def leave(conn, status):
    if leaving.is_set() and status == 1:
        return
    try:
        conn.shutdown(socket.SHUT_WR)
    except OSError:
        pass
    os._exit(status)


def speak(conn):
    for line in sys.stdin:
        text = line.rstrip("\n")
        if text == "/close":
            break
        conn.sendall(line.encode())
    leaving.set()
    conn.sendall(b"/close\n")
    leave(conn, 0)


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    try:
        name = sys.stdin.readline().strip()
        if not name:
            return
        conn = socket.create_connection((host, int(port)), timeout=PATIENCE)
        conn.settimeout(None)
        note(f"connected to {host}, port {port}")
        conn.sendall(f"{name}\n".encode())
        threading.Thread(target=listen, args=(conn,), daemon=True).start()
        speak(conn)
    except KeyboardInterrupt:
        os._exit(0)
    except (OSError, ValueError, OverflowError) as error:
        sys.exit(f"Trouble: {error}")


main()
