import socket
import sys


class Session:
    def __init__(self, conn):
        self.conn = conn
        self.buffer = ""

    def read(self):
        while "\n" not in self.buffer:
            data = self.conn.recv(2048)
            if not data:
                raise EOFError("client gone")
            self.buffer += data.decode("utf-8")
        line, self.buffer = self.buffer.split("\n", 1)
        return line

    def write(self, text):
        self.conn.sendall(bytes(text + "\n", "utf-8"))

    def run(self):
        try:
            while True:
                line = self.read()
                if line == "/close":
                    print("bye", flush=True)
                    return
                print("Client: " + line, flush=True)
                answer = sys.stdin.readline()
                if not answer:
                    return
                self.write(answer.strip("\n"))
                if answer.strip("\n") == "/close":
                    return
        finally:
            self.write("/close")
            self.conn.close()


host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
with socket.create_server((host, port)) as server:
    conn, addr = server.accept()
try:
    Session(conn).run()
except (EOFError, OSError) as e:
    print(e, file=sys.stderr)
    sys.exit(1)
