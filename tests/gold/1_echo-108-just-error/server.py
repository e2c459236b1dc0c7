import socket
import sys

try:
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else 50007
    server = socket.socket()
    server.bind((host, port))
    server.listen()
    while True:
        conn, addr = server.accept()
        while True:
            data = conn.recv(1024)
            if not data:
                break
            conn.sendall(data)
        conn.close()
except:
    print("Error")
