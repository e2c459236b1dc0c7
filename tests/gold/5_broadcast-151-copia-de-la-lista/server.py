import socket
import sys
import threading

clientes = []      # (conexion, nombre)
candado = threading.Lock()


def enviar(con, texto):
    con.sendall((texto + "\n").encode("utf-8"))


def leer_lineas(con):
    resto = b""
    while True:
        datos = con.recv(2048)
        if not datos:
            return
        resto += datos
        while b"\n" in resto:
            linea, resto = resto.split(b"\n", 1)
            yield linea.rstrip(b"\r").decode("utf-8", "replace")


def a_todos(otros, con, texto):
    for otro, _ in otros:
        if otro is not con:
            try:
                enviar(otro, texto)
            except OSError:
                pass


def atender(con, maximo):
    nombre = ""
    try:
        enviar(con, "Hola! Como te llamas?")
        lineas = leer_lineas(con)
        for linea in lineas:
            if linea in ("{quit}", "/close"):
                return
            linea = linea.strip()
            if 1 <= len(linea) <= 32 and linea.isprintable():
                nombre = linea
                break
            enviar(con, "Ese nombre no vale. Otro?")
        if not nombre:
            return
        with candado:
            if len(clientes) >= maximo:
                enviar(con, "Lo siento, esta lleno.")
                nombre = ""
                return
            clientes.append((con, nombre))
            # los que estan en el chat
            conectados = list(clientes)
        enviar(con, "Bienvenido " + nombre + ", escribe {quit} para salir")
        a_todos(conectados, con, nombre + " ha entrado")
        for linea in lineas:
            if linea in ("{quit}", "/close"):
                break
            if linea:
                a_todos(conectados, con, nombre + ": " + linea)
    except OSError as e:
        print("error con", nombre, e, file=sys.stderr)
    finally:
        if nombre:
            with candado:
                clientes.remove((con, nombre))
            a_todos(conectados, con, nombre + " se ha ido")
        try:
            con.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        con.close()


def aceptar(servidor, maximo):
    while True:
        con, direccion = servidor.accept()
        print("conectado", direccion, file=sys.stderr)
        threading.Thread(target=atender, args=(con, maximo), daemon=True).start()


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    puerto = sys.argv[2] if len(sys.argv) > 2 else "50007"
    maximo = sys.argv[3] if len(sys.argv) > 3 else "100"
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    try:
        servidor = socket.create_server((host, int(puerto)))
        threading.Thread(target=aceptar, args=(servidor, int(maximo)), daemon=True).start()
        for orden in sys.stdin:
            if orden.strip() == "/close":
                break
            print("Ordenes: /close", flush=True)
        else:
            threading.Event().wait()
    except KeyboardInterrupt:
        pass
    except (OSError, ValueError, OverflowError) as e:
        sys.exit("No se puede: " + str(e))
    with candado:
        for con, _ in clientes:
            try:
                enviar(con, "El chat se cierra")
                con.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


main()
