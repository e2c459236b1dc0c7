import socket
import sys

host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007


def type_line():
    line = sys.stdin.readline()
    return line.rstrip("\n") if line else "/close"



sock = socket.create_connection((host, port))
reader = sock.makefile("r", encoding="utf-8", errors="replace", newline="\n")
while True:
    text = type_line()
    if text == "/close":
        sock.sendall(b"/close")
        break
    sock.sendall(text.encode() + b"\n")
    line = reader.readline()
    if line == "":
        print("connection lost", file=sys.stderr)
        sys.exit(1)
    line = line.rstrip("\r\n")
    if line == "/close":
        print("The server has left", flush=True)
        break
    print("Server:", line, flush=True)
sock.close()
