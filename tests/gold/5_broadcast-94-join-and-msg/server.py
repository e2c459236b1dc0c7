import socket
import sys
import threading

users = {}


def handle(conn):
    name = None
    conn.sendall(b"OK chat server ready. Commands: JOIN name, MSG text, QUIT\n")
    for raw in conn.makefile("rb"):
        line = raw.decode("utf-8", "replace").strip()
        command, _, rest = line.partition(" ")
        if command == "JOIN":
            name = rest
            users[name] = conn
            conn.sendall(f"OK welcome {name}, {{quit}} with QUIT\n".encode())
            send_all(f"{name} joined", name)
        elif command == "MSG":
            send_all(f"{name}: {rest}", name)
        elif command == "QUIT" or line == "{quit}":
            break
        else:
            conn.sendall(b"ERROR unknown command\n")
    if name in users:
        del users[name]
        send_all(f"{name} left", name)
    conn.close()


def send_all(text, sender):
    for name, conn in users.items():
        if name != sender:
            conn.sendall((text + "\n").encode())


host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
with socket.create_server((host, port)) as server:
    while True:
        conn, addr = server.accept()
        threading.Thread(target=handle, args=(conn,), daemon=True).start()
