import socket
import sys
from datetime import datetime


class LogbookServer:
    def __init__(self, host, port):
        self.address = (host, port)
        self.entries = []

    def save(self):
        with open("logbook.txt", "a", encoding="utf-8") as f:
            f.writelines(entry + "\n" for entry in self.entries)
        self.entries.clear()

    def serve_client(self, conn):
        with conn, conn.makefile("rb") as lines:
            for raw in lines:
                text = raw.decode("utf-8", errors="replace").rstrip("\r\n")
                entry = datetime.now().isoformat(timespec="seconds") + " " + text
                self.entries.append(entry)
                print(entry, flush=True)
        self.save()

    def serve_forever(self):
        with socket.create_server(self.address) as s:
            while True:
                conn, addr = s.accept()
                self.serve_client(conn)


if __name__ == "__main__":
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
    LogbookServer(host, port).serve_forever()
