import socket
import sys


class Server:
    def __init__(self, host, porta):
        self.ascolto = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.ascolto.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.ascolto.bind((host, porta))
        self.ascolto.listen(1)

    def accetta(self):
        self.conn, indirizzo = self.ascolto.accept()
        print("Connesso", indirizzo, file=sys.stderr)

    def parla(self):
        riga = sys.stdin.readline()
        if riga == "":
            riga = "/close\n"
        self.conn.sendall(riga.encode())
        return riga.strip() != "/close"

    def ascolta(self):
        dati = self.conn.recv(4096)
        if dati == b"":
            print("Il client è sparito", file=sys.stderr)
            sys.exit(1)
        testo = dati.decode().strip()
        if testo == "/close":
            print("Il client ha chiuso", flush=True)
            return False
        print("Client:", testo, flush=True)
        return True

    def conversazione(self):
        while self.parla() and self.ascolta():
            pass
        self.conn.close()


if __name__ == "__main__":
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    porta = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
    server = Server(host, porta)
    server.accetta()
    server.conversazione()
