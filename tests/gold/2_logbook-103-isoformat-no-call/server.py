import socket
import sys
from datetime import datetime

HOST = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
PORT = int(sys.argv[2]) if len(sys.argv) > 2 else 50007


def log_line(text):
    now = datetime.now().replace(microsecond=0)
    entry = f"{now.isoformat} {text}"
    with open("logbook.txt", "a", encoding="utf-8") as f:
        f.write(entry + "\n")
    print(entry, flush=True)


with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((HOST, PORT))
    s.listen()
    while True:
        conn, addr = s.accept()
        with conn:
            buffer = b""
            while True:
                data = conn.recv(1024)
                if not data:
                    break
                buffer += data
                while b"\n" in buffer:
                    line, buffer = buffer.split(b"\n", 1)
                    log_line(line.decode(errors="replace").rstrip("\r"))
            if buffer:
                log_line(buffer.decode(errors="replace"))
