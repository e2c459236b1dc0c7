import socket
import sys
from datetime import datetime

host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007


def entry(text):
    linea = f"[{datetime.now().strftime('%Y-%m-%d %H:%M:%S')}] {text}"
    with open("logbook.txt", "a", encoding="utf-8") as f:
        f.write(linea + "\n")
    print(linea, flush=True)


s = socket.create_server((host, port))
while True:
    conn, addr = s.accept()
    rest = b""
    while data := conn.recv(4096):
        rest += data
        while b"\n" in rest:
            line, rest = rest.split(b"\n", 1)
            entry(line.decode("utf-8", "replace"))
    if rest:
        entry(rest.decode("utf-8", "replace"))
    conn.close()
