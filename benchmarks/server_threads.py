"""The broadcast server with a thread for each participant and one lock: `server_threads.py [HOST [PORT]]`."""

import contextlib
import socket
import sys
import threading

lock = threading.Lock()  # whoever uses participants has it
participants = {}  # connection -> name


def broadcast(text, author):
    """Send a line to everyone but its author, one after another."""
    with lock:
        for conn in participants:
            if conn is not author:
                with contextlib.suppress(OSError):
                    conn.sendall(text.encode())


def serve(conn):
    """Serve one participant, from greeting to leaving."""
    with conn, contextlib.suppress(OSError):
        lines = conn.makefile(encoding="utf-8", errors="replace")
        conn.sendall(b"Your name?\n")
        name = lines.readline().strip()
        conn.sendall(f"Welcome, {name}. Leave with {{quit}}.\n".encode())
        with lock:
            participants[conn] = name
        broadcast(f"{name} has joined.\n", conn)
        for line in lines:
            if line.strip() == "{quit}":
                break
            broadcast(f"{name}: {line.strip()}\n", conn)
    with lock:
        participants.pop(conn, None)


def main(host="127.0.0.1", port=50007):
    """Serve forever at this address."""
    with socket.create_server((host, int(port)), backlog=200) as listener:
        while True:
            visitor, _ = listener.accept()
            threading.Thread(target=serve, args=[visitor], daemon=True).start()


with contextlib.suppress(KeyboardInterrupt):
    main(*sys.argv[1:3])
