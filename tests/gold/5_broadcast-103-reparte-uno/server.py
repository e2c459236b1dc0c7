import queue
import socket
import sys
import threading

cola = queue.Queue()
clientes = {}
candado = threading.Lock()


def repartir():
    """El hilo que reparte los mensajes de la cola."""
    autor, texto = cola.get()
    with candado:
        destinos = [c for c in clientes if c is not autor]
    for c in destinos:
        try:
            c.sendall((texto + "\n").encode())
        except OSError:
            pass


def atender(conn):
    conn.sendall("¿Cómo te llamas?\n".encode())
    lector = conn.makefile("r", encoding="utf-8", errors="replace", newline="\n")
    nombre = lector.readline().strip()
    if nombre in ("", "{quit}", "/close"):
        conn.shutdown(socket.SHUT_RDWR)
        return
    conn.sendall(f"Bienvenido, {nombre}. Sal con {{quit}}.\n".encode())
    with candado:
        clientes[conn] = nombre
    cola.put((conn, f"{nombre} ha entrado"))
    try:
        for linea in lector:
            linea = linea.rstrip("\r\n")
            if linea in ("{quit}", "/close"):
                break
            if linea:
                cola.put((conn, f"{nombre}: {linea}"))
    except OSError:
        pass
    with candado:
        del clientes[conn]
    cola.put((conn, f"{nombre} se ha ido"))
    try:
        conn.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


def aceptar(servidor):
    while True:
        conn, dire = servidor.accept()
        threading.Thread(target=atender, args=(conn,), daemon=True).start()


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    puerto = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
    servidor = socket.create_server((host, puerto))
    threading.Thread(target=repartir, daemon=True).start()
    threading.Thread(target=aceptar, args=(servidor,), daemon=True).start()
    try:
        while True:
            orden = sys.stdin.readline()
            if not orden:
                threading.Event().wait()
            if orden.strip() == "/close":
                return
            print("órdenes: /close", flush=True)
    except KeyboardInterrupt:
        return


main()
