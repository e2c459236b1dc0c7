import os
import socket
import sys
import threading

verbindung = None
partner = ""


def empfangen():
    global partner
    datei = verbindung.makefile("rb")
    partner = datei.readline().decode("utf-8", "replace").strip()
    print("Du chattest mit", partner, flush=True)
    while True:
        zeile = datei.readline()
        if not zeile:
            print("Verbindung verloren", flush=True)
            os._exit(1)
        text = zeile.decode("utf-8", "replace").rstrip("\r\n")
        if text == "/close":
            print(partner, "hat den Chat beendet", flush=True)
            os._exit(0)
        print(partner + ": " + text, flush=True)


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
    name = input("Dein Name: ")
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((host, port))
    server.listen(1)
    verbindung, adresse = server.accept()
    print("verbunden mit", adresse, file=sys.stderr)
    verbindung.sendall((name + "\n").encode("utf-8"))
    t = threading.Thread(target=empfangen, daemon=True)
    t.start()
    for zeile in sys.stdin:
        text = zeile.rstrip("\n")
        if text == "/close":
            break
        verbindung.sendall((text + "\n").encode("utf-8"))
    verbindung.sendall(b"/close\n")
    verbindung.shutdown(socket.SHUT_WR)
    verbindung.close()


main()
