"""Cliente por turnos, hecho a mano: lee byte a byte hasta el final de la línea."""

import logging
import signal
import socket
import sys

MAXIMO = 65536  # bytes de una línea


def leer_linea(conexion):
    """Devuelve la línea que llega, o None si el servidor ya no está."""
    linea = bytearray()
    while (byte := conexion.recv(1)) != b"\n":
        if byte == b"":
            return None
        linea += byte
        if len(linea) > MAXIMO:
            raise ValueError("la línea del servidor es demasiado larga")
    if linea.endswith(b"\r"):
        del linea[-1]
    return str(linea, "utf-8", "replace")


def leer_teclado():
    """Devuelve lo que se escribe; el final de la entrada es una despedida."""
    try:
        return input("Tú> ")
    except EOFError:
        return "/close"


def conversar(conexion):
    """Habla y escucha por turnos; devuelve True si alguien se ha despedido."""
    while True:
        pregunta = leer_teclado()
        conexion.sendall((pregunta + "\n").encode("utf-8"))
        if pregunta == "/close":
            return True
        mensaje = leer_linea(conexion)
        if mensaje is None:
            return False
        if mensaje == "/close":
            print("El servidor se ha despedido.")
            return True
        print("Server: " + mensaje)
        sys.stdout.flush()


def principal():
    """Mantiene una conversación. Devuelve el código de salida."""
    logging.basicConfig(level=logging.DEBUG, format="%(levelname)s: %(message)s")
    try:
        servidor = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
        puerto = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
        conexion = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        conexion.settimeout(2)
        conexion.connect((servidor, puerto))
        conexion.settimeout(None)
        logging.debug("conectado con %s:%d", servidor, puerto)
        bien = conversar(conexion)
        conexion.close()
    except (OSError, OverflowError, ValueError) as error:
        print("Lo siento:", error, file=sys.stderr)
        return 1
    if not bien:
        print("Se ha perdido la conexión con el servidor.", file=sys.stderr)
        return 1
    logging.debug("fin de la conversación")
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    sys.stdout.reconfigure(encoding="utf-8")
    sys.stderr.reconfigure(encoding="utf-8")
    sys.exit(principal())
