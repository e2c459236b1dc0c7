import socket
import sys


class EchoClient:
    def __init__(self, host="127.0.0.1", port=50007):
        self.host = host
        self.port = port
        self.sock = None

    def connect(self):
        self.sock = socket.create_connection((self.host, self.port), timeout=2)
        self.sock.settimeout(None)

    def echo(self, text):
        data = text.encode()
        self.sock.sendall(data)
        result = b""
        while len(result) < len(data):
            chunk = self.sock.recv(len(data) - len(result))
            if not chunk:
                raise ConnectionError("connection closed by server")
            result += chunk
        return result.decode(errors="replace")

    def port_ok(self):
        return 0 < self.port < 65536

    def run(self):
        if not self.port_ok():
            print("bad port", file=sys.stderr)
            sys.exit(1)
        self.connect()
        for line in sys.stdin:
            line = line.rstrip("\n")
            if not line:
                break
            print("Received:", self.echo(line), flush=True)
        self.sock.close()


if __name__ == "__main__":
    client = EchoClient(*sys.argv[1:3])
    try:
        client.run()
    except OSError as e:
        print("error:", e, file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(0)
