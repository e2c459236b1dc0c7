import socket
import sys


def recv_line(sock):
    """Receive until the newline."""
    buffer = b""
    while not buffer.endswith(b"\n"):
        chunk = sock.recv(1024)
        if not chunk:
            break
        buffer += chunk
    return buffer.decode()


host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007

with socket.socket() as sock:
    sock.connect((host, port))
    while True:
        try:
            message = input()
        except EOFError:
            break
        if not message:
            break
        sock.sendall(message.encode())
        print("Received:", recv_line(sock), flush=True)
