import socket
import sys
import datetime


def eintragen(zeile):
    zeit = datetime.datetime.now().isoformat(timespec="seconds")
    eintrag = zeit + " " + zeile
    datei = open("logbook.txt", "a", encoding="utf-8")
    datei.write(eintrag + "\n")
    datei.close()
    print(eintrag, flush=True)


def client_bedienen(verbindung):
    ende = False
    while not ende:
        puffer = b""
        daten = verbindung.recv(2048)
        if len(daten) == 0:
            ende = True
        puffer = puffer + daten
        while b"\n" in puffer:
            pos = puffer.index(b"\n")
            zeile = puffer[:pos]
            puffer = puffer[pos + 1:]
            if zeile.endswith(b"\r"):
                zeile = zeile[:-1]
            eintragen(zeile.decode("utf-8", errors="replace"))
    if puffer != b"":
        eintragen(puffer.decode("utf-8", errors="replace"))


host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
sys.stdout.reconfigure(encoding="utf-8")
try:
    lauscher = socket.create_server((host, port))
    while True:
        verbindung, adresse = lauscher.accept()
        print("neu:", adresse, file=sys.stderr)
        try:
            client_bedienen(verbindung)
            print("weg:", adresse, file=sys.stderr)
        except OSError as e:
            print("verloren:", adresse, e, file=sys.stderr)
        verbindung.close()
except KeyboardInterrupt:
    pass
except OSError as e:
    print("Fehler:", e, file=sys.stderr)
    sys.exit(1)
