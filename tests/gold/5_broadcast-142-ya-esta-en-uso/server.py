# Servidor de chat. python server.py HOST PUERTO MAX
import queue
import socket
import sys
import threading

clientes = {}            # conexion -> nombre
cerrojo = threading.Lock()
MAXIMO = int(sys.argv[3]) if len(sys.argv) > 3 else 100


class Cliente:
    """Una cola y un hilo para escribir a cada uno."""

    def __init__(self, conn, direccion):
        self.conn = conn
        self.direccion = direccion
        self.nombre = None
        self.cola = queue.Queue(maxsize=1000)
        threading.Thread(target=self.escribir, daemon=True).start()

    def escribir(self):
        while True:
            linea = self.cola.get()
            if linea is None:
                break
            try:
                self.conn.sendall((linea + "\n").encode())
            except OSError:
                break
        self.colgar()

    def decir(self, linea):
        try:
            self.cola.put_nowait(linea)
        except queue.Full:
            self.colgar()

    def colgar(self):
        try:
            self.conn.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def difundir(linea, autor=None):
    for c in list(clientes):
        if c is not autor:
            c.decir(linea)


def lineas(conn):
    resto = b""
    while True:
        datos = conn.recv(4096)
        if not datos:
            return
        resto += datos
        while b"\n" in resto:
            linea, resto = resto.split(b"\n", 1)
            if len(linea) > 65536:
                raise ValueError("linea demasiado larga")
            yield linea.decode("utf-8", "replace").removesuffix("\r")
        if len(resto) > 65536:
            raise ValueError("linea demasiado larga")


def entrar(c, texto):
    nombre = texto.strip()
    if not 1 <= len(nombre) <= 32 or not nombre.isprintable():
        c.decir("Nombre no valido, de 1 a 32 letras. ¿Como te llamas?")
        return True
    with cerrojo:
        if nombre in clientes.values():
            c.decir("Ese nombre ya esta en uso. ¿Como te llamas?")
            return True
        if len(clientes) >= MAXIMO:
            c.decir("El chat esta lleno")
            return False
        difundir(f"{nombre} ha entrado")
        clientes[c] = nombre
        c.nombre = nombre
        c.decir(f"Bienvenido {nombre}, escribe {{quit}} para salir")
    return True


def atender(conn, direccion):
    print("conectado", direccion, file=sys.stderr, flush=True)
    c = Cliente(conn, direccion)
    c.decir("Hola, ¿como te llamas?")
    try:
        for texto in lineas(conn):
            if texto in ("{quit}", "/close"):
                break
            if c.nombre is None:
                if not entrar(c, texto):
                    break
            elif texto:
                with cerrojo:
                    difundir(f"{c.nombre}: {texto}", autor=c)
        print("se fue", direccion, file=sys.stderr, flush=True)
    except (OSError, ValueError) as e:
        print("perdido", direccion, e, file=sys.stderr, flush=True)
        c.decir(f"Adios: {e}")
    with cerrojo:
        if clientes.pop(c, None):
            difundir(f"{c.nombre} ha salido")
    try:
        c.cola.put_nowait(None)
    except queue.Full:
        c.colgar()


def aceptar(s):
    while True:
        conn, direccion = s.accept()
        threading.Thread(target=atender, args=(conn, direccion), daemon=True).start()


def cerrar():
    with cerrojo:
        for c in list(clientes):
            c.decir("El chat ha terminado")
            c.decir(None)
    threading.Event().wait(0.5)


def main():
    host, puerto = "127.0.0.1", "50007"
    if len(sys.argv) > 1:
        host = sys.argv[1]
    if len(sys.argv) > 2:
        puerto = sys.argv[2]
    if len(sys.argv) == 1 and sys.stdin.isatty():
        host = input("Host: ") or host
        puerto = input("Puerto: ") or puerto
    try:
        s = socket.create_server((host, int(puerto)), backlog=200)
    except (OSError, ValueError, OverflowError) as e:
        sys.exit(f"No puedo empezar: {e}")
    threading.Thread(target=aceptar, args=(s,), daemon=True).start()
    try:
        for orden in sys.stdin:
            if orden.strip() == "/close":
                break
            print("Solo conozco /close", flush=True)
        else:
            threading.Event().wait()
    except KeyboardInterrupt:
        pass
    cerrar()


main()
