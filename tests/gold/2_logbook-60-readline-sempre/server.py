import socket
import sys
from datetime import datetime


class Servidor:
    def __init__(self, maquina, port):
        self.porta = socket.create_server((maquina, port))
        self.llibre = open("logbook.txt", "a", encoding="utf-8")

    def anota(self, text):
        entrada = f"{datetime.now().isoformat(timespec='seconds')} {text}"
        print(entrada, file=self.llibre, flush=True)
        print(entrada, flush=True)

    def atendre(self, conn):
        lector = conn.makefile("r", encoding="utf-8", errors="replace", newline="\n")
        while True:
            linia = lector.readline().rstrip("\r\n")
            if linia:
                self.anota(linia)

    def corre(self):
        while True:
            conn, _ = self.porta.accept()
            try:
                self.atendre(conn)
            except OSError:
                pass
            conn.close()


def main():
    maquina = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    try:
        Servidor(maquina, int(port)).corre()
    except KeyboardInterrupt:
        pass
    except (OSError, ValueError, OverflowError) as error:
        sys.exit(f"Error: {error}")


main()
