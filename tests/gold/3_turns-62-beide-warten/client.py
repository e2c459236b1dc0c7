import socket
import sys


def gespraech(datei, wer):
    """Abwechselnd hören und sprechen."""
    for zeile in datei:
        zeile = zeile.rstrip("\n")
        if zeile == "/close":
            print(wer, "ist weg", flush=True)
            return
        print(f"{wer}: {zeile}", flush=True)
        antwort = input()
        datei.write(antwort + "\n")
        datei.flush()
        if antwort == "/close":
            return
    sys.exit("Verbindung verloren")


def main():
    host, port = "127.0.0.1", 50007
    if len(sys.argv) > 1:
        host = sys.argv[1]
    if len(sys.argv) > 2:
        port = int(sys.argv[2])
    with socket.create_connection((host, port)) as verbindung:
        with verbindung.makefile("rw", encoding="utf-8") as datei:
            gespraech(datei, "Server")


main()
