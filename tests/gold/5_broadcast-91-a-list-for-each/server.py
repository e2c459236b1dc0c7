import socket
import sys
import threading


def handle(conn, addr):
    clients = []
    clients.append(conn)
    conn.sendall(b"What's your name?\n")
    reader = conn.makefile("r", encoding="utf-8", errors="replace")
    name = reader.readline().strip()
    conn.sendall(f"Welcome {name}! Type {{quit}} to leave.\n".encode())
    broadcast(clients, conn, f"{name} joined the chat")
    for line in reader:
        line = line.rstrip("\n")
        if line == "{quit}":
            break
        broadcast(clients, conn, f"{name}: {line}")
    clients.remove(conn)
    broadcast(clients, conn, f"{name} left the chat")
    conn.close()


def broadcast(clients, sender, text):
    for client in clients:
        if client is not sender:
            client.sendall(f"{text}\n".encode())


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
    server = socket.create_server((host, port))
    while True:
        conn, addr = server.accept()
        threading.Thread(target=handle, args=(conn, addr), daemon=True).start()


main()
