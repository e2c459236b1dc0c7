import socket
import sys
import threading

host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
puerto = int(sys.argv[2]) if len(sys.argv) > 2 else 50007


def recibir(sock):
    fichero = sock.makefile("r", encoding="utf-8", errors="replace")
    otro = fichero.readline().strip()
    print("Conectado con", otro, flush=True)
    for linea in fichero:
        linea = linea.rstrip("\n")
        if linea == "/close":
            print(otro, "se va", flush=True)
            break
        print(otro + ": " + linea, flush=True)


nombre = input("Nombre: ")
sock = socket.create_connection((host, puerto))
sock.sendall((nombre + "\n").encode())

hilo = threading.Thread(target=recibir(sock))
hilo.start()

while True:
    try:
        texto = input()
    except EOFError:
        texto = "/close"
    sock.sendall((texto + "\n").encode())
    if texto == "/close":
        break
sock.close()
