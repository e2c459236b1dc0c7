import socket
import sys
from datetime import datetime

host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007

with socket.create_server((host, port)) as srv:
    while True:
        conn, _ = srv.accept()
        rest = b""
        while True:
            data = conn.recv(1024)
            if not data:
                break
            rest += data
            while b"\n" in rest:
                line, rest = rest.split(b"\n", 1)
                text = str(line)[2:-1]
                entry = datetime.now().isoformat(timespec="seconds") + " " + text
                with open("logbook.txt", "a", encoding="utf-8") as f:
                    f.write(entry + "\n")
                print(entry, flush=True)
        conn.close()
