import socket
import sys
import threading

TOPE = 65536
fin = threading.Event()
caido = False


def recibir(sock):
    global caido
    resto = b""
    otro = None
    try:
        while True:
            datos = sock.recv(4096)
            if not datos:
                break
            resto += datos
            while b"\n" in resto:
                linea, resto = resto.split(b"\n", 1)
                if len(linea) > TOPE:
                    raise OSError("línea demasiado larga")
                texto = linea.decode("utf-8", errors="replace").rstrip("\r")
                if otro is None:
                    otro = texto
                    nombre = f"\033[1m{otro}\033[0m" if sys.stdout.isatty() else otro
                    print("Hablas con " + nombre, flush=True)
                elif texto == "/close":
                    print(otro + " se ha ido", flush=True)
                    return
                else:
                    print(otro + ": " + texto, flush=True)
            if len(resto) > TOPE:
                raise OSError("línea demasiado larga")
        if not fin.is_set():
            print("Se ha perdido la conexión", file=sys.stderr)
            caido = True
    except OSError as e:
        if not fin.is_set():
            print("Conexión rota:", e, file=sys.stderr)
            caido = True
    finally:
        fin.set()


def enviar(sock):
    try:
        while True:
            try:
                texto = input()
            except EOFError:
                texto = "/close"
            sock.sendall((texto + "\n").encode("utf-8"))
            if texto == "/close":
                break
    except OSError:
        pass
    fin.set()


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    puerto = sys.argv[2] if len(sys.argv) > 2 else "50007"
    print("¿Cómo te llamas?", flush=True)
    nombre = sys.stdin.readline().strip()
    if not nombre:
        return
    sock = socket.create_connection((host, int(puerto)), timeout=2)
    sock.settimeout(None)
    sock.sendall((nombre + "\n").encode("utf-8"))
    receptor = threading.Thread(target=recibir, args=(sock,), daemon=True)
    receptor.start()
    threading.Thread(target=enviar, args=(sock,), daemon=True).start()
    fin.wait()
    sock.shutdown(socket.SHUT_WR)
    receptor.join(1)
    sock.close()
    if caido:
        sys.exit(1)


try:
    main()
except KeyboardInterrupt:
    pass
except (OSError, ValueError, OverflowError) as e:
    sys.exit("Error: " + str(e))
