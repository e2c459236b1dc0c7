import queue
import socket
import sys
import threading

q = queue.Queue(500)
guests = {}
stop = threading.Event()


def listen_to(conn, addr):
    print("connect", addr, file=sys.stderr)
    name = None
    buf = bytearray()
    q.put(("say", conn, "Guten Tag! Ihr Name?"))
    try:
        over = False
        while not over:
            try:
                chunk = conn.recv(2048)
            except TimeoutError:
                continue
            if not chunk:
                break
            buf += chunk
            while not over and (i := buf.find(b"\n")) >= 0:
                line = bytes(buf[:i])
                del buf[: i + 1]
                if line.endswith(b"\r"):
                    line = line[:-1]
                line = line.decode("utf-8", errors="replace")
                if line == "{quit}" or line == "/close":
                    over = True
                elif name is None:
                    line = line.strip()
                    if 0 < len(line) < 33 and line.isalpha():
                        name = line
                        q.put(("in", conn, name))
                    else:
                        q.put(("say", conn, "Der Name darf nur Buchstaben haben. Ihr Name?"))
                elif line:
                    q.put(("msg", conn, name + ": " + line))
            if len(buf) > 65536:
                q.put(("say", conn, "line too long, bye"))
                break
        print("left", addr, file=sys.stderr)
    except OSError as e:
        print("lost", addr, e, file=sys.stderr)
    q.put(("out", conn, name))


def shut(conn):
    try:
        conn.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


def tell(conn, text):
    try:
        conn.sendall(text.encode() + b"\n")
    except OSError as e:
        print("cannot send", e, file=sys.stderr)
        shut(conn)


def deliver(limit):
    while not stop.is_set():
        kind, conn, text = q.get()
        if kind == "say":
            tell(conn, text)
        elif kind == "in":
            if len(guests) >= limit:
                tell(conn, "We are full, sorry.")
                shut(conn)
                continue
            for other in guests:
                tell(other, f"{text} kommt dazu")
            guests[conn] = text
            tell(conn, f"Willkommen {text}! Mit {{quit}} gehen Sie.")
        elif kind == "msg":
            if conn in guests:
                for other in guests:
                    if other is not conn:
                        tell(other, text)
        elif kind == "out":
            if conn in guests:
                del guests[conn]
                for other in guests:
                    tell(other, f"{text} geht")
            conn.close()
        elif kind == "end":
            for other in guests:
                tell(other, "* Server says goodbye")
                shut(other)
            stop.set()


def acceptor(s):
    while True:
        conn, addr = s.accept()
        conn.settimeout(1)
        threading.Thread(target=listen_to, args=(conn, addr), daemon=True).start()


def main():
    argv = sys.argv[1:] + ["127.0.0.1", "50007", "100"][len(sys.argv) - 1:]
    try:
        s = socket.create_server((argv[0], int(argv[1])), backlog=128)
        limit = int(argv[2])
    except (OSError, ValueError, OverflowError) as e:
        print("error:", e, file=sys.stderr)
        sys.exit(1)
    w = threading.Thread(target=deliver, args=(limit,), daemon=True)
    w.start()
    threading.Thread(target=acceptor, args=(s,), daemon=True).start()
    try:
        while True:
            line = sys.stdin.readline()
            if not line:
                stop.wait()
            if line.strip() == "/close":
                break
            print("type /close", flush=True)
    except KeyboardInterrupt:
        pass
    q.put(("end", None, None))
    w.join()


if __name__ == "__main__":
    main()
