import socket
import sys

PORT = int(sys.argv[1]) if len(sys.argv) > 1 else 50007
HOST = sys.argv[2] if len(sys.argv) > 2 else '127.0.0.1'

server = socket.socket()
server.bind((HOST, PORT))
server.listen(1)
while True:
    client, addr = server.accept()
    while True:
        msg = client.recv(1024)
        if not msg:
            break
        client.sendall(msg)
    client.close()
