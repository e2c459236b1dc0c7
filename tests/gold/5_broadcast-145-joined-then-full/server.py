"""Chat server with a queue for each client."""

import queue
import socket
import sys
import threading

MAX_CLIENTS = int(sys.argv[3]) if len(sys.argv) > 3 else 100
MAX_LINE = 65536

members = []
members_lock = threading.Lock()


def log(text):
    print(text, file=sys.stderr, flush=True)


class Member:
    def __init__(self, sock, addr):
        self.sock = sock
        self.addr = addr
        self.name = ""
        self.outgoing = queue.Queue(200)
        self.buffer = b""

    def start(self):
        threading.Thread(target=self.writer, daemon=True).start()
        threading.Thread(target=self.reader, daemon=True).start()

    def put(self, text):
        try:
            self.outgoing.put(text, timeout=0.5)
        except queue.Full:
            log(f"{self.addr} does not read")
            self.cut()

    def cut(self):
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def writer(self):
        try:
            while True:
                text = self.outgoing.get()
                if text is None:
                    break
                self.sock.sendall(f"{text}\n".encode())
        except OSError as e:
            log(f"{self.addr} cannot send: {e}")
        self.cut()

    def next_line(self):
        while b"\n" not in self.buffer:
            if len(self.buffer) > MAX_LINE:
                self.put("Line too long.")
                return None
            piece = self.sock.recv(8192)
            if not piece:
                return None
            self.buffer += piece
        line, self.buffer = self.buffer.split(b"\n", 1)
        if len(line) > MAX_LINE:
            self.put("Line too long.")
            return None
        text = line.decode("utf-8", "replace")
        if text.endswith("\r"):
            text = text[:-1]
        if text in ("{quit}", "/close"):
            return None
        return text

    def reader(self):
        log(f"{self.addr} connected")
        self.put("Hi! What's your name?")
        joined = False
        try:
            while True:
                text = self.next_line()
                if text is None:
                    break
                name = text.strip()
                if 0 < len(name) <= 32 and name.isprintable():
                    self.name = name
                    with members_lock:
                        for m in members:
                            m.put(f"{name} has joined the chat")
                        if len(members) >= MAX_CLIENTS:
                            self.put("Sorry, chat is full")
                            break
                        members.append(self)
                        joined = True
                        self.put(f"Welcome {name}! {{quit}} leaves.")
                    break
                self.put("That's not a name. What's your name?")
            while joined:
                text = self.next_line()
                if text is None:
                    break
                if text:
                    with members_lock:
                        for m in members:
                            if m is not self:
                                m.put(f"{self.name}: {text}")
            log(f"{self.addr} left")
        except OSError as e:
            log(f"{self.addr} lost: {e}")
        with members_lock:
            if joined:
                members.remove(self)
                for m in members:
                    m.put(f"{self.name} has left the chat")
        try:
            self.outgoing.put_nowait(None)
        except queue.Full:
            self.cut()


def acceptor(listener):
    while True:
        sock, addr = listener.accept()
        Member(sock, addr).start()


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    try:
        if len(sys.argv) == 1 and sys.stdin.isatty():
            host = input("Host: ") or host
            port = input("Port: ") or port
        listener = socket.create_server((host, int(port)), backlog=100)
    except (OSError, ValueError, OverflowError) as e:
        sys.exit(f"Cannot start: {e}")
    threading.Thread(target=acceptor, args=[listener], daemon=True).start()
    try:
        for line in sys.stdin:
            if line.strip() == "/close":
                break
            print("commands: /close", flush=True)
        else:
            threading.Event().wait()
    except KeyboardInterrupt:
        pass
    with members_lock:
        for m in members:
            m.put("The chat is over.")
            m.put(None)
    threading.Event().wait(0.3)


main()
