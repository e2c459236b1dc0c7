import socket
import sys


def servir(conn):
    entrada = conn.makefile("r", encoding="utf-8", errors="replace", newline="\n")
    conn.sendall("Bienvenido al chat, escribe algo\n".encode("utf-8"))
    while True:
        linea = entrada.readline()
        if linea == "":
            print("El cliente se ha perdido", file=sys.stderr)
            return 1
        linea = linea.rstrip("\r\n")
        if linea == "/close":
            print("El cliente se ha ido", flush=True)
            return 0
        print("Cliente: " + linea, flush=True)
        respuesta = sys.stdin.readline()
        if not respuesta:
            respuesta = "/close\n"
        conn.sendall(respuesta.encode("utf-8"))
        if respuesta.strip() == "/close":
            return 0


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    try:
        puerto = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
        servidor = socket.create_server((host, puerto))
    except (OSError, ValueError, OverflowError) as error:
        print("No puedo escuchar:", error, file=sys.stderr)
        sys.exit(1)
    conn, direccion = servidor.accept()
    servidor.close()
    try:
        estado = servir(conn)
    except OSError as error:
        print("Conexión rota:", error, file=sys.stderr)
        estado = 1
    conn.close()
    sys.exit(estado)


main()
