import socket
import sys

host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
s = socket.create_connection((host, port))
while True:
    try:
        msg = input()
    except EOFError:
        break
    if not msg:
        break
    data = msg.encode()
    s.sendall(data)
    vuelta = b""
    while len(vuelta) < len(data):
        vuelta += s.recv(1024)
    print("Dal server:", vuelta.decode(), flush=True)
s.close()
