import socket
import sys

HOST = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
PUERTO = int(sys.argv[2]) if len(sys.argv) > 2 else 50007

servidor = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
servidor.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
servidor.bind((HOST, PUERTO))
servidor.listen(1)
print("Esperando al cliente...", flush=True)
conexion, direccion = servidor.accept()
print("Conectado", direccion, flush=True)
entrada = conexion.makefile("r", encoding="utf-8", errors="replace")

while True:
    linea = entrada.readline()
    if linea == "":
        print("Se ha ido", flush=True)
        sys.exit(1)
    mensaje = linea.rstrip("\n")
    if mensaje == "/close":
        print("El cliente ha cerrado la conversación", flush=True)
        break
    print("Cliente:", mensaje, flush=True)
    try:
        respuesta = input()
    except EOFError:
        respuesta = "/close"
    conexion.sendall((respuesta + "/n").encode("utf-8"))
    if respuesta == "/close":
        break

conexion.close()
servidor.close()
