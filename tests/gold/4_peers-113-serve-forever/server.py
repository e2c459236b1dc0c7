import socketserver
import sys
import threading


class ChatHandler(socketserver.StreamRequestHandler):
    def handle(self):
        self.finished = threading.Event()
        self.wfile.write((MY_NAME + "\n").encode())
        typing = threading.Thread(target=self.keyboard, daemon=True)
        typing.start()
        name = self.rfile.readline().decode("utf-8", "replace").rstrip("\r\n")
        print("Connected to", name, flush=True)
        for raw in self.rfile:
            text = raw.decode("utf-8", "replace").rstrip("\r\n")
            if text == "/close":
                print(name, "has left the chat", flush=True)
                break
            print(f"{name}: {text}", flush=True)
        self.finished.set()

    def keyboard(self):
        for line in sys.stdin:
            text = line.rstrip("\n")
            if text == "/close" or self.finished.is_set():
                break
            self.wfile.write((text + "\n").encode())
        self.wfile.write(b"/close\n")
        self.finished.set()


class ChatServer(socketserver.TCPServer):
    allow_reuse_address = True


if __name__ == "__main__":
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    HOST = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    PORT = sys.argv[2] if len(sys.argv) > 2 else "50007"
    MY_NAME = sys.stdin.readline().strip()
    if MY_NAME:
        try:
            with ChatServer((HOST, int(PORT)), ChatHandler) as server:
                server.serve_forever()
        except KeyboardInterrupt:
            print("stopped", file=sys.stderr)
        except (OSError, ValueError, OverflowError) as error:
            print("Error:", error, file=sys.stderr)
            sys.exit(1)
