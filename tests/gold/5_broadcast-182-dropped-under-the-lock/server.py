import logging
import queue
import socket
import sys
import threading

HOST = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
PORT = sys.argv[2] if len(sys.argv) > 2 else "50007"
MAX = sys.argv[3] if len(sys.argv) > 3 else "100"
logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")

def ask():
    global HOST, PORT
    if len(sys.argv) == 1 and sys.stdin.isatty():
        HOST = input("host? ") or HOST
        PORT = input("port? ") or PORT

LIMIT = 65536
big_lock = threading.Lock()
members = []

class Member:
    def __init__(self, sock, address):
        self.sock = sock
        self.address = address
        self.name = ""
        self.box = queue.Queue(60)
        self.gone = False
        self.closed = threading.Event()
        threading.Thread(target=self.write, daemon=True).start()
        threading.Thread(target=self.run, daemon=True).start()

    def post(self, text):
        if self.gone:
            return
        try:
            self.box.put(text.encode() + b"\n", timeout=1)
        except queue.Full:
            self.gone = True
            self.shut()
            leave(self, "lost")

    def shut(self):
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def write(self):
        try:
            while (data := self.box.get()) is not None:
                self.sock.sendall(data)
            self.sock.shutdown(socket.SHUT_WR)
        except OSError as err:
            logging.info("%s:%s cannot send: %s", *self.address, err)
            self.gone = True
            self.shut()
        self.closed.set()

    def lines(self):
        rest = bytearray()
        while data := self.sock.recv(16384):
            rest += data
            while (n := rest.find(b"\n")) >= 0:
                line = bytes(rest[:n])
                del rest[:n + 1]
                if len(line) > LIMIT:
                    raise ValueError("too long a line")
                yield line.removesuffix(b"\r").decode("utf-8", "replace")
            if len(rest) > LIMIT:
                raise ValueError("too long a line")

    def run(self):
        logging.info("%s:%s connected", *self.address)
        self.post("Hola! Name?")
        how = "lost"
        try:
            for text in self.lines():
                if text in ("{quit}", "/close"):
                    break
                if not self.name:
                    text = text.strip()
                    if not text or len(text) > 32 or not text.isprintable():
                        self.post("Sorry, another name?")
                    elif not join(self, text):
                        self.post("Too many people here.")
                        break
                elif text:
                    tell(f"{self.name}: {text}", self)
            how = "left"
        except (OSError, ValueError) as err:
            logging.info("%s:%s %s", *self.address, err)
            self.post("Ended: " + str(err))
        if self.gone:
            how = "lost"
        leave(self, how)
        try:
            self.box.put(None, timeout=1)
        except queue.Full:
            self.shut()
        self.closed.wait(2)
        self.sock.close()

def join(member, name):
    with big_lock:
        if len(members) >= int(MAX):
            return False
        for other in members:
            other.post(f"[{name} came]")
        member.name = name
        members.append(member)
        member.post(f"Hi {name}, type {{quit}} to leave")
        return True

def leave(member, how):
    with big_lock:
        logging.info("%s:%s %s", *member.address, how)
        if member in members:
            members.remove(member)
            for other in members:
                other.post(f"[{member.name} {how}]")

def tell(text, author):
    with big_lock:
        if author in members:
            for member in members:
                if member is not author:
                    member.post(text)

def accept(door):
    while True:
        try:
            sock, address = door.accept()
            Member(sock, address)
        except OSError:
            return

def main():
    try:
        sys.stdin.reconfigure(encoding="utf-8", errors="replace")
        ask()
        int(MAX)
        with socket.create_server((HOST, int(PORT)), backlog=500) as door:
            threading.Thread(target=accept, args=[door], daemon=True).start()
            try:
                for line in sys.stdin:
                    if line.rstrip("\n") == "/close":
                        break
                    print("I know /close only.", flush=True)
                else:
                    threading.Event().wait()
            finally:
                with big_lock:
                    last = list(members)
                    members.clear()
                    for member in last:
                        member.post("That was the chat. Goodbye.")
                        member.box.put(None)
                for member in last:
                    member.closed.wait(1)
                for member in last:
                    member.shut()
    except (KeyboardInterrupt, EOFError):
        logging.info("ctrl+c")
    except (OSError, ValueError, OverflowError) as err:
        sys.exit(f"Error: {err}")

main()
