import socket
import sys
from datetime import datetime

host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007


def anotar(texto):
    ahora = datetime.now().isoformat(timespec="seconds")
    with open("logbook.txt", "a", encoding="utf-8") as f:
        f.write(f"{ahora} {texto}")
    print(ahora, texto, flush=True)


with socket.create_server((host, port)) as srv:
    while True:
        conn, _ = srv.accept()
        rest = b""
        while data := conn.recv(1024):
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                anotar(line.decode("utf-8", "replace").rstrip("\r"))
        if rest:
            anotar(rest.decode("utf-8", "replace"))
        conn.close()
