import socket
import sys
import threading


class Chat:
    def __init__(self, sock, name):
        self.sock = sock
        self.name = name
        self.finished = threading.Event()
        self.broken = False

    def incoming(self):
        try:
            stream = self.sock.makefile("rb")
            other = stream.readline().decode(errors="replace").rstrip("\r\n")
            if other == "":
                raise ConnectionError("no name")
            print(f"Connected with {other}", flush=True)
            for raw in stream:
                text = raw.decode(errors="replace").rstrip("\r\n")
                if text == "/close":
                    print(f"{other} closed the chat", flush=True)
                    self.finished.set()
                    return
                print(f"{other}: {text}", flush=True)
            raise ConnectionError("no /close")
        except OSError as error:
            if not self.finished.is_set():
                print(f"Lost: {error}", file=sys.stderr)
                self.broken = True
            self.finished.set()

    def outgoing(self):
        try:
            while True:
                line = sys.stdin.readline()
                if not line or line == "/close":
                    break
                self.sock.sendall(line.encode())
            self.finished.set()
            self.sock.sendall(b"/close\n")
        except OSError:
            pass

    def run(self):
        self.sock.sendall(f"{self.name}\n".encode())
        threading.Thread(target=self.outgoing, daemon=True).start()
        reader = threading.Thread(target=self.incoming, daemon=True)
        reader.start()
        while not self.finished.wait(1):
            pass
        reader.join(1)
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        return 1 if self.broken else 0


def main():
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    print("Your name?", flush=True)
    name = sys.stdin.readline().strip()
    if not name:
        return 0
    try:
        with socket.create_connection((host, int(port)), timeout=2) as sock:
            sock.settimeout(None)
            return Chat(sock, name).run()
    except KeyboardInterrupt:
        return 0
    except (OSError, ValueError, OverflowError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1


sys.exit(main())
