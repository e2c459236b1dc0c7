import socket
import sys
from datetime import datetime


class Bitacora:
    pendiente = b""          # lo que todavía no es una línea

    def __init__(self, nombre):
        self.fichero = open(nombre, "a", encoding="utf-8")

    def entrada(self, datos):
        texto = datos.removesuffix(b"\r").decode("utf-8", errors="replace")
        e = f"{datetime.now().isoformat(timespec='seconds')} {texto}"
        print(e, file=self.fichero, flush=True)
        print(e, flush=True)

    def recibe(self, datos):
        self.pendiente += datos
        while b"\n" in self.pendiente:
            linea, self.pendiente = self.pendiente.split(b"\n", 1)
            self.entrada(linea)

    def fin(self):
        if self.pendiente:
            self.entrada(self.pendiente)


def principal():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    puerto = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
    bitacora = Bitacora("logbook.txt")
    escucha = socket.create_server((host, puerto))
    while True:
        con, quien = escucha.accept()
        print("llega", quien, file=sys.stderr)
        try:
            while True:
                datos = con.recv(4096)
                if not datos:
                    break
                bitacora.recibe(datos)
            bitacora.fin()
        except OSError as error:
            print("perdido", quien, error, file=sys.stderr)
        con.close()


try:
    principal()
except KeyboardInterrupt:
    pass
