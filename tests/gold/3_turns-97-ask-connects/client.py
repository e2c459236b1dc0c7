import socket
import sys

host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007


def ask(text):
    with socket.create_connection((host, port)) as sock:
        stream = sock.makefile("rw", encoding="utf-8", newline="\n")
        stream.write(text + "\n")
        stream.flush()
        return stream.readline().rstrip("\n")


for line in sys.stdin:
    line = line.rstrip("\n")
    answer = ask(line)
    if line == "/close" or answer == "/close":
        break
    print("Server:", answer, flush=True)
