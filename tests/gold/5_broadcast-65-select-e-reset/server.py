import select
import socket
import sys

MAX = int(sys.argv[3]) if len(sys.argv) > 3 else 100


class Cliente:
    def __init__(self, sock):
        self.sock = sock
        self.nome = None
        self.entrata = b""
        self.uscita = b""

    def fileno(self):
        return self.sock.fileno()

    def scrivi(self, testo):
        self.uscita += testo.encode() + b"\n"


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    try:
        porta = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
        ascolto = socket.create_server((host, porta), backlog=200)
    except (OSError, ValueError, OverflowError) as e:
        sys.exit(f"Non posso: {e}")
    ascolto.setblocking(False)
    clienti = []
    tastiera = [sys.stdin]
    chiudere = False

    def diffondi(testo, tranne=None):
        for c in clienti:
            if c.nome and c is not tranne:
                c.scrivi(testo)

    def esce(c):
        if c not in clienti:
            return
        clienti.remove(c)
        if c.nome:
            diffondi(c.nome + " esce")
        try:
            c.sock.send(c.uscita)
        except BlockingIOError:
            pass
        c.sock.close()
        print("uscito", c.nome, file=sys.stderr, flush=True)

    def riga(c, testo):
        if testo in ("{quit}", "/close"):
            esce(c)
        elif c.nome is None:
            testo = testo.strip()
            if not (0 < len(testo) <= 32 and testo.isprintable()):
                c.scrivi("Nome non valido, riprova")
            elif len([x for x in clienti if x.nome]) >= MAX:
                c.scrivi("Siamo al completo")
                esce(c)
            else:
                diffondi(testo + " entra")
                c.nome = testo
                c.scrivi("Benvenuta/o " + testo + ", {quit} per andare via")
        elif testo:
            diffondi(c.nome + ": " + testo, c)

    try:
        while not chiudere:
            scriventi = [c for c in clienti if c.uscita]
            lettori, scrittori, _ = select.select([ascolto] + clienti + tastiera, scriventi, [])
            for chi in lettori:
                if chi is ascolto:
                    s, indirizzo = ascolto.accept()
                    s.setblocking(False)
                    nuovo = Cliente(s)
                    clienti.append(nuovo)
                    nuovo.scrivi("Ciao! Dimmi il tuo nome")
                    print("connesso", indirizzo, file=sys.stderr, flush=True)
                elif chi is sys.stdin:
                    comando = sys.stdin.readline()
                    if comando == "":
                        tastiera = []
                    elif comando.strip() == "/close":
                        chiudere = True
                    else:
                        print("Solo /close", flush=True)
                elif chi in clienti:
                    dati = chi.sock.recv(4096)
                    if not dati:
                        esce(chi)
                        continue
                    chi.entrata += dati
                    while b"\n" in chi.entrata and chi in clienti:
                        una, chi.entrata = chi.entrata.split(b"\n", 1)
                        riga(chi, una.decode("utf-8", "replace").rstrip("\r"))
                    if len(chi.entrata) > 65536:
                        chi.scrivi("Riga troppo lunga")
                        esce(chi)
            for c in scrittori:
                if c in clienti:
                    n = c.sock.send(c.uscita)
                    c.uscita = c.uscita[n:]
                    if len(c.uscita) > 500000:
                        esce(c)
    except KeyboardInterrupt:
        pass
    diffondi("La chat finisce qui")
    for c in clienti:
        try:
            c.sock.send(c.uscita)
        except OSError:
            pass
        c.sock.close()


main()
