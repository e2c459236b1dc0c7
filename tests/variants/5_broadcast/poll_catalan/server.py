"""Servidor de difusió amb select.poll: un sol fil per a totes les connexions, i un altre per al teclat."""

import argparse
import select
import socket
import sys
import threading
import time

LINIA_MAXIMA = 65_536  # bytes
COLA_MAXIMA = 200_000  # bytes que poden esperar per a un participant
PACIENCIA = 1  # segons

espera = select.poll()
gent = {}  # de cada descriptor, qui hi ha


def anota(text):
    """Escriu una línia al registre."""
    print(time.strftime("%H:%M:%S"), text, file=sys.stderr, flush=True)


class Algu:
    """Una connexió: el que ha arribat a mitges i el que s'ha d'enviar."""

    def __init__(self, conn, adreca):
        conn.setblocking(False)
        self.conn, self.on = conn, "{}:{}".format(*adreca)
        self.nom, self.entrada, self.sortida = "", b"", b""
        self.marxa = False  # quan no li quedi res per rebre
        self.des_de = 0.0  # des de quan no rep res
        gent[conn.fileno()] = self
        anota(f"arriba {self.on}")
        self.digues("Bon dia! Com et dius?")

    def digues(self, text):
        """Posa una línia a la seva cua."""
        self.des_de = self.des_de if self.sortida else time.monotonic()
        self.sortida += f"{text}\n".encode()

    def rep(self):
        """Rep bytes i en fa línies."""
        dades = self.conn.recv(32_768)
        if not dades:
            self.acaba("se'n va")
            return
        *linies, self.entrada = (self.entrada + dades).split(b"\n")
        if max(map(len, [*linies, self.entrada])) > LINIA_MAXIMA:
            self.digues("Aquesta línia és massa llarga. Adéu.")
            self.acaba("línia massa llarga")
        for linia in linies:
            if not self.marxa:
                self.escolta(linia.removesuffix(b"\r").decode(errors="replace"))

    def escolta(self, text):
        """Atén una línia."""
        nom = text.strip()
        if text in ("{quit}", "/close"):
            self.acaba("se'n va")
        elif self.nom:
            if text:
                digues_a_tothom(f"{self.nom}: {text}", menys=self)
        elif not (1 <= len(nom) <= 32 and nom.isprintable()):
            self.digues("Això no és cap nom. Com et dius?")
        elif sum(bool(algu.nom) for algu in gent.values()) >= opcions.max_clients:
            self.digues("No hi ha lloc, ho sento.")
            self.acaba("no hi cap")
        else:
            digues_a_tothom(f"{nom} ha entrat.")
            self.nom = nom
            self.digues(f"Hola {nom}, per sortir escriu {{quit}}.")

    def envia(self):
        """Envia el que hi cap ara."""
        enviats = self.conn.send(self.sortida[:65_536])
        self.sortida, self.des_de = self.sortida[enviats:], time.monotonic()

    def acaba(self, com):
        """Deixa de participar; el que li toca rebre encara surt."""
        anota(f"{com}: {self.on}")
        nom, self.nom, self.marxa = self.nom, "", True
        if nom:
            digues_a_tothom(f"{nom} ha sortit.")

    def penja(self):
        """Tanca la connexió."""
        del gent[self.conn.fileno()]
        espera.unregister(self.conn)
        self.conn.close()


def digues_a_tothom(text, menys=None):
    """Envia una línia a tots els participants menys un."""
    for algu in gent.values():
        if algu.nom and algu is not menys:
            algu.digues(text)


def volta(porta, timbre):
    """Espera que es pugui fer alguna cosa, i la fa; retorna si sona el timbre."""
    lliure = all(len(algu.sortida) < COLA_MAXIMA for algu in gent.values())
    for fd, algu in gent.items():
        llegeix = not algu.marxa and (lliure or not algu.nom)
        espera.register(fd, select.POLLIN * llegeix | select.POLLOUT * bool(algu.sortida))
    llestos = dict(espera.poll(250))
    if porta.fileno() in llestos:
        Algu(*porta.accept())
    for fd, algu in list(gent.items()):
        fets = llestos.get(fd, 0)
        try:
            if fets & (select.POLLERR | select.POLLHUP | select.POLLIN) and (lliure or not algu.nom) and not algu.marxa:
                algu.rep()
            if fets & (select.POLLERR | select.POLLOUT) and algu.sortida:
                algu.envia()
        except OSError as error:
            algu.sortida = b""
            algu.acaba(f"perdut ({error})")
        if algu.sortida and time.monotonic() - algu.des_de > PACIENCIA:
            algu.sortida = b""
            algu.acaba("perdut (no llegeix)")
        if algu.marxa and not algu.sortida:
            algu.penja()
    return timbre.fileno() in llestos


def mira_el_teclat(boto):
    """Obeeix el que s'escriu, fins a /close."""
    for linia in sys.stdin:
        if linia.strip() == "/close":
            boto.send(b"!")
        else:
            print("Només hi ha una ordre: /close", flush=True)


def serveix(porta):
    """Atén tothom fins que s'acaba la conversa, i llavors s'acomiada."""
    timbre, boto = socket.socketpair()
    espera.register(porta, select.POLLIN)
    espera.register(timbre, select.POLLIN)
    threading.Thread(target=mira_el_teclat, args=[boto], daemon=True).start()
    try:
        while not volta(porta, timbre):
            pass
    finally:
        digues_a_tothom("La conversa s'ha acabat.")
        for algu in gent.values():
            algu.nom, algu.marxa = "", True
        final = time.monotonic() + PACIENCIA
        while gent and time.monotonic() < final:
            volta(porta, timbre)


ordres = argparse.ArgumentParser(description="Servidor de difusió.")
ordres.add_argument("host", nargs="?", default="127.0.0.1")
ordres.add_argument("port", nargs="?", default="50007")
ordres.add_argument("max_clients", nargs="?", type=int, default=100)
opcions = ordres.parse_args()
sys.stdin.reconfigure(encoding="utf-8", errors="replace")
sys.stdout.reconfigure(encoding="utf-8", errors="replace")
sys.stderr.reconfigure(encoding="utf-8", errors="replace")
try:
    with socket.create_server((opcions.host, int(opcions.port)), backlog=200) as obert:
        serveix(obert)
except KeyboardInterrupt:
    anota("aturat amb Ctrl+C")
except (OSError, ValueError, OverflowError) as error:
    sys.exit(f"No ha anat bé: {error}")
