import socket
import sys
import datetime


class Logbook:
    def __init__(self, path):
        self.file = open(path, "x")

    def add(self, text):
        entry = f"{datetime.datetime.now().isoformat(timespec='seconds')} {text}"
        print(entry, flush=True)
        self.file.write(entry + "\n")
        self.file.flush()


class Server:
    def __init__(self, host, port):
        self.logbook = Logbook("logbook.txt")
        self.sock = socket.socket()
        self.sock.bind((host, port))
        self.sock.listen()

    def run(self):
        while True:
            conn, addr = self.sock.accept()
            reader = conn.makefile("r", encoding="utf-8", errors="replace")
            for line in reader:
                line = line.strip("\n")
                if not line:
                    break
                self.logbook.add(line)
            reader.close()
            conn.close()


host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
try:
    Server(host, port).run()
except KeyboardInterrupt:
    print("bye")
