import socket, sys, threading, logging

logging.basicConfig(level=logging.INFO)
sockets = []
nombres = []
lock = threading.Lock()
LIMITE = int(sys.argv[3]) if len(sys.argv) > 3 else 100


def enviar(s, txt):
    try:
        s.sendall((txt + "\n").encode())
    except OSError as e:
        logging.warning("no enviado: %s", e)


def enviar_a_todos(autor, nombre_autor, txt):
    with lock:
        for s in sockets:
            for nombre in nombres:
                if s != autor and nombre != nombre_autor:
                    enviar(s, nombre_autor + ": " + txt)


def avisar(txt):
    with lock:
        for s in sockets:
            enviar(s, txt)


def lector(s):
    b = b""
    while True:
        d = s.recv(4096)
        if not d:
            return
        b = b + d
        while b"\n" in b:
            l, b = b.split(b"\n", 1)
            yield l.decode("utf-8", "replace").rstrip("\r")


def cliente(s, dir):
    logging.info("conectado %s", dir)
    nombre = None
    try:
        enviar(s, "Hola! Como te llamas?")
        for l in lector(s):
            if l == "{quit}" or l == "/close":
                break
            if nombre is None:
                n = l.strip()
                if len(n) == 0 or len(n) > 32 or not n.isprintable():
                    enviar(s, "Nombre no valido. Como te llamas?")
                    continue
                if len(sockets) >= LIMITE:
                    enviar(s, "Esto esta lleno")
                    break
                avisar(n + " se ha unido")
                nombre = n
                with lock:
                    sockets.append(s)
                    nombres.append(nombre)
                    enviar(s, "Bienvenido " + nombre + ", sal con {quit}")
            elif l != "":
                enviar_a_todos(s, nombre, l)
    except OSError as e:
        logging.warning("perdido %s %s", dir, e)
    if nombre is not None:
        with lock:
            sockets.remove(s)
            nombres.remove(nombre)
        avisar(nombre + " se ha ido")
    logging.info("fuera %s", dir)
    try:
        s.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    s.close()


def aceptar(srv):
    while True:
        s, dir = srv.accept()
        threading.Thread(target=cliente, args=(s, dir), daemon=True).start()


try:
    srv = socket.create_server((sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1",
                                int(sys.argv[2]) if len(sys.argv) > 2 else 50007), backlog=200)
except (OSError, ValueError, OverflowError) as e:
    sys.exit("Error: " + str(e))
threading.Thread(target=aceptar, args=(srv,), daemon=True).start()
try:
    for o in sys.stdin:
        if o.strip() == "/close":
            break
        print("Escribe /close para acabar", flush=True)
    else:
        threading.Event().wait()
except KeyboardInterrupt:
    pass
avisar("El servidor se cierra")
for s in sockets:
    try:
        s.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
