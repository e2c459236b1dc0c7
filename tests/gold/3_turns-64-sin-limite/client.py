import socket
import sys


def dialogo(sock):
    lector = sock.makefile("r", encoding="utf-8", errors="replace", newline="\n")
    while True:
        linea = sys.stdin.readline()
        if linea == "":
            linea = "/close\n"
        if not linea.endswith("\n"):
            linea += "\n"
        sock.sendall(linea.encode("utf-8"))
        if linea == "/close\n":
            return
        respuesta = lector.readline(65537)
        if not respuesta:
            raise ConnectionError("el servidor ha cerrado sin avisar")
        if not respuesta.endswith("\n"):
            raise ConnectionError("línea demasiado larga")
        respuesta = respuesta.rstrip("\n").rstrip("\r")
        if respuesta == "/close":
            print("** el servidor se ha ido **", flush=True)
            return
        print("Servidor:", respuesta, flush=True)


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    puerto = sys.argv[2] if len(sys.argv) > 2 else "50007"
    try:
        sock = socket.create_connection((host, int(puerto)))
        with sock:
            dialogo(sock)
    except KeyboardInterrupt:
        print("Adiós", flush=True)
    except (OSError, ValueError, OverflowError) as e:
        print("Error de conexión:", e, file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
