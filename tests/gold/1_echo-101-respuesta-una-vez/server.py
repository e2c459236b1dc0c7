import socket
import sys


def atender(con):
    while True:
        datos = con.recv(1024)
        if not datos:
            break
        con.sendall(datos)


def main():
    ip = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    puerto = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((ip, puerto))
    s.listen()
    while True:
        con, dir = s.accept()
        print("conectado", dir, file=sys.stderr)
        atender(con)
        con.close()


main()
