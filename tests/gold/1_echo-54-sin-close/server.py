import socket
import sys

# Servidor de eco
host = "127.0.0.1"
puerto = 50007
if len(sys.argv) > 1:
    host = sys.argv[1]
if len(sys.argv) > 2:
    puerto = int(sys.argv[2])

s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind((host, puerto))
s.listen(1)
clientes = []

while True:
    c, addr = s.accept()
    clientes.append(c)
    print("Conectado:", addr)
    while True:
        data = c.recv(1024)
        if not data:
            print("Se fue:", addr)
            break
        c.sendall(data)
