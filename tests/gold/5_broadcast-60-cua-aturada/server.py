import os
import queue
import socket
import sys
import threading

cua = queue.Queue(200)
connectats = {}
fet = threading.Event()
maxim = 100


class Lector(threading.Thread):
    def __init__(self, sock, adr):
        super().__init__(daemon=True)
        self.sock = sock
        self.adr = adr
        self.nom = None

    def run(self):
        print("nova connexio", self.adr, file=sys.stderr, flush=True)
        cua.put(("a", self.sock, "Hola! Quin es el teu nom?"))
        pendent = b""
        try:
            while True:
                dades = self.sock.recv(4096)
                if not dades:
                    break
                pendent += dades
                if b"\n" not in pendent and len(pendent) > 65536:
                    cua.put(("a", self.sock, "Linia massa llarga"))
                    break
                acabat = False
                while b"\n" in pendent:
                    linia, pendent = pendent.split(b"\n", 1)
                    if not self.linia(linia.decode("utf-8", "replace").rstrip("\r")):
                        acabat = True
                        break
                if acabat:
                    break
            print("adeu", self.adr, file=sys.stderr, flush=True)
        except OSError as e:
            print("perdut", self.adr, e, file=sys.stderr, flush=True)
        cua.put(("fora", self.sock, self.nom))

    def linia(self, text):
        if text == "{quit}" or text == "/close":
            return False
        if self.nom:
            if text:
                cua.put(("diu", self.sock, self.nom + ": " + text))
            return True
        nom = text.strip()
        if nom and len(nom) <= 32 and nom.isprintable():
            self.nom = nom
            cua.put(("dins", self.sock, nom))
        else:
            cua.put(("a", self.sock, "Aquest nom no val"))
        return True


def envia(sock, text):
    try:
        sock.sendall((text + "\n").encode())
    except OSError:
        tanca(sock)


def tanca(sock):
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


def repartidor():
    while True:
        que, sock, text = cua.get()
        if que == "a":
            envia(sock, text)
        if que == "dins":
            if len(connectats) >= maxim:
                envia(sock, "Ple!")
                tanca(sock)
            else:
                for altre in list(connectats):
                    envia(altre, text + " ha entrat")
                connectats[sock] = text
                envia(sock, "Benvingut " + text + ", per sortir {quit}")
        if que == "diu" and sock in connectats:
            for altre in list(connectats):
                if altre != sock:
                    envia(altre, text)
        if que == "fora":
            if sock in connectats:
                del connectats[sock]
                for altre in list(connectats):
                    envia(altre, text + " ha sortit")
            tanca(sock)
        if que == "final":
            for altre in list(connectats):
                envia(altre, "S'ha acabat")
                tanca(altre)
            fet.set()


def accepta(s):
    while True:
        c, a = s.accept()
        Lector(c, a).start()


def main():
    global maxim
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    try:
        maxim = int(sys.argv[3]) if len(sys.argv) > 3 else 100
        s = socket.create_server((host, int(port)), backlog=400)
    except (OSError, ValueError, OverflowError) as e:
        sys.exit("Error: " + str(e))
    threading.Thread(target=accepta, args=[s], daemon=True).start()
    threading.Thread(target=repartidor, daemon=True).start()
    try:
        for ordre in sys.stdin:
            if ordre.strip() == "/close":
                break
            print("ordre desconeguda: /close", flush=True)
        else:
            while True:
                fet.wait(1)
    except KeyboardInterrupt:
        pass
    cua.put(("final", None, None))
    fet.wait(2)
    os._exit(0)


main()
