"""Cliente de charla: dos hilos ponen en una cola lo que llega y lo que se escribe; el principal decide."""

import logging
import queue
import socket
import sys
import threading

LINEA_MAXIMA = 65_536  # bytes


def leer_teclado(cola):
    """Pone en la cola cada línea escrita; el final del teclado vale como /close."""
    for linea in sys.stdin:
        cola.put(("escrito", linea.rstrip("\n")))
    cola.put(("escrito", "/close"))


def leer_conexion(conexion, cola):
    """Pone en la cola cada línea que llega y, al final, por qué no llegan más."""
    motivo = "el otro se ha ido sin despedirse"
    try:
        archivo = conexion.makefile("rb")
        while linea := archivo.readline(LINEA_MAXIMA + 1):
            if not linea.endswith(b"\n") and len(linea) > LINEA_MAXIMA:
                motivo = "línea demasiado larga"
                break
            texto = linea.removesuffix(b"\n").removesuffix(b"\r")
            cola.put(("llegado", texto.decode("utf-8", "replace")))
    except OSError as error:
        motivo = str(error)
    cola.put(("perdido", motivo))


def charlar(conexion, nombre, cola):
    """Atiende la cola hasta que uno de los dos se despide. Lanza ConnectionError si el otro se pierde."""
    conexion.sendall(f"{nombre}\n".encode())
    threading.Thread(target=leer_conexion, args=(conexion, cola), daemon=True).start()
    otro = None
    while True:
        de_donde, texto = cola.get()
        if de_donde == "perdido":
            raise ConnectionError(texto)
        if de_donde == "escrito":
            conexion.sendall(f"{texto}\n".encode())
            if texto == "/close":
                return
        elif otro is None:
            otro = texto
            print("Estás hablando con", f"\033[1m{otro}\033[0m" if sys.stdout.isatty() else otro, flush=True)
        elif texto == "/close":
            print(f"{otro} se ha despedido.", flush=True)
            return
        else:
            print(f"{otro}: {texto}", flush=True)


def llamar(anfitrion, puerto):
    """Se conecta, pregunta el nombre y habla con el servidor."""
    cola = queue.Queue()
    with socket.create_connection((anfitrion, int(puerto)), timeout=2) as conexion:
        conexion.settimeout(None)
        logging.info("conectado con %s", conexion.getpeername())
        print("¿Cómo te llamas?", flush=True)
        nombre = sys.stdin.readline().strip()
        if not nombre:
            return
        threading.Thread(target=leer_teclado, args=(cola,), daemon=True).start()
        charlar(conexion, nombre, cola)
        conexion.shutdown(socket.SHUT_RDWR)
    logging.info("charla terminada")


logging.basicConfig(level=logging.INFO)
sys.stdin.reconfigure(encoding="utf-8", errors="replace")
sys.stdout.reconfigure(encoding="utf-8", errors="replace")
argumentos = [*sys.argv[1:], *["127.0.0.1", "50007"][len(sys.argv) - 1 :]]
try:
    llamar(*argumentos)
except KeyboardInterrupt:
    logging.info("interrumpido")
except (OSError, ValueError, OverflowError) as error:
    sys.exit(f"No se puede seguir: {error}")
