import socket
import sys
import threading

names = {}          # connection -> name
lock = threading.RLock()


def send_all(text, skip=None):
    with lock:
        for c in list(names):
            if c is skip:
                continue
            try:
                c.sendall((text + "\n").encode())
            except Exception:
                leave(c)


def leave(c):
    try:
        with lock:
            del names[c]
            send_all(f"<- {names[c]}")
        c.shutdown(socket.SHUT_RDWR)
        c.close()
    except Exception:
        pass


def client_thread(c, limit):
    buf = b""
    try:
        c.sendall(b"name please\n")
        while True:
            d = c.recv(4096)
            if not d:
                break
            buf += d
            while b"\n" in buf:
                raw, buf = buf.split(b"\n", 1)
                msg = raw.decode(errors="replace")
                if msg.endswith("\r"):
                    msg = msg[:-1]
                if msg == "{quit}" or msg == "/close":
                    leave(c)
                    return
                if c not in names:
                    n = msg.strip()
                    if not n or len(n) > 32 or not n.isprintable():
                        c.sendall(b"name please\n")
                        continue
                    with lock:
                        if len(names) >= limit:
                            c.sendall(b"full\n")
                            c.shutdown(socket.SHUT_RDWR)
                            return
                        send_all(f"-> {n}")
                        names[c] = n
                        c.sendall(f"welcome {n}, {{quit}} to go\n".encode())
                elif msg:
                    send_all(f"{names[c]}: {msg}", c)
    except Exception:
        pass
    leave(c)


def accept(s, limit):
    while True:
        c, a = s.accept()
        threading.Thread(target=client_thread, args=(c, limit), daemon=True).start()


host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
limit = int(sys.argv[3]) if len(sys.argv) > 3 else 100
s = socket.create_server((host, port))
threading.Thread(target=accept, args=(s, limit), daemon=True).start()
try:
    for line in sys.stdin:
        if line.strip() == "/close":
            break
        print("commands: /close", flush=True)
    else:
        threading.Event().wait()
except KeyboardInterrupt:
    pass
send_all("bye")
for c in list(names):
    c.shutdown(socket.SHUT_RDWR)
