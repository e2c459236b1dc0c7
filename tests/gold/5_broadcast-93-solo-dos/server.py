import socket
import sys
import threading

HOST = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
PORT = int(sys.argv[2]) if len(sys.argv) > 2 else 50007

conexiones = []


def atender(conexion):
    conexion.sendall("Hola, como te llamas?\n".encode())
    archivo = conexion.makefile(encoding="utf-8")
    nombre = archivo.readline().strip()
    conexion.sendall(f"Bienvenido {nombre}, escribe {{quit}} para salir\n".encode())
    enviar_a_todos(f"{nombre} ha entrado", conexion)
    for linea in archivo:
        linea = linea.rstrip("\n")
        if linea == "{quit}":
            break
        enviar_a_todos(f"{nombre}: {linea}", conexion)
    conexiones.remove(conexion)
    enviar_a_todos(f"{nombre} ha salido", conexion)
    archivo.close()
    conexion.close()


def enviar_a_todos(texto, autor):
    for c in conexiones:
        if c != autor:
            c.sendall((texto + "\n").encode())


servidor = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
servidor.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
servidor.bind((HOST, PORT))
servidor.listen(2)
hilos = []
for i in range(2):
    conexion, direccion = servidor.accept()
    conexiones.append(conexion)
    hilo = threading.Thread(target=atender, args=(conexion,))
    hilo.start()
    hilos.append(hilo)
for hilo in hilos:
    hilo.join()
