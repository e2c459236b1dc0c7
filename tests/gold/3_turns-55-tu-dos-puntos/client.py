import socket
import sys

host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
puerto = int(sys.argv[2]) if len(sys.argv) > 2 else 50007

cliente = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
cliente.connect((host, puerto))
pregunta = "Tú: "

while True:
    mensaje = input(pregunta)
    cliente.send((mensaje + "\n").encode())
    if mensaje == "/close":
        break
    recibido = cliente.recv(1024).decode()
    if recibido == "":
        print("El servidor se ha caído", file=sys.stderr)
        sys.exit(1)
    recibido = recibido.rstrip("\n")
    if recibido == "/close":
        print("El servidor se ha despedido", flush=True)
        break
    pregunta = "Server: " + recibido + " -> Tú: "

cliente.close()
