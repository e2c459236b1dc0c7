import socket
import sys
from datetime import datetime

HOST = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
PORT = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
now = datetime.now()
timestamp = now.isoformat(timespec="seconds")

s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind((HOST, PORT))
s.listen()
while True:
    conn, addr = s.accept()
    rest = b""
    while True:
        data = conn.recv(1024)
        if not data:
            break
        rest += data
        lines = rest.split(b"\n")
        for line in lines:
            entry = timestamp + " " + line.decode(errors="replace")
            with open("logbook.txt", "a", encoding="utf-8") as f:
                f.write(entry + "\n")
            print(entry, flush=True)
        rest = lines[-1]
    conn.close()
