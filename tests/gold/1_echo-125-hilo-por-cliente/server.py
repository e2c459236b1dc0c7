import logging
import socket
import sys
from threading import Thread


class Cliente(Thread):
    def __init__(self, conexion, quien):
        super().__init__(daemon=True)
        self.conexion = conexion
        self.quien = quien

    def run(self):
        logging.info("entra %s:%s", *self.quien)
        try:
            while True:
                trozo = self.conexion.recv(2048)
                if trozo == b"":
                    break
                self.conexion.sendall(trozo)
            logging.info("sale %s:%s", *self.quien)
        except OSError as fallo:
            logging.warning("se pierde %s:%s: %s", *self.quien, fallo)
        self.conexion.close()


def main():
    logging.basicConfig(level=logging.INFO)
    ip = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    puerto = sys.argv[2] if len(sys.argv) > 2 else "50007"
    try:
        with socket.create_server((ip, int(puerto))) as servidor:
            while True:
                Cliente(*servidor.accept()).start()
    except KeyboardInterrupt:
        logging.info("fin")
    except (OSError, ValueError, OverflowError) as fallo:
        sys.exit(f"Error: {fallo}")


main()
