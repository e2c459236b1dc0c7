import socket
import sys

host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007

server = socket.create_server((host, port))
name = input("Your name: ")
conn, addr = server.accept()
f = conn.makefile("rw", encoding="utf-8", newline="\n")
while True:
    line = f.readline()
    if not line or line.endswith("/close\n"):
        print("chat closed", flush=True)
        break
    print("Client:", line.rstrip("\n"), flush=True)
    msg = input()
    f.write(f"{name}: {msg}\n")
    f.flush()
    if msg == "/close":
        break
conn.close()
