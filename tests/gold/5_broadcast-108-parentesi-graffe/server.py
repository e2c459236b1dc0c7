import socket
import sys
import threading

PORTA = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
INDIRIZZO = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"

connessi = {}
blocco = threading.Lock()


def scrivi(conn, testo):
    conn.sendall((testo + "\n").encode())


def a_tutti(testo, escluso=None):
    with blocco:
        for conn in connessi:
            if conn is not escluso:
                try:
                    scrivi(conn, testo)
                except OSError:
                    pass


def servi(conn):
    scrivi(conn, "Ciao! Il tuo nome?")
    file = conn.makefile("r", encoding="utf-8", errors="replace", newline="\n")
    nome = file.readline().strip()
    if nome in ("", "{quit}", "/close"):
        conn.shutdown(socket.SHUT_RDWR)
        return
    scrivi(conn, f"Benvenuto {nome}! Scrivi {quit} per uscire.")
    a_tutti("{nome} è entrato nella chat.")
    with blocco:
        connessi[conn] = nome
    try:
        for riga in file:
            riga = riga.rstrip("\r\n")
            if riga in ("{quit}", "/close"):
                break
            if riga:
                a_tutti(f"{nome}: {riga}", conn)
    except OSError:
        pass
    with blocco:
        del connessi[conn]
    a_tutti(f"{nome} è uscito dalla chat.")
    try:
        conn.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


def accetta(ascolto):
    while True:
        conn, _ = ascolto.accept()
        threading.Thread(target=servi, args=[conn], daemon=True).start()


ascolto = socket.create_server((INDIRIZZO, PORTA))
threading.Thread(target=accetta, args=[ascolto], daemon=True).start()
try:
    for comando in sys.stdin:
        if comando.strip() == "/close":
            break
        print("comandi: /close", flush=True)
    else:
        threading.Event().wait()
except KeyboardInterrupt:
    pass
a_tutti("La chat è finita.")
for conn in list(connessi):
    conn.shutdown(socket.SHUT_RDWR)
