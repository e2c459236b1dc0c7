# chat server, group 4
import socket
import sys
import threading
import os

clients = {}
lock = threading.Lock()
limit = 100


def read_lines(sock):
    buf = b""
    while True:
        chunk = sock.recv(2048)
        if not chunk:
            return
        buf += chunk
        if len(buf) > 65536 and b"\n" not in buf:
            sock.sendall(b"Your line is too long, bye\n")
            return
        while b"\n" in buf:
            line, _, buf = buf.partition(b"\n")
            yield line.decode("utf-8", errors="replace").rstrip("\r")


def tell(text, but=None):
    with lock:
        for sock in list(clients):
            if sock is not but:
                try:
                    sock.sendall((text + "\n").encode())
                except OSError:
                    pass


def serve(sock, addr):
    name = None
    try:
        sock.sendall(b"Hi! What's your name?\n")
        for line in read_lines(sock):
            if line in ("{quit}", "/close"):
                break
            if name is None:
                wanted = line.strip()
                if not (1 <= len(wanted) <= 32 and wanted.isprintable()):
                    sock.sendall(b"Please give a name, up to 32 letters\n")
                    continue
                with lock:
                    full = len(clients) >= limit
                    if not full:
                        for other in clients:
                            other.sendall(f"{wanted} is here\n".encode())
                        clients[sock] = wanted
                        name = wanted
                        sock.sendall(f"Welcome {name}, type {{quit}} to go\n".encode())
                if full:
                    sock.sendall(b"Sorry, we are full\n")
                    break
            elif line:
                tell(f"{name}: {line}", sock)
    except OSError as e:
        print("lost", addr, e, file=sys.stderr)
    with lock:
        clients.pop(sock, None)
    if name:
        tell(f"{name} has gone")
    print("left", addr, file=sys.stderr)
    sock.close()


def accept(server):
    while True:
        sock, addr = server.accept()
        print("connected", addr, file=sys.stderr)
        threading.Thread(target=serve, args=(sock, addr)).start()


def main():
    global limit
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    try:
        port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
        limit = int(sys.argv[3]) if len(sys.argv) > 3 else 100
        server = socket.create_server((host, port), backlog=200)
    except (OSError, ValueError, OverflowError) as e:
        print("cannot start:", e, file=sys.stderr)
        sys.exit(1)
    threading.Thread(target=accept, args=(server,)).start()
    try:
        for command in sys.stdin:
            if command.strip() == "/close":
                tell("The server is closing")
                for sock in list(clients):
                    sock.shutdown(socket.SHUT_RDWR)
                os._exit(0)
            print("type /close to close", flush=True)
        while True:
            threading.Event().wait(1)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        server.close()


if __name__ == "__main__":
    main()
