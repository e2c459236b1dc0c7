import socket
import sys

my_turn = True
running = True
buffer = b""


def read_line(sock):
    global buffer
    while b"\n" not in buffer:
        data = sock.recv(1024)
        if not data:
            return None
        buffer += data
    line, buffer = buffer.split(b"\n", 1)
    return line.decode(errors="replace").rstrip("\r")


def step(sock):
    global running
    if my_turn:
        line = sys.stdin.readline()
        text = line.rstrip("\n") if line else "/close"
        sock.sendall((text + "\n").encode())
        if text == "/close":
            running = False
    else:
        text = read_line(sock)
        if text is None:
            print("Server lost", file=sys.stderr)
            sys.exit(1)
        if text == "/close":
            print("Server said goodbye", flush=True)
            running = False
        else:
            print("Server:", text, flush=True)
    my_turn = not my_turn


host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
sock = socket.socket()
sock.connect((host, port))
while running:
    step(sock)
sock.close()
