import socket
import sys
from datetime import datetime

host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
with socket.create_server((host, port)) as server:
    while True:
        conn, addr = server.accept()
        with conn, conn.makefile("r", encoding="utf-8", errors="replace") as lines:
            for line in lines:
                user, text, rest = line.rstrip("\n").split(" ", 2)
                now = datetime.now().isoformat(timespec="seconds")
                with open("logbook.txt", "a", encoding="utf-8") as f:
                    f.write(f"{now} {user} {text} {rest}\n")
                print(f"{now} {user} {text} {rest}", flush=True)
