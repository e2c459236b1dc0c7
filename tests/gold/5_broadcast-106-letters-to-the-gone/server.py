"""Chat server with a writer thread and a queue for each client."""
import queue
import socket
import sys
import threading


class Client:
    def __init__(self, conn):
        self.conn = conn
        self.name = None
        self.out = queue.Queue(10)

    def writer(self):
        while True:
            line = self.out.get()
            self.conn.sendall(line)


clients = []
lock = threading.Lock()


def publish(text, author=None):
    with lock:
        for client in clients:
            if client is not author:
                client.out.put(f"{text}\n".encode())


def serve(client):
    conn = client.conn
    threading.Thread(target=client.writer, daemon=True).start()
    client.out.put(b"Name?\n")
    reader = conn.makefile("rb")
    try:
        while line := reader.readline():
            text = line.decode(errors="replace").rstrip("\n").rstrip("\r")
            if text in ("{quit}", "/close"):
                break
            if not client.name:
                if 1 <= len(text.strip()) <= 32 and text.strip().isprintable():
                    client.name = text.strip()
                    publish(f"{client.name} came in")
                    client.out.put(f"Welcome {client.name}, {{quit}} leaves\n".encode())
                    with lock:
                        clients.append(client)
                else:
                    client.out.put(b"Name?\n")
            elif text:
                publish(f"{client.name}: {text}", client)
    except OSError:
        pass
    if client.name:
        publish(f"{client.name} went out")
    try:
        conn.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


def accept(listener):
    while True:
        conn, _ = listener.accept()
        threading.Thread(target=serve, args=(Client(conn),), daemon=True).start()


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
    listener = socket.create_server((host, port))
    threading.Thread(target=accept, args=(listener,), daemon=True).start()
    try:
        for line in sys.stdin:
            if line.strip() == "/close":
                break
            print("?", flush=True)
        else:
            threading.Event().wait()
    except KeyboardInterrupt:
        pass
    publish("bye")
    for client in clients:
        client.conn.shutdown(socket.SHUT_RDWR)


main()
