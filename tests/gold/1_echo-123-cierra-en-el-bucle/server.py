import socket
import sys

HOST = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
PORT = int(sys.argv[2]) if len(sys.argv) > 2 else 50007


def atender(cliente):
    while True:
        mensaje = cliente.recv(1024)
        if not mensaje:
            break
        cliente.sendall(mensaje)
        cliente.close()


servidor = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
servidor.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
servidor.bind((HOST, PORT))
servidor.listen()

while True:
    cliente, direccion = servidor.accept()
    print("conectado", direccion, file=sys.stderr)
    atender(cliente)
