import socket
import sys

MAX = 65536


class Conversation:
    def __init__(self, host, port):
        self.sock = socket.create_connection((host, port), timeout=2)
        self.sock.settimeout(None)
        self.reader = self.sock.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *details):
        self.reader.close()
        self.sock.close()

    def say(self):
        line = sys.stdin.readline()
        text = line.rstrip("\n") if line else "/close"
        self.sock.sendall((text + "\n").encode("utf-8"))
        return text

    def hear(self):
        raw = self.reader.readline(MAX + 2)
        if not raw.endswith(b"\n"):
            raise RuntimeError("line too long" if len(raw) > MAX else "the server is gone")
        body = raw[:-1]
        if body.endswith(b"\r"):
            body = body[:-1]
        if len(body) > MAX:
            raise RuntimeError("line too long")
        return body.decode("utf-8", errors="replace")


def main():
    host = "127.0.0.1" if len(sys.argv) < 2 else sys.argv[1]
    port = "50007" if len(sys.argv) < 3 else sys.argv[2]
    try:
        with Conversation(host, int(port)) as talk:
            while talk.say() != "/close":
                answer = talk.hear()
                if answer == "/close":
                    print("The server said goodbye.", flush=True)
                    break
                print("Server:", answer, flush=True)
    except Exception as problem:
        print("Sorry:", problem, file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
