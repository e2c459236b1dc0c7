import os
import socket
import sys
import threading

HOST = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
PORT = sys.argv[2] if len(sys.argv) > 2 else "50007"
terminado = threading.Event()
saliendo = False
estado = 0


def recibir(sock):
    global estado
    try:
        archivo = sock.makefile("r", encoding="utf-8", errors="replace", newline="\n")
        for linea in archivo:
            linea = linea.rstrip("\r\n")
            # un mensaje es AUTOR: TEXTO
            if ": " in linea:
                autor, texto = linea.split(": ", 1)
                print(f"{autor}: {texto}", flush=True)
        print("El servidor ha cerrado el chat", flush=True)
    except OSError as e:
        if not saliendo:
            print("Se perdio el servidor:", e, file=sys.stderr)
            estado = 1
    terminado.set()


def enviar(sock):
    global saliendo
    try:
        for linea in sys.stdin:
            linea = linea.rstrip("\n")
            if linea in ("{quit}", "/close"):
                break
            sock.sendall((linea + "\n").encode("utf-8"))
        saliendo = True
        sock.sendall(b"{quit}\n")
        sock.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def main():
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    try:
        sock = socket.create_connection((HOST, int(PORT)), timeout=2)
        sock.settimeout(None)
    except (OSError, ValueError, OverflowError) as e:
        sys.exit(f"No puedo conectar: {e}")
    print("conectado a", HOST, PORT, file=sys.stderr)
    threading.Thread(target=recibir, args=(sock,), daemon=True).start()
    threading.Thread(target=enviar, args=(sock,), daemon=True).start()
    try:
        while not terminado.wait(0.5):
            pass
    except KeyboardInterrupt:
        pass
    print("salgo", file=sys.stderr)
    sys.stdout.flush()
    os._exit(estado)


main()
