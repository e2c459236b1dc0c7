import socket
import sys


class EchoClient:
    def __init__(self, host, port):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.sock.settimeout(2)
        self.sock.connect((host, port))
        self.sock.settimeout(None)

    def ask(self, text):
        self.sock.sendall(text.encode("utf-8"))
        reply = self.sock.recv(len(text))
        return reply.decode("utf-8", "replace")

    def run(self):
        for line in sys.stdin:
            text = line.rstrip("\n")
            if text == "":
                break
            print("Received:", self.ask(text), flush=True)
        self.sock.close()


if __name__ == "__main__":
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
    try:
        EchoClient(host, port).run()
    except KeyboardInterrupt:
        pass
    except OSError as e:
        sys.exit(f"Error: {e}")
