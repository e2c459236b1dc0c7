import logging
import socket
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

logging.basicConfig(level=logging.INFO)


class Participant:
    def __init__(self, sock, addr):
        self.sock = sock
        self.addr = addr
        self.name = None
        sock.settimeout(None)

    def send(self, text):
        self.sock.sendall(text.encode("utf-8") + b"\n")

    def hang_up(self):
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


class Room:
    def __init__(self, max_clients):
        self.max_clients = max_clients
        self.members = set()
        self.lock = threading.RLock()

    def enter(self, p):
        with self.lock:
            if len(self.members) >= self.max_clients:
                return False
            self.tell(f"* {p.name} joined")
            self.members.add(p)
            p.send(f"Welcome {p.name}! Use {{quit}} to leave.")
            return True

    def leave(self, p):
        with self.lock:
            if p in self.members:
                self.members.remove(p)
                self.tell(f"* {p.name} left")

    def tell(self, text, author=None):
        with self.lock:
            for m in self.members:
                if m is author:
                    continue
                try:
                    m.send(text)
                except OSError as e:
                    logging.warning("cannot send to %s: %s", m.addr, e)


class Server:
    def __init__(self, host, port, max_clients):
        self.room = Room(max_clients)
        self.pool = ThreadPoolExecutor(max_workers=10)
        self.listener = socket.create_server((host, port), backlog=500)

    def lines(self, p):
        buf = b""
        while True:
            try:
                data = p.sock.recv(4096)
            except OSError as e:
                logging.warning("lost %s: %s", p.addr, e)
                return
            if not data:
                return
            buf += data
            *complete, buf = buf.split(b"\n")
            for line in complete:
                if len(line) > 65536:
                    p.send("line too long")
                    return
                yield line.decode("utf-8", "replace").removesuffix("\r")
            if len(buf) > 65536:
                p.send("line too long")
                return

    def handle(self, p):
        logging.info("connected %s", p.addr)
        try:
            p.send("Hello. Your name?")
            for line in self.lines(p):
                if line in ("{quit}", "/close"):
                    break
                if p.name is None:
                    name = line.strip()
                    if not (0 < len(name) <= 32) or not name.isprintable():
                        p.send("Your name?")
                        continue
                    p.name = name
                    if not self.room.enter(p):
                        p.send("Sorry, the room is full.")
                        break
                elif line:
                    self.room.tell(f"{p.name}: {line}", p)
        except OSError:
            pass
        self.room.leave(p)
        p.hang_up()
        logging.info("left %s", p.addr)

    def accept(self):
        while True:
            sock, addr = self.listener.accept()
            p = Participant(sock, addr)
            self.pool.submit(self.handle, p)

    def run(self):
        threading.Thread(target=self.accept, daemon=True).start()
        try:
            for line in sys.stdin:
                if line.strip() == "/close":
                    break
                print("help: /close", flush=True)
            else:
                while True:
                    threading.Event().wait(1)
        except KeyboardInterrupt:
            pass
        with self.room.lock:
            self.room.tell("* the server closes")
            for m in self.room.members:
                m.hang_up()


def main():
    try:
        host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
        port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
        limit = int(sys.argv[3]) if len(sys.argv) > 3 else 100
        Server(host, port, limit).run()
    except (OSError, ValueError, OverflowError) as e:
        sys.exit(f"error: {e}")


main()
