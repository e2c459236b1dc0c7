import socket
import select
import sys

HOST = sys.argv[1] if len(sys.argv) > 1 else '127.0.0.1'
PORT = int(sys.argv[2]) if len(sys.argv) > 2 else 50007

server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind((HOST, PORT))
server.listen(5)
inputs = [server]

try:
    while inputs:
        readable, _, _ = select.select(inputs, [], [])
        for s in readable:
            if s is server:
                client, address = s.accept()
                inputs.append(client)
            else:
                data = s.recv(1024)
                if data:
                    s.sendall(data)
                else:
                    inputs.remove(s)
except KeyboardInterrupt:
    pass
