import socket
import sys

host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
sock = socket.create_connection((host, port))
pending = b""


def get_line():
    global pending
    while b"\n" not in pending:
        data = sock.recv(1024)
        if not data:
            return None
        pending += data
    line, _, pending = pending.partition(b"\n")
    return line.decode()


while True:
    text = input("You: ").strip()
    if not text:
        continue
    sock.sendall(text.encode() + b"\n")
    if text.lower() == "/close":
        break
    reply = get_line()
    if reply is None or reply == "/close":
        print("Server left")
        break
    print("Server:", reply, flush=True)
sock.close()
