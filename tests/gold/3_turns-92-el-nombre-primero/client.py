import socket
import sys

host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007

name = input("Your name: ")
sock = socket.create_connection((host, port))
f = sock.makefile("rw", encoding="utf-8", newline="\n")
while True:
    msg = input()
    f.write(f"{name}: {msg}\n")
    f.flush()
    if msg == "/close":
        break
    line = f.readline()
    if not line or line.endswith("/close\n"):
        print("chat closed", flush=True)
        break
    print("Server:", line.rstrip("\n"), flush=True)
sock.close()
