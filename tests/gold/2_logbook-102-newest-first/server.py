import socket
import sys
from datetime import datetime

host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007


def save(entry):
    try:
        with open("logbook.txt", "r", encoding="utf-8") as f:
            old = f.read()
    except FileNotFoundError:
        old = ""
    with open("logbook.txt", "w", encoding="utf-8") as f:
        f.write(entry + "\n" + old)


with socket.create_server((host, port)) as server:
    while True:
        conn, addr = server.accept()
        print("new client", addr, file=sys.stderr)
        with conn:
            buf = b""
            while chunk := conn.recv(4096):
                buf += chunk
                while b"\n" in buf:
                    line, buf = buf.split(b"\n", 1)
                    entry = f"{datetime.now():%Y-%m-%dT%H:%M:%S} {line.decode(errors='replace').rstrip(chr(13))}"
                    save(entry)
                    print(entry, flush=True)
            if buf:
                entry = f"{datetime.now():%Y-%m-%dT%H:%M:%S} {buf.decode(errors='replace')}"
                save(entry)
                print(entry, flush=True)
