import logging
import os
import queue
import socket
import sys
import threading

logging.basicConfig(level=logging.INFO)
q = queue.Queue(maxsize=1000)
clients = {}
finished = threading.Event()


def receive(conn, addr):
    logging.info("connected %s", addr)
    q.put(("private", conn, "Welcome, please send your name"))
    name = None
    try:
        rest = b""
        while data := conn.recv(4096):
            rest += data
            *lines, rest = rest.split(b"\n")
            if len(rest) > 65536 or any(len(line) > 65536 for line in lines):
                q.put(("private", conn, "line too long"))
                break
            stop = False
            for line in lines:
                text = line.removesuffix(b"\r").decode(errors="replace")
                if text in ("{quit}", "/close"):
                    stop = True
                    break
                if name:
                    if text:
                        q.put(("message", conn, f"{name}: {text}"))
                elif 0 < len(text.strip()) < 33 and text.strip().isprintable():
                    name = text.strip()
                    q.put(("new", conn, name))
                else:
                    q.put(("private", conn, "bad name, again please"))
            if stop:
                break
        logging.info("left %s", addr)
    except OSError as e:
        logging.info("lost %s: %s", addr, e)
    q.put(("gone", conn, name))


def send(conn, text):
    try:
        conn.settimeout(0.5)  # slow clients must not block us
        conn.sendall(f"{text}\n".encode())
    except OSError:
        hangup(conn)


def hangup(conn):
    try:
        conn.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


def sender(limit):
    while True:
        kind, conn, text = q.get()
        if kind == "private":
            send(conn, text)
        elif kind == "new":
            if len(clients) >= limit:
                send(conn, "chat is full")
                hangup(conn)
                continue
            for c in clients:
                send(c, f"{text} joined")
            clients[conn] = text
            send(conn, f"Hello {text}, leave with {{quit}}")
        elif kind == "message":
            if conn in clients:
                for c in clients:
                    if c is not conn:
                        send(c, text)
        elif kind == "gone":
            if clients.pop(conn, None):
                for c in clients:
                    send(c, f"{text} left")
            hangup(conn)
        elif kind == "stop":
            for c in clients:
                send(c, "server stops")
                hangup(c)
            finished.set()


def accept(listener):
    while True:
        conn, addr = listener.accept()
        threading.Thread(target=receive, args=(conn, addr), daemon=True).start()


def main():
    try:
        host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
        port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
        limit = int(sys.argv[3]) if len(sys.argv) > 3 else 100
        listener = socket.create_server((host, port), backlog=500)
    except (OSError, ValueError, OverflowError) as e:
        sys.exit(f"cannot start: {e}")
    threading.Thread(target=accept, args=(listener,), daemon=True).start()
    threading.Thread(target=sender, args=(limit,), daemon=True).start()
    try:
        for line in sys.stdin:
            if line.strip() == "/close":
                break
            print("unknown command, try /close", flush=True)
        else:
            while not finished.wait(1):
                pass
    except KeyboardInterrupt:
        pass
    q.put(("stop", None, ""))
    finished.wait(2)
    os._exit(0)


main()
