import socket
import sys
import threading
import os

lista = []
cerrojo = threading.Lock()
limite = int(sys.argv[3]) if len(sys.argv) > 3 else 100


def repartir(texto, autor):
    with cerrojo:
        copia = list(lista)
    for sock, nombre in copia:
        if sock is not autor:
            try:
                sock.sendall((texto + "\n").encode("utf-8"))
            except OSError:
                pass


def cliente(sock, direccion):
    f = sock.makefile("r", encoding="utf-8", errors="replace", newline="\n")
    sock.sendall(b"Hola. Tu nombre?\n")
    nombre = None
    try:
        for linea in f:
            linea = linea.rstrip("\r\n")
            if linea in ("{quit}", "/close"):
                break
            if nombre is None:
                if not 0 < len(linea.strip()) < 33:
                    sock.sendall(b"Otro nombre\n")
                    continue
                nombre = linea.strip()
                if len(lista) >= limite:
                    sock.sendall(b"No hay sitio\n")
                    break
                sock.sendall(f"Hola {nombre}, usa {{quit}} para salir\n".encode())
                repartir(nombre + " llega", sock)
                with cerrojo:
                    lista.append((sock, nombre))
            elif linea:
                repartir(nombre + ": " + linea, sock)
    except OSError as e:
        print(e, file=sys.stderr)
    with cerrojo:
        if (sock, nombre) in lista:
            lista.remove((sock, nombre))
            fuera = True
        else:
            fuera = False
    if fuera:
        repartir(nombre + " se marcha", sock)
    f.close()
    sock.close()


def aceptar(servidor):
    while True:
        sock, direccion = servidor.accept()
        print("conectado", direccion, file=sys.stderr)
        hilo = threading.Thread(target=cliente(sock, direccion), daemon=True)
        hilo.start()


try:
    servidor = socket.create_server((sys.argv[1], int(sys.argv[2])))
except (OSError, ValueError, OverflowError) as e:
    sys.exit(str(e))
hilo_aceptar = threading.Thread(target=aceptar, args=(servidor,), daemon=True)
hilo_aceptar.start()
try:
    for orden in sys.stdin:
        if orden.strip() == "/close":
            repartir("adios", None)
            os._exit(0)
        print("/close para cerrar", flush=True)
    threading.Event().wait()
except KeyboardInterrupt:
    os._exit(0)
