import logging
import socket
import sys
import threading

logging.basicConfig(level=logging.INFO)


class Client:
    def __init__(self, host, port):
        self.sock = socket.create_connection((host, port), timeout=2)
        self.sock.settimeout(None)
        logging.info("connected to %s %s", host, port)

    def receive(self):
        rest = b""
        while True:
            try:
                data = self.sock.recv(4096)
            except OSError as e:
                print("Server lost:", e, file=sys.stderr)
                sys.exit(1)
            if not data:
                print("Server closed the chat", flush=True)
                sys.exit(0)
            rest += data
            *lines, rest = rest.split(b"\n")
            for line in lines:
                print(line.rstrip(b"\r").decode("utf-8", "replace"), flush=True)

    def run(self):
        t = threading.Thread(target=self.receive)
        t.daemon = True
        t.start()
        while True:
            try:
                text = input()
            except EOFError:
                text = "{quit}"
            try:
                self.sock.sendall(text.encode() + b"\n")
            except OSError:
                sys.exit("cannot send any more")
            if text in ("{quit}", "/close"):
                logging.info("left")
                break


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    try:
        Client(host, int(port)).run()
    except KeyboardInterrupt:
        logging.info("stopped")
    except (OSError, ValueError, OverflowError) as e:
        sys.exit(f"Could not connect: {e}")


main()
