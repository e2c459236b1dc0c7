import os
import socket
import sys
import threading


def empfangen(verbindung):
    puffer = b""
    name = None
    while True:
        try:
            stueck = verbindung.recv(4096)
        except OSError:
            stueck = b""
        if not stueck:
            print("Die Verbindung ist weg", file=sys.stderr, flush=True)
            os._exit(1)
        puffer += stueck
        *zeilen, puffer = puffer.split(b"\n")
        for zeile in zeilen:
            text = zeile.decode("utf-8", errors="replace").rstrip("\r")
            if name is None:
                name = text
                print("Gespräch mit", name, flush=True)
            elif text == "/close":
                print(name, "hat aufgelegt", flush=True)
                os._exit(0)
            else:
                print(f"{name}: {text}", flush=True)


def senden(verbindung, name):
    ausgang = [name]
    while True:
        zeile = sys.stdin.readline()
        ausgang.append(zeile.rstrip("\n") if zeile else "/close")
        ende = ausgang[-1] == "/close"
        verbindung.sendall(("\n".join(ausgang) + "\n").encode("utf-8"))
        ausgang.clear()
        if ende:
            verbindung.shutdown(socket.SHUT_WR)
            os._exit(0)


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    print("Dein Name:", flush=True)
    name = sys.stdin.readline().strip()
    try:
        with socket.create_server((host, int(port))) as tuer:
            verbindung, _ = tuer.accept()
    except (OSError, ValueError, OverflowError) as fehler:
        sys.exit(f"Geht nicht: {fehler}")
    threading.Thread(target=empfangen, args=(verbindung,)).start()
    senden(verbindung, name)


main()
