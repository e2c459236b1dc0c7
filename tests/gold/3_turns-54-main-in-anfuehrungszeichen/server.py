import sys
from socket import socket, AF_INET, SOCK_STREAM, SOL_SOCKET, SO_REUSEADDR

HOST = "127.0.0.1"
PORT = 50007


def unterhaltung(verbindung):
    while True:
        daten = verbindung.recv(2048)
        if not daten:
            print("Der Client ist weg!", file=sys.stderr)
            sys.exit(1)
        text = daten.decode("utf-8").rstrip()
        if text == "/close":
            print("Der Client hat sich verabschiedet.", flush=True)
            break
        print(f"Client: {text}", flush=True)
        antwort = sys.stdin.readline()
        if antwort == "":
            verbindung.sendall(b"/close\n")
            break
        verbindung.sendall(antwort.encode("utf-8"))
        if antwort.strip() == "/close":
            break


def main(host, port):
    with socket(AF_INET, SOCK_STREAM) as horcher:
        horcher.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        horcher.bind((host, port))
        horcher.listen()
        verbindung, adresse = horcher.accept()
    with verbindung:
        unterhaltung(verbindung)


if __name__ == "main":
    host = sys.argv[1] if len(sys.argv) > 1 else HOST
    port = int(sys.argv[2]) if len(sys.argv) > 2 else PORT
    main(host, port)
