import socket
import sys

host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
with socket.create_connection((host, port)) as s:
    for linea in sys.stdin:
        s.sendall(linea.encode())
        respuesta = s.recv(1024)
        print("Received:", respuesta.decode(), flush=True)
