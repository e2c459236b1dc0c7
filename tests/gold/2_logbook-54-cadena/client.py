import socket
import sys

host = "127.0.0.1"
puerto = 50007
if len(sys.argv) > 1:
    host = sys.argv[1]
if len(sys.argv) > 2:
    puerto = int(sys.argv[2])

cliente = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
cliente.connect((host, puerto))
while True:
    try:
        mensaje = input("> ")
    except EOFError:
        break
    cliente.send(mensaje + "\n")
cliente.close()
