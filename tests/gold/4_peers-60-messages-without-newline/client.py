import socket
import sys
import threading


class PeerClient:
    def __init__(self):
        self.over = threading.Event()
        self.failed = False

    def connect(self, host, port):
        self.sock = socket.socket()
        self.sock.connect((host, port))

    def run(self, name):
        self.sock.sendall((name + "\n").encode())
        threading.Thread(target=self.receive, daemon=True).start()
        threading.Thread(target=self.send, daemon=True).start()
        self.over.wait()
        self.sock.close()

    def receive(self):
        peer = None
        buffer = b""
        while True:
            try:
                data = self.sock.recv(1024)
            except OSError:
                data = b""
            if not data:
                if not self.over.is_set():
                    print("lost the server", file=sys.stderr)
                    self.failed = True
                self.over.set()
                return
            buffer += data
            while b"\n" in buffer:
                line, buffer = buffer.split(b"\n", 1)
                text = line.decode(errors="replace").rstrip("\r")
                if peer is None:
                    peer = text
                    print("chatting with", peer, flush=True)
                elif text == "/close":
                    print(peer, "left", flush=True)
                    self.over.set()
                    return
                else:
                    print(peer + ":", text, flush=True)

    def send(self):
        for line in sys.stdin:
            text = line.strip()
            self.sock.sendall(text.encode())
            if text == "/close":
                break
        else:
            self.sock.sendall(b"/close")
        self.over.set()


if __name__ == "__main__":
    print("name?", flush=True)
    name = sys.stdin.readline().strip()
    client = PeerClient()
    try:
        client.connect(sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1", int(sys.argv[2]) if len(sys.argv) > 2 else 50007)
        client.run(name)
    except (OSError, ValueError, OverflowError) as error:
        sys.exit(f"trouble: {error}")
    sys.exit(1 if client.failed else 0)
