import socket
import sys
import os
from threading import Thread


class Receiver(Thread):
    def __init__(self, socket):
        super().__init__()
        self.daemon = True
        self.socket = socket
        self.in_ = socket.makefile("r", encoding="utf-8", errors="replace", newline="\n")

    def run(self):
        try:
            name = self.in_.readline().strip()
            print("Connected to " + name, flush=True)
            while True:
                message = self.in_.readline()
                if message == "":
                    print("The server is gone", flush=True)
                    os._exit(1)
                message = message.rstrip("\n").rstrip("\r")
                if message == "/close":
                    print(name + " closed the chat", flush=True)
                    os._exit(0)
                print(name + ": " + message, flush=True)
        except OSError as e:
            print("IOException: " + str(e), file=sys.stderr)
            os._exit(1)


class Sender(Thread):
    def __init__(self, socket):
        super().__init__()
        self.socket = socket

    def run(self):
        for line in sys.stdin:
            line = line.rstrip("\n")
            self.socket.sendall((line + "\n").encode())
            if line == "/close":
                os._exit(0)
        self.socket.sendall("/close\n".encode())
        os._exit(0)


class ChatClient:
    def __init__(self, host, port):
        self.host = host
        self.port = port

    def start(self):
        name = input("Name: ")
        try:
            self.socket = socket.create_connection((self.host, self.port), 2)
        except OSError as e:
            print("Could not connect: " + str(e), file=sys.stderr)
            sys.exit(1)
        self.socket.settimeout(None)
        self.socket.sendall((name + "\n").encode())
        receiver = Receiver(self.socket)
        sender = Sender(self.socket)
        receiver.run()
        sender.run()


if __name__ == "__main__":
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
    client = ChatClient(host, port)
    client.start()
