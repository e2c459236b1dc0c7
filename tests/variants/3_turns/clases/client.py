"""Cliente por turnos, con clases y argparse; lo que dice el servidor se muestra con su dirección delante."""

import argparse
import logging
import socket
import sys

MAXIMO = 65_536  # bytes de una línea


class Perdido(Exception):
    """El otro se ha ido sin despedirse."""


class Lineas:
    """Las líneas que llegan por una conexión."""

    def __init__(self, conexion):
        """Todavía no ha llegado nada."""
        self.conexion = conexion
        self.resto = bytearray()

    def siguiente(self):
        """Espera la línea siguiente."""
        while (final := self.resto.find(b"\n")) < 0:
            if len(self.resto) > MAXIMO + 1:
                raise Perdido("la línea es demasiado larga")
            datos = self.conexion.recv(16_384)
            if not datos:
                raise Perdido("el otro se ha ido sin despedirse")
            self.resto += datos
        linea = bytes(self.resto[:final]).removesuffix(b"\r")
        del self.resto[: final + 1]
        if len(linea) > MAXIMO:
            raise Perdido("la línea es demasiado larga")
        return linea.decode(errors="replace")


class Charla:
    """Una conversación; primero hablamos nosotros."""

    def __init__(self, conexion, quien):
        """`quien`: lo que se muestra delante de sus palabras."""
        self.conexion = conexion
        self.lineas = Lineas(conexion)
        self.quien = quien

    def escucha(self):
        """Muestra lo que dice el otro; devuelve si la charla sigue."""
        texto = self.lineas.siguiente()
        if texto == "/close":
            print("Se ha despedido.", flush=True)
            return False
        print(f"{self.quien} dice: {texto}", flush=True)
        return True

    def habla(self):
        """Envía lo que se escribe; devuelve si la charla sigue."""
        print("¿Qué dices? ", end="", flush=True)
        texto = (sys.stdin.readline() or "/close").rstrip("\n")
        self.conexion.sendall(texto.encode() + b"\n")
        return texto != "/close"

    def sigue(self):
        """Hasta que uno de los dos se despide."""
        while self.habla() and self.escucha():
            pass


def principal():
    """Habla con un servidor. Devuelve lo que ha ido mal."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    analizador = argparse.ArgumentParser()
    analizador.add_argument("servidor", nargs="?", default="127.0.0.1")
    analizador.add_argument("puerto", nargs="?", default="50007")
    dicho = analizador.parse_args()
    sys.stdin.reconfigure(encoding="utf-8")
    sys.stdout.reconfigure(encoding="utf-8")
    try:
        with socket.create_connection((dicho.servidor, int(dicho.puerto)), timeout=2) as conexion:
            conexion.settimeout(None)
            logging.info("estoy con %s:%s", dicho.servidor, dicho.puerto)
            Charla(conexion, dicho.servidor).sigue()
        logging.info("me voy")
    except KeyboardInterrupt:
        return None
    except (OSError, ValueError, OverflowError, Perdido) as problema:
        return f"Se acabó: {problema}"


sys.exit(principal())
