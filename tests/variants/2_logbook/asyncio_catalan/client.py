"""Client del diari: envia el que es tecleja tal com ve, byte per byte; les línies ja porten el seu final."""

import logging
import os
import socket
import sys


def main(host="127.0.0.1", port="50007"):
    """Envia el que es tecleja, fins al final del teclat."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    try:
        connexió = socket.create_connection((host, int(port)), timeout=2)
        connexió.settimeout(None)
        logging.info("connectat a %s, port %s", host, port)
        with connexió:
            while dades := os.read(sys.stdin.fileno(), 4096):
                connexió.sendall(dades)
        logging.info("adeu")
    except KeyboardInterrupt:
        logging.info("aturat")
    except (OSError, ValueError, OverflowError) as error:
        sys.exit(f"No es pot continuar: {error}")


if __name__ == "__main__":
    main(*sys.argv[1:])
