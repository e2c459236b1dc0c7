import socket
import sys
import threading

HOST = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
PORT = int(sys.argv[2]) if len(sys.argv) > 2 else 50007


class ReceiveThread(threading.Thread):
    def __init__(self, sock):
        super().__init__(daemon=True)
        self.sock = sock
        self.name_of_peer = None

    def run(self):
        f = self.sock.makefile("r", encoding="utf-8")
        for line in f:
            line = line.rstrip("\n")
            if self.name_of_peer is None:
                self.name_of_peer = line
                print("You are chatting with", line, flush=True)
            elif line == "/close":
                print("The chat is over.", flush=True)
                break
            else:
                print(f"{self.name_of_peer}: {line}", flush=True)
        self.sock.close()


name = input("Your name: ")
s = socket.create_connection((HOST, PORT))
s.sendall((name + "\n").encode())
receiver = ReceiveThread(s)
while True:
    try:
        line = input()
    except EOFError:
        line = "/close"
    s.sendall((line + "\n").encode())
    if line == "/close":
        break
s.close()
