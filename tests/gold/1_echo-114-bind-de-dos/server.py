import socket, sys

# servidor de eco, practica 1
if len(sys.argv) > 1:
    anfitrion = sys.argv[1]
else:
    anfitrion = "127.0.0.1"
if len(sys.argv) > 2:
    puerto = int(sys.argv[2])
else:
    puerto = 50007

try:
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(anfitrion, puerto)
    s.listen()
    while True:
        c, d = s.accept()
        print("Conectado", d)
        while True:
            datos = c.recv(1024)
            if not datos:
                break
            c.send(datos)
        c.close()
except Exception as error:
    print("Error:", error)
