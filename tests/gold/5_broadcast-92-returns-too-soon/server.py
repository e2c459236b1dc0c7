import socket
import sys
import threading

clients = []
lock = threading.Lock()


def broadcast(message, sender):
    with lock:
        for client, name in clients:
            if client != sender:
                try:
                    client.sendall((message + "\n").encode("utf-8"))
                    return True
                except OSError:
                    return False


def client_thread(conn):
    f = conn.makefile("r", encoding="utf-8", errors="replace")
    conn.sendall(b"Enter your name:\n")
    name = f.readline().strip()
    conn.sendall(f"Hello {name}, to leave type {{quit}}\n".encode())
    with lock:
        clients.append((conn, name))
    broadcast(f"{name} is here", conn)
    while True:
        line = f.readline()
        if not line:
            break
        line = line.rstrip("\n")
        if line == "{quit}":
            break
        broadcast(f"{name}: {line}", conn)
    with lock:
        clients.remove((conn, name))
    broadcast(f"{name} is gone", conn)
    f.close()
    conn.close()


HOST = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
PORT = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind((HOST, PORT))
s.listen(5)
while True:
    c, a = s.accept()
    threading.Thread(target=client_thread, args=(c,), daemon=True).start()
