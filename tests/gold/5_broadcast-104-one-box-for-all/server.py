import selectors
import socket
import sys

sel = selectors.DefaultSelector()


class Connection:
    name = None
    inbox = bytearray()
    outbox = []

    def __init__(self, sock):
        self.sock = sock
        sock.setblocking(False)

    def say(self, text):
        self.outbox.append((text + "\n").encode())
        sel.modify(self.sock, selectors.EVENT_READ | selectors.EVENT_WRITE, self)

    def write(self):
        while self.outbox:
            self.sock.send(self.outbox.pop(0))
        sel.modify(self.sock, selectors.EVENT_READ, self)


connections = []


def everyone(text, but=None):
    for c in connections:
        if c is not but and c.name:
            c.say(text)


def leave(c):
    connections.remove(c)
    sel.unregister(c.sock)
    c.sock.close()
    if c.name:
        everyone(f"{c.name} left")


def read(c):
    try:
        data = c.sock.recv(4096)
    except OSError:
        data = b""
    if not data:
        leave(c)
        return
    c.inbox.extend(data)
    while b"\n" in c.inbox:
        line = bytes(c.inbox[: c.inbox.index(b"\n")])
        del c.inbox[: len(line) + 1]
        text = line.decode(errors="replace").rstrip("\r")
        if text in ("{quit}", "/close"):
            leave(c)
            return
        if c.name is None:
            everyone(f"{text} joined")
            c.name = text.strip()
            c.say(f"Welcome {c.name}. Leave with {{quit}}")
        elif text:
            everyone(f"{c.name}: {text}", c)


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
    listener = socket.create_server((host, port))
    sel.register(listener, selectors.EVENT_READ, None)
    while True:
        for key, mask in sel.select():
            if key.data is None:
                sock, addr = listener.accept()
                c = Connection(sock)
                connections.append(c)
                sel.register(sock, selectors.EVENT_READ, c)
                c.say("Your name?")
                continue
            if mask & selectors.EVENT_READ:
                read(key.data)
            if mask & selectors.EVENT_WRITE and key.data in connections:
                key.data.write()


try:
    main()
except KeyboardInterrupt:
    pass
