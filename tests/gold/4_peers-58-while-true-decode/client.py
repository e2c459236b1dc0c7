import os
import socket
import sys
import threading


def escuchar(entrada):
    otro = entrada.readline().strip()
    print("Charlas con " + otro, flush=True)
    while True:
        texto = entrada.readline().strip()
        if texto == "":
            continue
        if texto == "/close":
            print(otro + " ha terminado", flush=True)
            os._exit(0)
        print(otro + ": " + texto, flush=True)


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    puerto = sys.argv[2] if len(sys.argv) > 2 else "50007"
    print("Tu nombre:", flush=True)
    nombre = sys.stdin.readline().strip()
    try:
        sock = socket.create_connection((host, int(puerto)))
    except (OSError, ValueError, OverflowError) as error:
        print("No conecta:", error, file=sys.stderr)
        sys.exit(1)
    sock.sendall(f"{nombre}\n".encode())
    entrada = sock.makefile("r", encoding="utf-8", errors="replace")
    threading.Thread(target=escuchar, args=(entrada,), daemon=True).start()
    for linea in sys.stdin:
        sock.sendall(linea.encode())
        if linea.strip() == "/close":
            break
    sock.shutdown(socket.SHUT_WR)
    sys.stdout.flush()
    os._exit(0)


main()
