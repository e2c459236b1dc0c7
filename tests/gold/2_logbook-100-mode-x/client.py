import socket
import sys


class Client:
    def __init__(self, host, port):
        self.sock = socket.socket()
        self.sock.connect((host, port))

    def run(self):
        while True:
            line = input()
            if line == "exit":
                break
            self.sock.send((line + "\n").encode())


host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
try:
    Client(host, port).run()
except KeyboardInterrupt:
    print("bye")
