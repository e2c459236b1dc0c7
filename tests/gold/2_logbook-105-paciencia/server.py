import datetime
import logging
import socket
import sys

PACIENCIA = 2.0
LARGO = 65536


def apuntar(libro, datos):
    if datos.endswith(b"\r"):
        datos = datos[:-1]
    ahora = datetime.datetime.now().strftime("%Y-%m-%dT%H:%M:%S")
    linea = ahora + " " + datos.decode("utf-8", "replace")
    libro.write(linea + "\n")
    libro.flush()
    print(linea, flush=True)


def escuchar(con, libro):
    resto = b""
    while True:
        con.settimeout(PACIENCIA)
        try:
            nuevo = con.recv(4096)
        except socket.timeout:
            nuevo = b""  # ya no quiere nada
        if nuevo == b"":
            break
        resto += nuevo
        while b"\n" in resto:
            datos, resto = resto.split(b"\n", 1)
            if len(datos) > LARGO:
                raise ValueError("demasiado larga")
            apuntar(libro, datos)
        if len(resto) > LARGO:
            raise ValueError("demasiado larga")
    if resto:
        apuntar(libro, resto)


def main():
    logging.basicConfig(level=logging.INFO)
    ip = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    puerto = sys.argv[2] if len(sys.argv) > 2 else "50007"
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    try:
        with open("logbook.txt", "a", encoding="utf-8") as libro, socket.create_server((ip, int(puerto))) as s:
            while True:
                con, quien = s.accept()
                logging.info("llega %s %s", *quien)
                with con:
                    try:
                        escuchar(con, libro)
                        logging.info("se va %s %s", *quien)
                    except (OSError, ValueError) as fallo:
                        logging.warning("perdido %s %s: %s", *quien, fallo)
    except KeyboardInterrupt:
        logging.info("fin")
    except (OSError, ValueError, OverflowError) as fallo:
        sys.exit(f"Error: {fallo}")


main()
