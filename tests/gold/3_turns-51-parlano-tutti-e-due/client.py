import socket
import sys


class Client:
    def __init__(self, host, porta):
        self.sock = socket.create_connection((host, porta))

    def parla(self):
        riga = sys.stdin.readline()
        if riga == "":
            riga = "/close\n"
        self.sock.sendall(riga.encode())
        return riga.strip() != "/close"

    def ascolta(self):
        dati = self.sock.recv(4096)
        if dati == b"":
            print("Il server è sparito", file=sys.stderr)
            sys.exit(1)
        testo = dati.decode().strip()
        if testo == "/close":
            print("Il server ha chiuso", flush=True)
            return False
        print("Server:", testo, flush=True)
        return True

    def conversazione(self):
        while self.parla() and self.ascolta():
            pass
        self.sock.close()


if __name__ == "__main__":
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    porta = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
    Client(host, porta).conversazione()
