# cliente entre iguales
import socket
import sys
import threading


def recibir(flujo, otro):
    for linea in flujo:
        linea = linea.rstrip("\r\n")
        if linea == "/close":
            break
        print(f"{otro}: {linea}")
    print(f"{otro} se ha ido")


def main():
    mi_nombre = input("¿Cómo te llamas? ")
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    puerto = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
    conexion = socket.create_connection((host, puerto))
    flujo = conexion.makefile("rw", encoding="utf-8", errors="replace", newline="\n")
    flujo.write(mi_nombre + "\n")
    flujo.flush()
    otro = flujo.readline().strip()
    print("Hablas con", otro)
    hilo = threading.Thread(target=recibir, args=(flujo, otro), daemon=True)
    hilo.start()
    for linea in sys.stdin:
        flujo.write(linea)
        flujo.flush()
        if linea.strip() == "/close":
            break
    conexion.close()


if __name__ == "__main__":
    main()
