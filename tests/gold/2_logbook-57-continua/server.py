import socket
import sys
from datetime import datetime

host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007

server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind((host, port))
server.listen(1)

while True:
    client, addr = server.accept()
    print("connected:", addr, file=sys.stderr)
    buffer = ""
    while True:
        data = client.recv(1024).decode("utf-8", errors="replace")
        buffer += data
        if "\n" not in buffer:
            continue
        lines = buffer.split("\n")
        buffer = lines.pop()
        for line in lines:
            entry = datetime.now().isoformat(timespec="seconds") + " " + line
            with open("logbook.txt", "a", encoding="utf-8") as f:
                f.write(entry + "\n")
            print(entry, flush=True)
