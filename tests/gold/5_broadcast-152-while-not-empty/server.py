"""Chat server with a dispatcher."""
import queue
import socket
import sys
import threading

inbox = queue.Queue()
members = {}  # socket -> name
members_lock = threading.Lock()


class Dispatcher(threading.Thread):
    """Takes the messages out of the inbox and delivers them to everybody else."""

    def __init__(self):
        super().__init__(daemon=True)

    def run(self):
        while not inbox.empty():
            author, text = inbox.get()
            with members_lock:
                targets = [s for s in members if s is not author]
            for sock in targets:
                try:
                    sock.sendall((text + "\n").encode())
                except OSError:
                    print("cannot reach", members.get(sock), file=sys.stderr)


class Client(threading.Thread):
    def __init__(self, sock, address, limit):
        super().__init__(daemon=True)
        self.sock = sock
        self.address = address
        self.limit = limit
        self.nick = None

    def say(self, text):
        self.sock.sendall((text + "\n").encode())

    def lines(self):
        buffer = b""
        while True:
            chunk = self.sock.recv(4096)
            if not chunk:
                break
            buffer += chunk
            *whole, buffer = buffer.split(b"\n")
            for line in whole:
                yield line.removesuffix(b"\r").decode(errors="replace")

    def run(self):
        try:
            self.talk()
        except OSError as error:
            print("lost", self.address, error, file=sys.stderr)
        if self.nick:
            with members_lock:
                members.pop(self.sock, None)
            inbox.put((self.sock, f"{self.nick} left the room"))
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.sock.close()
        print("left", self.address, file=sys.stderr)

    def talk(self):
        self.say("Hi there! Please tell me your name")
        for line in self.lines():
            if line in ("{quit}", "/close"):
                return
            if self.nick:
                if line:
                    inbox.put((self.sock, f"{self.nick}: {line}"))
                continue
            name = line.strip()
            if not (0 < len(name) <= 32 and name.isprintable()):
                self.say("That is no name. Your name?")
                continue
            with members_lock:
                full = len(members) >= self.limit
                if not full:
                    members[self.sock] = name
            if full:
                self.say("Sorry, we are full.")
                return
            self.nick = name
            self.say(f"Welcome {name}! Type {{quit}} to exit")
            inbox.put((self.sock, f"{name} joined the room"))


def accept_loop(server, limit):
    while True:
        sock, address = server.accept()
        print("connected", address, file=sys.stderr)
        Client(sock, address, limit).start()


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
    limit = int(sys.argv[3]) if len(sys.argv) > 3 else 100
    try:
        server = socket.create_server((host, port))
    except OSError as error:
        sys.exit(f"cannot start: {error}")
    dispatcher = Dispatcher()
    dispatcher.start()
    threading.Thread(target=accept_loop, args=(server, limit), daemon=True).start()
    try:
        for command in sys.stdin:
            if command.strip() == "/close":
                break
            print("unknown, try /close", flush=True)
        else:
            while True:
                threading.Event().wait(1)
    except KeyboardInterrupt:
        pass
    with members_lock:
        for sock in members:
            try:
                sock.sendall(b"The server closes. Bye!\n")
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


if __name__ == "__main__":
    main()
