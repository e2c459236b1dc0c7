import socket
import sys

ip = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
puerto = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
s = socket.socket()
s.connect((ip, puerto))
respuesta = b""
try:
    while True:
        texto = input()
        if texto == "":
            break
        datos = texto.encode()
        s.sendall(datos)
        while len(respuesta) < len(datos):
            respuesta += s.recv(1024)
        print("Recibido:", respuesta.decode(), flush=True)
except EOFError:
    pass
s.close()
