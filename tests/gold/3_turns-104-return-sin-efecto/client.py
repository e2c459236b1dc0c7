import socket
import sys


def enviar(s):
    linea = sys.stdin.readline()
    if not linea:
        linea = "/close\n"
    s.sendall(linea.encode())
    if linea == "/close\n":
        s.close()
        sys.exit(0)


def recibir(f):
    linea = f.readline()
    if not linea:
        print("El servidor se ha ido", file=sys.stderr)
        sys.exit(1)
    linea = linea.decode(errors="replace").rstrip("\n")
    if linea == "/close":
        print("El servidor ha cerrado la conversación", flush=True)
        return
    print("Servidor:", linea, flush=True)


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    puerto = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
    s = socket.create_connection((host, puerto))
    f = s.makefile("rb")
    while True:
        enviar(s)
        recibir(f)


main()
