"""Servidor de eco con socketserver: un cliente tras otro. Uso: python server.py [HOST [PUERTO]]"""

import logging
import os
import socketserver
import sys


class Eco(socketserver.BaseRequestHandler):
    """Una conversación."""

    def handle(self):
        """Devuelve todo lo que llega, hasta que el cliente termina."""
        logging.info("%s puerto %s: conectado", *self.client_address)
        while datos := self.request.recv(2048):
            self.request.sendall(datos)
        logging.info("%s puerto %s: se ha ido", *self.client_address)


class Servidor(socketserver.TCPServer):
    """Un servidor que sigue aunque se pierda un cliente."""

    allow_reuse_address = os.name != "nt"  # en Windows, dos servidores compartirían el puerto

    def handle_error(self, request, client_address):
        """Apunta por qué ha terminado esta conversación."""
        logging.warning("%s puerto %s: perdido (%s)", *client_address, sys.exc_info()[1])


def main():
    """Atiende hasta Ctrl+C."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    host, puerto = (*sys.argv[1:3], *("127.0.0.1", "50007")[len(sys.argv[1:3]) :])
    try:
        with Servidor((host, int(puerto)), Eco) as servidor:
            servidor.serve_forever()
    except KeyboardInterrupt:
        logging.info("terminado con Ctrl+C")
    except (OSError, ValueError, OverflowError) as error:
        sys.exit(f"No es posible escuchar en {host}, puerto {puerto}: {error}")


main()
