"""Peer chat client with a tidy screen."""
import socket
import sys
import threading

screen = threading.Lock()
over = threading.Event()


class Receiver(threading.Thread):
    def __init__(self, sock, peer_name, reader):
        super().__init__(daemon=True)
        self.sock = sock
        self.peer_name = peer_name
        self.reader = reader
        self.polite = False

    def run(self):
        for line in self.reader:
            line = line.rstrip("\n").rstrip("\r")
            if line == "/close":
                self.polite = True
                break
            with screen:  # never two threads on the screen at the same time
                print(f"{self.peer_name}: {line}", flush=True)
        over.set()


class Keyboard(threading.Thread):
    def __init__(self, sock):
        super().__init__(daemon=True)
        self.sock = sock

    def run(self):
        while not over.is_set():
            try:
                with screen:
                    text = sys.stdin.readline()
                if not text or text == "/close\n":
                    self.sock.sendall(b"/close\n")
                    break
                self.sock.sendall(text.rstrip("\n").encode() + b"\n")
            except OSError:
                break
        over.set()


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
    my_name = sys.stdin.readline().strip()
    try:
        sock = socket.create_connection((host, port), timeout=2)
    except OSError as e:
        sys.exit(f"Could not connect: {e}")
    sock.settimeout(None)
    sock.sendall(f"{my_name}\n".encode())
    reader = sock.makefile(encoding="utf-8", errors="replace", newline="\n")
    peer = reader.readline().strip()
    print("Chatting with", peer, flush=True)
    keyboard = Keyboard(sock)
    keyboard.start()
    receiver = Receiver(sock, peer, reader)
    receiver.start()
    over.wait()
    sock.shutdown(socket.SHUT_WR)
    print("The chat is over.", flush=True)


main()
