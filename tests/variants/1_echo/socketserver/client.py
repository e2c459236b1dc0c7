"""Cliente de eco con makefile: lee tantos bytes como ha enviado. Uso: python client.py [HOST [PUERTO]]"""

import logging
import socket
import sys


def conversar(conexion):
    """Envía cada línea del teclado y muestra lo que vuelve, hasta una línea vacía o el fin del teclado."""
    with conexion.makefile("rb") as llegada:
        for linea in sys.stdin.buffer:
            datos = linea.rstrip(b"\r\n")
            if not datos:
                return
            conexion.sendall(datos)
            vuelta = llegada.read(len(datos))
            if len(vuelta) < len(datos):
                raise ConnectionError("el servidor ha terminado antes de tiempo")
            print(f"Received: {vuelta.decode(errors='replace')}", flush=True)


def main():
    """Conecta con el servidor y conversa con él."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    host, puerto = (*sys.argv[1:3], *("127.0.0.1", "50007")[len(sys.argv[1:3]) :])
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    try:
        with socket.create_connection((host, int(puerto)), timeout=2) as conexion:
            conexion.settimeout(None)
            logging.info("conectado con %s, puerto %s", host, puerto)
            conversar(conexion)
        logging.info("desconectado")
    except KeyboardInterrupt:
        logging.info("terminado con Ctrl+C")
    except (OSError, ValueError, OverflowError) as error:
        sys.exit(f"Se acabó la conversación con {host}, puerto {puerto}: {error}")


main()
