"""Chatserver mit einem Schloss um die Liste der Teilnehmer."""
import contextlib
import logging
import socket
import sys
import threading

LAENGSTE = 65536
GEDULD = 1
schloss = threading.Lock()
teilnehmer = {}


def zeilen(sock):
    rest = b""
    while True:
        try:
            stueck = sock.recv(4096)
        except TimeoutError:
            continue
        if not stueck:
            return
        rest += stueck
        while b"\n" in rest:
            zeile, rest = rest.split(b"\n", 1)
            if len(zeile) > LAENGSTE:
                raise ValueError("zu lange Zeile")
            yield zeile.removesuffix(b"\r").decode("utf-8", "replace")
        if len(rest) > LAENGSTE:
            raise ValueError("zu lange Zeile")


def sende(sock, text):
    try:
        sock.sendall((text + "\n").encode())
    except OSError as fehler:
        logging.warning("nicht gesendet: %s", fehler)
        trenne(sock)


def trenne(sock):
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


def an_alle(text, ausser=None):
    for sock in teilnehmer:
        if sock is not ausser:
            sende(sock, text)


def gut(name):
    return 1 <= len(name) <= 32 and name.isprintable()


def frage_namen(sock, eingang):
    sende(sock, "Hallo! Wie heisst du?")
    name = next(eingang, "{quit}")
    if name in ("{quit}", "/close"):
        return ""
    name = name.strip()
    while not gut(name):
        sende(sock, "Das ist kein Name. Wie heisst du?")
        name = next(eingang, None)
        if name is None:
            return ""
        name = name.strip()
    return name


def bediene(sock, adresse, hoechstens):
    logging.info("%s Port %s verbunden", *adresse)
    try:
        eingang = zeilen(sock)
        name = frage_namen(sock, eingang)
        if name:
            plaudere(sock, name, eingang, hoechstens)
        logging.info("%s Port %s gegangen", *adresse)
    except (OSError, ValueError) as fehler:
        logging.warning("%s Port %s verloren: %s", *adresse, fehler)
        sende(sock, f"Ende: {fehler}")
    with schloss:
        name = teilnehmer.pop(sock, None)
        if name:
            an_alle(f"{name} ist gegangen.")
        trenne(sock)
        sock.close()


def plaudere(sock, name, eingang, hoechstens):
    with schloss:
        if len(teilnehmer) >= hoechstens:
            sende(sock, "Es ist kein Platz mehr.")
            return
        an_alle(f"{name} ist da.")
        teilnehmer[sock] = name
        sende(sock, f"Willkommen, {name}! {{quit}} beendet den Chat.")
    for zeile in eingang:
        if zeile in ("{quit}", "/close"):
            return
        if zeile:
            with schloss:
                an_alle(f"{name}: {zeile}", ausser=sock)


def empfang(lauscher, hoechstens):
    while True:
        try:
            sock, adresse = lauscher.accept()
        except OSError:
            return
        sock.settimeout(GEDULD)
        threading.Thread(target=bediene, args=(sock, adresse, hoechstens), daemon=True).start()


def schluss():
    with schloss:
        an_alle("Der Chat ist zu Ende.")
        for sock in teilnehmer:
            trenne(sock)
        teilnehmer.clear()


def main():
    logging.basicConfig(level=logging.INFO)
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    hoechstens = int(sys.argv[3]) if len(sys.argv) > 3 else 100
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    try:
        with socket.create_server((host, int(port)), backlog=200) as lauscher:
            threading.Thread(target=empfang, args=(lauscher, hoechstens), daemon=True).start()
            try:
                for zeile in sys.stdin:
                    if zeile.strip() == "/close":
                        break
                    print("Befehle: /close", flush=True)
                else:
                    while True:
                        threading.Event().wait(1)
            finally:
                schluss()
    except KeyboardInterrupt:
        logging.info("abgebrochen")
    except (OSError, ValueError, OverflowError) as fehler:
        sys.exit(f"Fehler: {fehler}")


main()
