import os
import socket
import sys
import threading


class Peer:
    def __init__(self, host, port):
        self.name = input("Enter your name: ")
        self.sock = socket.socket()
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.sock.bind((host, port))
        self.sock.listen(1)
        self.conn, self.addr = self.sock.accept()
        self.buffer = b""

    def read_line(self):
        while b"\n" not in self.buffer:
            chunk = self.conn.recv(1024)
            if not chunk:
                return None
            self.buffer += chunk
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.rstrip(b"\r")

    def receive(self):
        self.other = self.read_line()
        if self.other is None:
            print("The other person disconnected")
            os._exit(1)
        print("Chatting with", self.other.decode(), flush=True)
        while True:
            line = self.read_line()
            if line is None:
                print("The other person disconnected", flush=True)
                os._exit(1)
            if line == "/close":
                print("Chat closed", flush=True)
                os._exit(0)
            print(self.other.decode() + ": " + line.decode(errors="replace"), flush=True)

    def send(self):
        while True:
            try:
                text = input()
            except EOFError:
                text = "/close"
            self.conn.sendall(text.encode() + b"\n")
            if text == "/close":
                self.conn.shutdown(socket.SHUT_WR)
                os._exit(0)

    def run(self):
        self.conn.sendall(self.name.encode() + b"\n")
        threading.Thread(target=self.receive, daemon=True).start()
        self.send()


host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
try:
    Peer(host, port).run()
except KeyboardInterrupt:
    os._exit(0)
except OSError as e:
    print(e, file=sys.stderr)
    sys.exit(1)
