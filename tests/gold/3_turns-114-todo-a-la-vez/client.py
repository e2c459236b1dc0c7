import socket
import sys
import threading

MAXIMO = 65_536


def muestra(conexion, fin):
    """El hilo que recibe: muestra cada línea en cuanto llega."""
    resto = b""
    try:
        while True:
            datos = conexion.recv(4096)
            if not datos:
                fin.append("el servidor se ha ido")
                break
            *lineas, resto = (resto + datos).split(b"\n")
            if any(len(linea) > MAXIMO for linea in (*lineas, resto)):
                fin.append("una línea demasiado larga")
                break
            for linea in lineas:
                texto = linea.removesuffix(b"\r").decode(errors="replace")
                if texto == "/close":
                    print("El servidor se despide.", flush=True)
                    fin.append("")
                    return
                print("Server:", texto, flush=True)
    except OSError as error:
        fin.append(str(error))


def habla(conexion):
    """El hilo del teclado: manda cada línea en cuanto se escribe."""
    while True:
        linea = sys.stdin.readline() or "/close"
        texto = linea.rstrip("\n")
        conexion.sendall(texto.encode() + b"\n")
        if texto == "/close":
            return


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    puerto = sys.argv[2] if len(sys.argv) > 2 else "50007"
    sys.stdin.reconfigure(encoding="utf-8")
    sys.stdout.reconfigure(encoding="utf-8")
    try:
        with socket.create_connection((host, int(puerto)), 2) as conexion:
            conexion.settimeout(None)
            print("conectado con", host, puerto, file=sys.stderr, flush=True)
            fin = []
            oye = threading.Thread(target=muestra, args=(conexion, fin), daemon=True)
            escribe = threading.Thread(target=habla, args=(conexion,), daemon=True)
            oye.start()
            escribe.start()
            while oye.is_alive() and escribe.is_alive():
                oye.join(0.05)
            if fin and fin[0]:
                sys.exit(fin[0])
        print("terminado", file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        print("interrumpido", file=sys.stderr)
    except (OSError, ValueError, OverflowError) as error:
        sys.exit(f"Error: {error}")


main()
