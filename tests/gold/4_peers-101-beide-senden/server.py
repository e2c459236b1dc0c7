import socket
import sys
import threading

HOST = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
PORT = int(sys.argv[2]) if len(sys.argv) > 2 else 50007

fertig = threading.Event()


def empfangen(datei, partner):
    for zeile in datei:
        zeile = zeile.rstrip("\r\n")
        if zeile == "/close":
            print(f"{partner} hat den Chat beendet.", flush=True)
            break
        print(f"{partner}: {zeile}", flush=True)
    fertig.set()


def senden(verbindung):
    for zeile in sys.stdin:
        zeile = zeile.rstrip("\n")
        if zeile == "/close":
            break
        verbindung.sendall((zeile + "\n").encode("utf-8"))
    verbindung.sendall(b"/close\n")
    fertig.set()


def main():
    name = sys.stdin.readline().strip()
    lauscher = socket.create_server((HOST, PORT))
    verbindung, adresse = lauscher.accept()
    print("verbunden mit", adresse, file=sys.stderr)
    verbindung.sendall((name + "\n").encode("utf-8"))
    datei = verbindung.makefile("r", encoding="utf-8", errors="replace", newline="\n")
    partner = datei.readline().strip()
    print(f"Du chattest mit {partner}", flush=True)

    aufgaben = [(empfangen, (datei, partner)), (senden, (verbindung,))]
    threads = []
    for funktion, argumente in aufgaben:
        threads.append(threading.Thread(target=lambda: funktion(*argumente), daemon=True))
    for t in threads:
        t.start()
    fertig.wait()
    verbindung.shutdown(socket.SHUT_WR)


if __name__ == "__main__":
    main()
