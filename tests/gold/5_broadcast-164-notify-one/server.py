"""One thread per client receives, one thread per client sends (waits on a condition)."""
import socket
import sys
import threading

cond = threading.Condition()
boxes = {}   # conn -> list of lines to send
max_clients = 100


def post(text, author=None):
    with cond:
        for conn, box in boxes.items():
            if conn is not author:
                box.append(text)
        cond.notify()


def sender(conn):
    while True:
        with cond:
            while conn in boxes and not boxes[conn]:
                cond.wait()
            if conn not in boxes:
                return
            lines = boxes[conn]
            boxes[conn] = []
        try:
            conn.sendall("".join(x + "\n" for x in lines).encode())
        except OSError:
            return


def lines_of(conn):
    rest = b""
    while True:
        data = conn.recv(4096)
        if not data:
            break
        rest += data
        parts = rest.split(b"\n")
        rest = parts.pop()
        for p in parts:
            yield p.removesuffix(b"\r").decode(errors="replace")


def receiver(conn, addr):
    print("connect", addr, file=sys.stderr)
    name = None
    try:
        conn.sendall(b"Welcome. Your name?\n")
        for line in lines_of(conn):
            if line in ("{quit}", "/close"):
                break
            if name is None:
                n = line.strip()
                if not (1 <= len(n) <= 32 and n.isprintable()):
                    conn.sendall(b"Wrong. Your name?\n")
                    continue
                with cond:
                    if len(boxes) >= max_clients:
                        conn.sendall(b"Full.\n")
                        break
                    name = n
                    post2 = f"{name} came in."
                    for box in boxes.values():
                        box.append(post2)
                    boxes[conn] = [f"Hi {name}, {{quit}} to go."]
                    cond.notify()
                threading.Thread(target=sender, args=(conn,), daemon=True).start()
            elif line:
                post(f"{name}: {line}", conn)
    except OSError as e:
        print("lost", addr, e, file=sys.stderr)
    with cond:
        boxes.pop(conn, None)
    if name:
        post(f"{name} went away.")
    print("left", addr, file=sys.stderr)
    try:
        conn.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    conn.close()


def acceptor(s):
    while True:
        conn, addr = s.accept()
        threading.Thread(target=receiver, args=(conn, addr), daemon=True).start()


def main():
    global max_clients
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    try:
        port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
        max_clients = int(sys.argv[3]) if len(sys.argv) > 3 else 100
        s = socket.create_server((host, port), backlog=200)
    except (OSError, ValueError, OverflowError) as e:
        sys.exit(f"error: {e}")
    threading.Thread(target=acceptor, args=(s,), daemon=True).start()
    try:
        for cmd in sys.stdin:
            if cmd.strip() == "/close":
                break
            print("help: /close", flush=True)
        else:
            threading.Event().wait()
    except KeyboardInterrupt:
        pass
    with cond:
        everybody = list(boxes)
    for conn in everybody:
        try:
            conn.sendall(b"The end.\n")
            conn.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


main()
