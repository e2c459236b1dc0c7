import socket
import sys
from datetime import datetime

HOST = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
PORT = int(sys.argv[2]) if len(sys.argv) > 2 else 50007


def apuntar(texto):
    hora = datetime.now().isoformat(timespec="seconds")
    with open("logbook.txt", "a", encoding="utf-8") as f:
        f.write(hora + " " + texto + "\n")
    print(hora, texto, flush=True)


s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind((HOST, PORT))
s.listen()
while True:
    conn, addr = s.accept()
    try:
        buffer = ""
        while True:
            datos = conn.recv(1024)
            if not datos:
                break
            buffer += datos
            lineas = buffer.split("\n")
            for linea in lineas[:-1]:
                apuntar(linea)
            buffer = lineas[-1]
        if buffer:
            apuntar(buffer)
    except:
        pass
    conn.close()
