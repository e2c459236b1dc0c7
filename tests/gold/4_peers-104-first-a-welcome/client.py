import socket
import sys
import threading


class ChatClient:
    def __init__(self, host, port):
        self.name = input("Name: ")
        self.sock = socket.create_connection((host, port), timeout=2)
        self.sock.settimeout(None)
        self.file = self.sock.makefile("rw", encoding="utf-8", newline="\n")
        self.done = threading.Event()

    def write(self, text):
        self.file.write(text + "\n")
        self.file.flush()

    def handshake(self):
        self.write(self.name)
        welcome = self.file.readline().strip()
        print(welcome, flush=True)
        self.peer = self.file.readline().strip()
        print("You are talking to", self.peer, flush=True)

    def listen(self):
        for line in self.file:
            line = line.rstrip("\n")
            if line == "/close":
                break
            print(f"{self.peer}: {line}", flush=True)
        self.done.set()

    def talk(self):
        try:
            while True:
                line = input()
                if line == "/close":
                    break
                self.write(line)
        except EOFError:
            pass
        self.write("/close")
        self.done.set()

    def run(self):
        self.handshake()
        threading.Thread(target=self.listen, daemon=True).start()
        threading.Thread(target=self.talk, daemon=True).start()
        self.done.wait()
        self.sock.shutdown(socket.SHUT_WR)


if __name__ == "__main__":
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
    ChatClient(host, port).run()
