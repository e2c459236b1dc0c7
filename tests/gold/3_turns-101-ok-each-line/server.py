import socket
import sys

host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007


def send_line(conn, text):
    conn.sendall((text + "\n").encode("utf-8"))


with socket.create_server((host, port)) as server:
    conn, addr = server.accept()

file = conn.makefile("r", encoding="utf-8", errors="replace", newline="\n")
while True:
    line = file.readline()
    if not line:
        print("lost", file=sys.stderr)
        sys.exit(1)
    line = line.rstrip("\n").removesuffix("\r")
    if line == "/close":
        print("Client closed the chat", flush=True)
        break
    # tell the client that it has arrived
    send_line(conn, "OK")
    print("Client:", line, flush=True)
    answer = sys.stdin.readline()
    if not answer:
        answer = "/close"
    answer = answer.rstrip("\n")
    send_line(conn, answer)
    if answer == "/close":
        break
conn.close()
