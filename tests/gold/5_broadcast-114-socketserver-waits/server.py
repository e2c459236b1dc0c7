"""Chat with socketserver."""
import socket
import socketserver
import sys
import threading


class Chat:
    lock = threading.Lock()
    people = {}

    @classmethod
    def tell(cls, text, but=None):
        for handler in list(cls.people):
            if handler is not but:
                handler.write(text)


class Handler(socketserver.StreamRequestHandler):
    def write(self, text):
        try:
            self.request.sendall(text.encode() + b"\n")
        except OSError:
            try:
                self.request.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def handle(self):
        print("connected", self.client_address, file=sys.stderr)
        self.write("Hello, who is there?")
        name = None
        try:
            for raw in self.rfile:
                line = raw.rstrip(b"\r\n").decode("utf-8", "replace")
                if line in ("{quit}", "/close"):
                    break
                if name is None:
                    line = line.strip()
                    if not (0 < len(line) <= 32 and line.isprintable()):
                        self.write("Who?")
                        continue
                    with Chat.lock:
                        if len(Chat.people) >= self.server.places:
                            self.write("No more places")
                            return
                        name = line
                        Chat.tell(f"{name} enters")
                        self.write(f"Welcome {name}! {{quit}} to go")
                        Chat.people[self] = name
                elif line:
                    with Chat.lock:
                        Chat.tell(f"{name}: {line}", self)
        except OSError as error:
            print("lost", self.client_address, error, file=sys.stderr)
        if name is not None:
            with Chat.lock:
                del Chat.people[self]
                Chat.tell(f"{name} leaves")
        print("left", self.client_address, file=sys.stderr)


class Server(socketserver.ThreadingTCPServer):
    request_queue_size = 200


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    places = sys.argv[3] if len(sys.argv) > 3 else "100"
    try:
        server = Server((host, int(port)), Handler)
        server.places = int(places)
    except (OSError, ValueError, OverflowError) as error:
        sys.exit(f"Can't start: {error}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        for line in sys.stdin:
            if line.strip() == "/close":
                break
            print("use /close", flush=True)
        else:
            threading.Event().wait()
    except KeyboardInterrupt:
        pass
    with Chat.lock:
        Chat.tell("the chat is closed")
    server.shutdown()
    server.server_close()


main()
