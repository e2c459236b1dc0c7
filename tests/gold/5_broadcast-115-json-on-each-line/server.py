import json
import socket
import sys
import threading

clients = {}
lock = threading.Lock()


def send(conn, kind, **values):
    try:
        conn.sendall(json.dumps({"type": kind, **values}).encode() + b"\n")
    except OSError:
        pass


def send_all(kind, author=None, **values):
    with lock:
        for conn in clients:
            if conn is not author:
                send(conn, kind, **values)


def client_thread(conn, addr):
    print("client", addr, file=sys.stderr)
    file = conn.makefile("r", encoding="utf-8", errors="replace")
    send(conn, "question", text="What is your name?")
    name = file.readline().strip()
    if name and name != "{quit}":
        send_all("joined", name=name)
        send(conn, "welcome", name=name, help="{quit} leaves")
        with lock:
            clients[conn] = name
        for line in file:
            line = line.rstrip("\n")
            if line == "{quit}":
                break
            send_all("message", conn, author_name=name, text=line)
        with lock:
            del clients[conn]
        send_all("left", name=name)
    file.close()
    conn.close()


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
    server = socket.create_server((host, port))
    while True:
        conn, addr = server.accept()
        threading.Thread(target=client_thread, args=(conn, addr), daemon=True).start()


try:
    main()
except KeyboardInterrupt:
    pass
except OSError as e:
    sys.exit(str(e))
