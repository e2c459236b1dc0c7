"""Cliente de eco en español, con argparse y clases: lo que vuelve se muestra como «Recibido»."""

import argparse
import logging
import socket
import sys


class Eco:
    """Una conversación con el servidor de eco."""

    def __init__(self, conexion):
        """Por esta conexión."""
        self.conexion = conexion

    def repite(self, datos):
        """Envía estos bytes y devuelve los que vuelven, tantos como ha enviado."""
        self.conexion.sendall(datos)
        piezas, faltan = [], len(datos)
        while faltan:
            pieza = self.conexion.recv(faltan)
            if not pieza:
                raise ConnectionError("el servidor se ha ido")
            piezas.append(pieza)
            faltan -= len(pieza)
        return b"".join(piezas)

    def conversa(self):
        """Hasta una línea vacía o el fin del teclado."""
        for linea in sys.stdin:
            texto = linea.rstrip("\n")
            if not texto:
                return
            print(f"Has escrito {len(texto)} letras. Recibido: {self.repite(texto.encode()).decode(errors='replace')}")


def principal():
    """Conecta y conversa."""
    logging.basicConfig(level=logging.INFO, format="{asctime} {message}", style="{")
    analizador = argparse.ArgumentParser(description="Un cliente de eco.")
    analizador.add_argument("servidor", nargs="?", default="127.0.0.1")
    analizador.add_argument("puerto", nargs="?", default="50007")
    dicho = analizador.parse_args()
    sys.stdin.reconfigure(encoding="utf-8")
    sys.stdout.reconfigure(encoding="utf-8", line_buffering=True)
    try:
        with socket.create_connection((dicho.servidor, int(dicho.puerto)), timeout=2) as conexion:
            conexion.settimeout(None)
            logging.info("conectado con %s:%s", *conexion.getpeername())
            Eco(conexion).conversa()
        logging.info("adiós")
    except KeyboardInterrupt:
        print("Hasta luego.")
    except (OSError, ValueError, OverflowError) as error:
        sys.exit(f"No puedo seguir: {error}")


principal()
