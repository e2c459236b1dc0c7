import socketserver
import sys
import threading
import socket

participantes = {}
cerrojo = threading.Lock()
LIMITE = 100


def repartir(texto, salvo=None):
    with cerrojo:
        for otro in list(participantes):
            if otro is not salvo:
                otro.decir(texto)


class Visita(socketserver.StreamRequestHandler):
    def decir(self, texto):
        try:
            self.wfile.write(texto.encode("utf-8") + b"\n")
        except OSError:
            pass

    def leer(self):
        linea = self.rfile.readline(70000)
        if not linea:
            return None
        return linea.decode("utf-8", "replace").rstrip("\n").rstrip("\r")

    def handle(self):
        print("entra", self.client_address, file=sys.stderr)
        nombre = None
        try:
            self.decir("Hola, ¿cómo te llamas?")
            while True:
                linea = self.leer()
                if linea is None or linea in ("{quit}", "/close"):
                    break
                if nombre is None:
                    intento = linea.strip()
                    if not intento or len(intento) > 32 or not intento.isprintable():
                        self.decir("No es un nombre. ¿Cómo te llamas?")
                        continue
                    with cerrojo:
                        if len(participantes) >= LIMITE:
                            return
                        for otro in participantes:
                            otro.decir(intento + " ha llegado")
                        nombre = intento
                        participantes[self] = nombre
                        self.decir("Bienvenido, " + nombre + ". Sal con {quit}.")
                elif linea:
                    repartir(nombre + ": " + linea, self)
        except OSError as e:
            print("perdido", self.client_address, e, file=sys.stderr)
        finally:
            with cerrojo:
                estaba = participantes.pop(self, None)
            if estaba:
                repartir(estaba + " se ha marchado")
            print("sale", self.client_address, file=sys.stderr)


class Servidor(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 200


def main():
    global LIMITE
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    try:
        puerto = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
        LIMITE = int(sys.argv[3]) if len(sys.argv) > 3 else 100
        servidor = Servidor((host, puerto), Visita)
    except (OSError, ValueError, OverflowError) as e:
        sys.exit("No se puede: %s" % e)
    threading.Thread(target=servidor.serve_forever, daemon=True).start()
    try:
        for orden in sys.stdin:
            if orden.strip() == "/close":
                break
            print("Orden desconocida; existe /close", flush=True)
        else:
            threading.Event().wait()
    except KeyboardInterrupt:
        pass
    repartir("El chat se acaba")
    with cerrojo:
        for p in list(participantes):
            try:
                p.request.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


main()
