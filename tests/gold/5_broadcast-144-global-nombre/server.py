import socket, threading, sys

clientes = []
nombres = []
nombre = ""
cerrojo = threading.Lock()

def enviar(c, texto):
    c.sendall((texto + "\n").encode("utf-8"))

def difundir(texto, autor):
    with cerrojo:
        for c in clientes:
            if c != autor:
                try:
                    enviar(c, texto)
                except OSError:
                    pass

def manejar(c):
    global nombre
    f = c.makefile("r", encoding="utf-8", errors="replace", newline="\n")
    try:
        enviar(c, "Escribe tu nombre")
        nombre = f.readline().strip()
        while nombre == "" or len(nombre) > 32:
            enviar(c, "Nombre incorrecto, escribe tu nombre")
            nombre = f.readline().strip()
        difundir(nombre + " se ha unido", c)
        clientes.append(c)
        enviar(c, "Bienvenido " + nombre + ", para salir escribe {quit}")
        for linea in f:
            linea = linea.rstrip("\r\n")
            if linea == "{quit}" or linea == "/close":
                break
            if linea != "":
                difundir(nombre + ": " + linea, c)
    except OSError as e:
        print("error", e, file=sys.stderr)
    if c in clientes:
        clientes.remove(c)
        difundir(nombre + " se ha ido", c)
    c.shutdown(socket.SHUT_RDWR)
    c.close()

def aceptar(s):
    while True:
        c, direccion = s.accept()
        print("Conectado", direccion, file=sys.stderr, flush=True)
        threading.Thread(target=manejar, args=(c,), daemon=True).start()

host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
puerto = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind((host, puerto))
s.listen()
threading.Thread(target=aceptar, args=(s,), daemon=True).start()
try:
    for orden in sys.stdin:
        if orden.strip() == "/close":
            difundir("El servidor se cierra", None)
            for c in clientes:
                c.shutdown(socket.SHUT_RDWR)
            sys.exit()
        print("Orden desconocida", flush=True)
    threading.Event().wait()
except KeyboardInterrupt:
    difundir("El servidor se cierra", None)
