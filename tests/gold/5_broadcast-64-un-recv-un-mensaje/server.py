import socket
import sys
import threading
import os

clientes = {}
candado = threading.Lock()
maximo = int(sys.argv[3]) if len(sys.argv) > 3 else 100


def enviar_a_todos(texto, menos=None):
    with candado:
        destinos = list(clientes)
    for c in destinos:
        if c != menos:
            try:
                c.sendall((texto + "\n").encode())
            except OSError:
                pass


def hilo_cliente(c, dir):
    print("nuevo cliente", dir, file=sys.stderr, flush=True)
    nombre = ""
    try:
        c.sendall("Hola, dime tu nombre\n".encode())
        while True:
            datos = c.recv(1024)
            if not datos:
                break
            texto = datos.decode("utf-8", errors="replace").strip()
            if texto == "{quit}" or texto == "/close":
                break
            if nombre == "":
                if texto == "" or len(texto) > 32 or not texto.isprintable():
                    c.sendall("Nombre no valido, otro\n".encode())
                    continue
                if len(clientes) >= maximo:
                    c.sendall("Lleno\n".encode())
                    break
                nombre = texto
                c.sendall(f"Bienvenido {nombre}! Para salir: {{quit}}\n".encode())
                enviar_a_todos(f"{nombre} entra")
                with candado:
                    clientes[c] = nombre
            elif texto != "":
                enviar_a_todos(nombre + ": " + texto, c)
    except OSError as e:
        print("cliente perdido", dir, e, file=sys.stderr, flush=True)
    with candado:
        estaba = clientes.pop(c, None)
    if estaba:
        enviar_a_todos(f"{nombre} sale")
    c.close()
    print("cliente fuera", dir, file=sys.stderr, flush=True)


def puerta(s):
    while True:
        c, dir = s.accept()
        threading.Thread(target=hilo_cliente, args=(c, dir), daemon=True).start()


def cerrar():
    enviar_a_todos("El servidor se apaga")
    for c in list(clientes):
        try:
            c.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
    os._exit(0)


host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
try:
    puerto = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
    s = socket.create_server((host, puerto), backlog=128)
except (OSError, ValueError, OverflowError) as e:
    print("No se puede escuchar:", e, file=sys.stderr)
    sys.exit(1)
threading.Thread(target=puerta, args=(s,), daemon=True).start()
try:
    for linea in sys.stdin:
        if linea.strip() == "/close":
            cerrar()
        print("No entiendo. Prueba /close", flush=True)
    while True:
        threading.Event().wait(1)
except KeyboardInterrupt:
    cerrar()
