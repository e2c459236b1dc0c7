# Broadcast Server, Uebung 5
import os
import socket
import sys
import threading


class Server:
    def __init__(self, host, port, maximum):
        self.sock = socket.create_server((host, port), backlog=256)
        self.maximum = maximum
        self.leute = {}
        self.schloss = threading.Lock()

    def an_alle(self, text, ausser=None):
        with self.schloss:
            ziele = [s for s in self.leute if s is not ausser]
        for s in ziele:
            try:
                s.sendall((text + "\n").encode("utf-8"))
            except OSError:
                pass

    def bediene(self, s, adr):
        print(adr, "verbunden", file=sys.stderr, flush=True)
        name = None
        rest = b""
        try:
            s.sendall("Hallo, dein Name bitte:\n".encode())
            weiter = True
            while weiter:
                stueck = s.recv(4096)
                if not stueck:
                    break
                rest += stueck
                if len(rest) > 70000 and b"\n" not in rest:
                    s.sendall(b"Zeile zu lang\n")
                    break
                while b"\n" in rest:
                    zeile, rest = rest.split(b"\n", 1)
                    text = zeile.decode("utf-8", "replace").rstrip("\r")
                    if text in ("{quit}", "/close"):
                        if name:
                            self.an_alle(name + " verlässt den Chat", s)
                        weiter = False
                        break
                    if not name:
                        text = text.strip()
                        if not 0 < len(text) < 33 or not text.isprintable():
                            s.sendall("Bitte ein Name mit 1 bis 32 Zeichen:\n".encode())
                            continue
                        with self.schloss:
                            if len(self.leute) >= self.maximum:
                                s.sendall("Der Chat ist voll.\n".encode())
                                weiter = False
                                break
                            s.sendall(f"Willkommen {text}! Ende mit {{quit}}\n".encode())
                            self.leute[s] = name = text
                        self.an_alle(name + " ist jetzt dabei", s)
                    elif text:
                        self.an_alle(f"{name}: {text}", s)
        except OSError as fehler:
            print(adr, "verloren", fehler, file=sys.stderr, flush=True)
        finally:
            with self.schloss:
                war_da = self.leute.pop(s, None)
            if war_da:
                self.an_alle(name + " ist weg")
            s.close()
            print(adr, "weg", file=sys.stderr, flush=True)

    def nimm_an(self):
        while True:
            s, adr = self.sock.accept()
            threading.Thread(target=self.bediene, args=(s, adr), daemon=True).start()

    def schluss(self):
        self.an_alle("Der Server macht Schluss")
        for s in list(self.leute):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        os._exit(0)


try:
    server = Server(
        sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1",
        int(sys.argv[2]) if len(sys.argv) > 2 else 50007,
        int(sys.argv[3]) if len(sys.argv) > 3 else 100,
    )
except (OSError, ValueError, OverflowError) as fehler:
    sys.exit(f"Fehler: {fehler}")
threading.Thread(target=server.nimm_an, daemon=True).start()
try:
    for befehl in sys.stdin:
        if befehl.strip() == "/close":
            server.schluss()
        print("Es gibt nur /close", flush=True)
    threading.Event().wait()
except KeyboardInterrupt:
    server.schluss()
