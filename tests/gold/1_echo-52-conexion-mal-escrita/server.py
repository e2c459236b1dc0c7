import socket
import sys

HOST = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
PORT = int(sys.argv[2]) if len(sys.argv) > 2 else 50007


def atender(conexion):
    while True:
        datos = conexion.recv(1024)
        if not datos:
            break
        conexion.sendall(dato)


servidor = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
servidor.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
servidor.bind((HOST, PORT))
servidor.listen()
print("Servidor escuchando en", PORT)
while True:
    conexion, direccion = servidor.accept()
    print("Nuevo cliente", direccion)
    atender(conexion)
    conexion.close()
