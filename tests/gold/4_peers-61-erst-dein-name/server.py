import socket
import sys
import threading


def vorstellen(datei, ich):
    du = datei.readline().rstrip("\r\n")
    datei.write(ich + "\n")
    datei.flush()
    print(f"Du sprichst mit {du}.", flush=True)
    return du


def hoeren(datei, du, ende, zustand):
    try:
        for zeile in datei:
            zeile = zeile.rstrip("\r\n")
            if zeile == "/close":
                print(f"{du} ist gegangen.", flush=True)
                ende.set()
                return
            print(f"{du}: {zeile}", flush=True)
    except OSError:
        pass
    if not ende.is_set():
        print("Verbindung verloren.", file=sys.stderr)
        zustand.append("verloren")
    ende.set()


def reden(sock, ende):
    for zeile in sys.stdin:
        if zeile == "/close\n":
            break
        sock.sendall(zeile.encode())
    ende.set()
    sock.sendall(b"/close\n")


def main():
    print("Wie heißt du?", flush=True)
    ich = sys.stdin.readline().strip()
    try:
        with socket.create_server((sys.argv[1], int(sys.argv[2]))) as tuer:
            sock, _ = tuer.accept()
        datei = sock.makefile("rw", encoding="utf-8", errors="replace", newline="\n")
        du = vorstellen(datei, ich)
    except (OSError, ValueError, OverflowError) as fehler:
        sys.exit(f"Fehler: {fehler}")
    ende, zustand = threading.Event(), []
    hoerer = threading.Thread(target=hoeren, args=(datei, du, ende, zustand), daemon=True)
    hoerer.start()
    threading.Thread(target=reden, args=(sock, ende), daemon=True).start()
    ende.wait()
    sock.shutdown(socket.SHUT_WR)
    hoerer.join(1)
    if zustand:
        sys.exit(1)


main()
