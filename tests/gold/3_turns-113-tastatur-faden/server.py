import queue
import socket
import sys
from threading import Thread


class Tastatur:
    """Liest alle Zeilen, sobald sie getippt sind."""

    def __init__(self):
        self.zeilen = queue.Queue()
        Thread(target=self.lies).start()

    def lies(self):
        while True:
            zeile = sys.stdin.readline()
            if not zeile:
                self.zeilen.put("/close")
                return
            self.zeilen.put(zeile.rstrip("\n"))


def gespraech(verbindung, tastatur):
    ankommend = verbindung.makefile("r", encoding="utf-8", errors="replace", newline="\n")
    while True:
        zeile = ankommend.readline(65_537)
        if not zeile.endswith("\n"):
            sys.exit("Der Client ist weg.")
        text = zeile[:-1].removesuffix("\r")
        if text == "/close":
            print("Der Client hat sich verabschiedet.", flush=True)
            return
        print("Client:", text, flush=True)
        antwort = tastatur.zeilen.get()
        verbindung.sendall(antwort.encode("utf-8") + b"\n")
        if antwort == "/close":
            return


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    sys.stdin.reconfigure(encoding="utf-8")
    sys.stdout.reconfigure(encoding="utf-8")
    try:
        with socket.create_server((host, int(port))) as lauscher:
            verbindung, adresse = lauscher.accept()
        print("verbunden:", *adresse, file=sys.stderr, flush=True)
        gespraech(verbindung, Tastatur())
        verbindung.close()
        print("beendet:", *adresse, file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        print("abgebrochen", file=sys.stderr)
    except (OSError, ValueError, OverflowError) as fehler:
        sys.exit(f"Fehler: {fehler}")


main()
