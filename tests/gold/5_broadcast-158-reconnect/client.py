"""Robust chat client: if the connection breaks, it is made again."""
import logging
import socket
import sys
import threading
import time

log = logging.getLogger("client")


class Client:
    def __init__(self, host, port):
        self.address = (host, port)
        self.sock = None
        self.stop = threading.Event()

    def connect(self):
        self.sock = socket.create_connection(self.address, timeout=2)
        self.sock.settimeout(None)
        log.info("connected to %s port %s", *self.address)

    def reader(self):
        while not self.stop.is_set():
            try:
                self.read_all()
            except OSError as error:
                log.warning("connection broken: %s", error)
            if self.stop.is_set():
                break
            # keep the user connected
            print("Connection lost, reconnecting ...", flush=True)
            time.sleep(0.5)
            try:
                self.connect()
            except OSError as error:
                log.warning("no luck: %s", error)

    def read_all(self):
        buffer = b""
        while data := self.sock.recv(4096):
            buffer += data
            *lines, buffer = buffer.split(b"\n")
            for line in lines:
                print(line.removesuffix(b"\r").decode(errors="replace"), flush=True)

    def writer(self):
        for line in sys.stdin:
            text = line.rstrip("\n")
            if text in ("{quit}", "/close"):
                break
            try:
                self.sock.sendall(text.encode() + b"\n")
            except OSError as error:
                log.warning("not sent: %s", error)
        self.stop.set()
        try:
            self.sock.sendall(b"{quit}\n")
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def run(self):
        self.connect()
        threading.Thread(target=self.writer, daemon=True).start()
        threading.Thread(target=self.reader, daemon=True).start()
        while not self.stop.wait(0.5):
            pass
        time.sleep(0.2)
        log.info("left")


def main():
    logging.basicConfig(level=logging.INFO)
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    try:
        Client(host, int(port)).run()
    except KeyboardInterrupt:
        pass
    except (OSError, ValueError, OverflowError) as error:
        sys.exit(f"Cannot connect: {error}")


main()
