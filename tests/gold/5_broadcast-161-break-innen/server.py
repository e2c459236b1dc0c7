# Chat-Server, Aufgabe 5
import socket
import sys
import threading

HOST = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
PORT = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
MAX = int(sys.argv[3]) if len(sys.argv) > 3 else 100

teilnehmer = {}
schloss = threading.Lock()


def sende(sock, text):
    sock.sendall((text + "\n").encode("utf-8"))


def an_alle(text, ausser=None):
    with schloss:
        ziele = [s for s in teilnehmer if s is not ausser]
        for s in ziele:
            try:
                sende(s, text)
            except OSError:
                pass


def bedienen(sock, adresse):
    print("verbunden:", adresse, file=sys.stderr)
    name = None
    puffer = b""
    try:
        sende(sock, "Hallo! Wie heisst du?")
        while True:
            daten = sock.recv(4096)
            if not daten:
                break
            puffer += daten
            zeilen = puffer.split(b"\n")
            puffer = zeilen.pop()
            for zeile in zeilen:
                text = zeile.decode("utf-8", "replace").rstrip("\r")
                if text == "{quit}" or text == "/close":
                    break
                if name is None:
                    kandidat = text.strip()
                    if not 1 <= len(kandidat) <= 32 or not kandidat.isprintable():
                        sende(sock, "Das ist kein Name. Wie heisst du?")
                        continue
                    with schloss:
                        voll = len(teilnehmer) >= MAX
                    if voll:
                        sende(sock, "Der Chat ist voll.")
                        return
                    name = kandidat
                    an_alle(name + " ist jetzt dabei.")
                    with schloss:
                        teilnehmer[sock] = name
                        sende(sock, "Willkommen " + name + ", mit {quit} gehst du.")
                elif text:
                    an_alle(name + ": " + text, sock)
    except OSError as fehler:
        print("verloren:", adresse, fehler, file=sys.stderr)
    finally:
        with schloss:
            war_da = teilnehmer.pop(sock, None)
        if war_da:
            an_alle(war_da + " ist gegangen.")
        print("weg:", adresse, file=sys.stderr)
        try:
            sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        sock.close()


def annehmen(lauscher):
    while True:
        sock, adresse = lauscher.accept()
        threading.Thread(target=bedienen, args=(sock, adresse), daemon=True).start()


def haupt():
    try:
        lauscher = socket.create_server((HOST, PORT))
    except OSError as fehler:
        sys.exit(f"Geht nicht: {fehler}")
    threading.Thread(target=annehmen, args=(lauscher,), daemon=True).start()
    try:
        for befehl in sys.stdin:
            if befehl.strip() == "/close":
                break
            print("Nur /close kenne ich.", flush=True)
        else:
            threading.Event().wait()
    except KeyboardInterrupt:
        pass
    an_alle("Der Chat ist zu Ende.")
    with schloss:
        for s in teilnehmer:
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


haupt()
