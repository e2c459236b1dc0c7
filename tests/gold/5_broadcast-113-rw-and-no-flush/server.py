import queue
import socket
import sys
import threading


class Participant(threading.Thread):
    everyone = []
    lock = threading.Lock()

    def __init__(self, sock, limit):
        super().__init__(daemon=True)
        self.sock = sock
        self.limit = limit
        self.file = sock.makefile("rw", encoding="utf-8", errors="replace", newline="\n")
        self.name_ = None
        self.box = queue.Queue()

    def deliver(self):
        """the thread which writes"""
        while True:
            text = self.box.get()
            if text is None:
                break
            try:
                self.file.write(text + "\n")
            except OSError:
                break

    def tell_others(self, text):
        with Participant.lock:
            for other in Participant.everyone:
                if other is not self:
                    other.box.put(text)

    def run(self):
        threading.Thread(target=self.deliver, daemon=True).start()
        self.box.put("Hello! Please tell me your name")
        try:
            for line in self.file:
                line = line.rstrip("\r\n")
                if line == "{quit}" or line == "/close":
                    break
                if self.name_ is None:
                    if 1 <= len(line.strip()) <= 32:
                        if len(Participant.everyone) >= self.limit:
                            self.box.put("Sorry, full")
                            break
                        self.name_ = line.strip()
                        self.tell_others(f"{self.name_} joined")
                        with Participant.lock:
                            Participant.everyone.append(self)
                        self.box.put(f"Hi {self.name_}! Leave with {{quit}}")
                    else:
                        self.box.put("This is not a name")
                elif line:
                    self.tell_others(f"{self.name_}: {line}")
        except OSError:
            pass
        if self.name_ is not None:
            with Participant.lock:
                Participant.everyone.remove(self)
            self.tell_others(f"{self.name_} left")
        self.box.put(None)
        self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()


def acceptor(server, limit):
    while True:
        sock, addr = server.accept()
        print(addr, "connected", file=sys.stderr)
        Participant(sock, limit).start()


host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
limit = int(sys.argv[3]) if len(sys.argv) > 3 else 100
try:
    server = socket.create_server((host, port))
    threading.Thread(target=acceptor, args=(server, limit), daemon=True).start()
    threading.Event().wait()
except KeyboardInterrupt:
    pass
except OSError as e:
    sys.exit(f"Trouble {e}")
