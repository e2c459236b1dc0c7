import socket
import sys

host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
cliente = socket.socket()
cliente.connect((host, port))
mensaje = input()
while mensaje != "":
    cliente.send(mensaje.encode())
    respuesta = cliente.recv(1024)
    print("Received:", respuesta.decode(), flush=True)
cliente.close()
