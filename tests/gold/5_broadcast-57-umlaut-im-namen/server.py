"""Chat-Server mit selectors"""
import selectors
import socket
import sys
import threading
import os

sel = selectors.DefaultSelector()
puffer = {}
namen = {}
ausgang = {}
maximal = 100


def schicke(sock, zeile):
    if sock in ausgang:
        ausgang[sock] += zeile.encode() + b"\n"
        if len(ausgang[sock]) > 1_000_000:
            verliere(sock, "liest nicht")
        else:
            sel.modify(sock, selectors.EVENT_READ | selectors.EVENT_WRITE)


def alle(zeile, ausser=None):
    for sock in list(namen):
        if sock is not ausser:
            schicke(sock, zeile)


def neu(lauscher):
    sock, adresse = lauscher.accept()
    sock.setblocking(False)
    puffer[sock] = b""
    ausgang[sock] = b""
    sel.register(sock, selectors.EVENT_READ)
    print("verbunden", adresse, file=sys.stderr, flush=True)
    schicke(sock, "Hallo! Wie heisst du?")


def verliere(sock, grund=""):
    if sock not in ausgang:
        return
    sel.unregister(sock)
    try:
        sock.send(ausgang[sock])
    except OSError:
        pass
    del ausgang[sock], puffer[sock]
    name = namen.pop(sock, None)
    sock.close()
    print("weg", name, grund, file=sys.stderr, flush=True)
    if name:
        alle(f"{name} hat den Chat verlassen")


def lies(sock):
    try:
        daten = sock.recv(8192)
    except OSError as fehler:
        return verliere(sock, str(fehler))
    if not daten:
        return verliere(sock)
    puffer[sock] += daten
    while sock in puffer and b"\n" in puffer[sock]:
        zeile, puffer[sock] = puffer[sock].split(b"\n", 1)
        if len(zeile) > 65536:
            schicke(sock, "Zeile zu lang")
            return verliere(sock)
        behandle(sock, zeile.rstrip(b"\r"))
    if sock in puffer and len(puffer[sock]) > 65536:
        schicke(sock, "Zeile zu lang")
        verliere(sock)


def behandle(sock, zeile):
    text = zeile.decode("utf-8", "replace")
    if text in ("{quit}", "/close"):
        verliere(sock, "{quit}")
    elif sock not in namen:
        if len(zeile.strip()) == 0 or len(zeile.strip()) > 32 or not text.strip().isprintable():
            schicke(sock, "So kann man nicht heissen. Wie heisst du?")
        elif len(namen) >= maximal:
            schicke(sock, "Leider voll")
            verliere(sock)
        else:
            alle(f"{text.strip()} ist da")
            namen[sock] = text.strip()
            schicke(sock, f"Willkommen {namen[sock]}, mit {{quit}} gehst du")
    elif text:
        alle(f"{namen[sock]}: {text}", sock)


def schreibe(sock):
    try:
        n = sock.send(ausgang[sock])
        ausgang[sock] = ausgang[sock][n:]
    except OSError as fehler:
        return verliere(sock, str(fehler))
    if not ausgang[sock]:
        sel.modify(sock, selectors.EVENT_READ)


ende = threading.Event()


def konsole():
    for zeile in sys.stdin:
        if zeile.strip() == "/close":
            ende.set()
            return
        print("Nur /close", flush=True)


def main():
    global maximal
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    try:
        maximal = int(sys.argv[3]) if len(sys.argv) > 3 else 100
        lauscher = socket.create_server((host, int(port)), backlog=500)
    except (OSError, ValueError, OverflowError) as fehler:
        sys.exit(f"Geht nicht: {fehler}")
    lauscher.setblocking(False)
    sel.register(lauscher, selectors.EVENT_READ)
    threading.Thread(target=konsole, daemon=True).start()
    try:
        while not ende.is_set():
            for key, maske in sel.select(0.2):
                if key.fileobj is lauscher:
                    try:
                        neu(lauscher)
                    except BlockingIOError:
                        pass
                    continue
                if maske & selectors.EVENT_READ and key.fileobj in ausgang:
                    lies(key.fileobj)
                if maske & selectors.EVENT_WRITE and key.fileobj in ausgang:
                    schreibe(key.fileobj)
    except KeyboardInterrupt:
        pass
    alle("Der Chat ist zu Ende")
    for sock in list(ausgang):
        try:
            sock.send(ausgang[sock])
            sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
    os._exit(0)


main()
