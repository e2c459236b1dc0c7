import socket
import sys
from threading import Thread, Lock

candado = Lock()
conectados = []


def enviar(conexion, texto):
    conexion.sendall((texto + "\n").encode())


def difundir(texto, autor=None):
    with candado:
        for conexion, nombre in conectados:
            if conexion != autor:
                enviar(conexion, texto)


def leer_lineas(conexion):
    resto = b""
    while True:
        trozo = conexion.recv(2048)
        if not trozo:
            return
        resto += trozo
        while b"\n" in resto:
            linea, resto = resto.split(b"\n", 1)
            yield linea.decode(errors="replace").rstrip("\r")


def atender(conexion, direccion, maximo):
    enviar(conexion, "Bienvenido. Dime tu nombre:")
    nombre = ""
    for linea in leer_lineas(conexion):
        if linea == "{quit}" or linea == "/close":
            break
        if nombre == "":
            posible = linea.strip()
            if len(posible) < 1 or len(posible) > 32 or not posible.isprintable():
                enviar(conexion, "Ese nombre no vale, dime otro:")
                continue
            if len(conectados) >= maximo:
                enviar(conexion, "No queda sitio.")
                conexion.close()
                return
            nombre = posible
            difundir(nombre + " ha entrado.")
            with candado:
                conectados.append((conexion, nombre))
            enviar(conexion, "Hola " + nombre + ". Para salir escribe {quit}")
        elif linea != "":
            difundir(nombre + ": " + linea, conexion)
    with candado:
        conectados.remove(conexion)
    if nombre:
        difundir(nombre + " se ha ido.")
    conexion.close()


def aceptar(servidor, maximo):
    while True:
        conexion, direccion = servidor.accept()
        print("Conexion de", direccion, file=sys.stderr)
        Thread(target=atender, args=(conexion, direccion, maximo), daemon=True).start()


def main():
    host = "127.0.0.1"
    puerto = 50007
    maximo = 100
    if len(sys.argv) > 1:
        host = sys.argv[1]
    if len(sys.argv) > 2:
        puerto = int(sys.argv[2])
    if len(sys.argv) > 3:
        maximo = int(sys.argv[3])
    servidor = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    servidor.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    servidor.bind((host, puerto))
    servidor.listen(50)
    hilo = Thread(target=aceptar, args=(servidor, maximo), daemon=True)
    hilo.start()
    try:
        for orden in sys.stdin:
            if orden.strip() == "/close":
                break
            print("Ordenes: /close", flush=True)
        else:
            hilo.join()
    except KeyboardInterrupt:
        pass
    difundir("El chat se cierra.")
    for conexion, nombre in conectados:
        conexion.shutdown(socket.SHUT_RDWR)


main()
