"""Server di chat con socketserver."""
import socketserver
import sys
import threading

utenti = {}
blocco = threading.Lock()


class Gestore(socketserver.StreamRequestHandler):
    def scrivi(self, testo):
        self.wfile.write((testo + "\n").encode())

    def handle(self):
        self.scrivi("Come ti chiami?")
        nome = self.rfile.readline().decode(errors="replace").strip()
        self.scrivi(f"Ciao {nome}, scrivi {{quit}} per uscire")
        with blocco:
            utenti[nome] = self
        self.a_tutti(f"{nome} è entrato")
        for riga in self.rfile:
            testo = riga.decode(errors="replace").rstrip("\r\n")
            if testo == "{quit}":
                break
            self.a_tutti(f"{nome}: {testo}")
        self.a_tutti(f"{nome} è uscito")

    def a_tutti(self, testo):
        for nome in list(utenti):
            if utenti[nome] is not self:
                utenti[nome].scrivi(testo)


class ServerChat(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


if __name__ == "__main__":
    with ServerChat((sys.argv[1], int(sys.argv[2])), Gestore) as server:
        server.serve_forever()
