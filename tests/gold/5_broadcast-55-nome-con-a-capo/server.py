import socket
import sys
import threading
import os

partecipanti = {}
lucchetto = threading.Lock()


def invia_a_tutti(messaggio, tranne=None):
    with lucchetto:
        altri = [c for c in partecipanti if c != tranne]
    for c in altri:
        try:
            c.sendall(messaggio.encode() + b"\n")
        except OSError:
            pass


def gestisci(conn, indirizzo, massimo):
    file = conn.makefile("r", encoding="utf-8", errors="replace", newline="\n")
    nome = None
    try:
        conn.sendall(b"Ciao, come ti chiami?\n")
        nome = file.readline()
        while nome.strip() == "" or len(nome) > 33:
            if nome == "":
                conn.close()
                return
            conn.sendall(b"Come ti chiami?\n")
            nome = file.readline()
        if nome.strip() in ("{quit}", "/close"):
            conn.close()
            return
        if len(partecipanti) >= massimo:
            conn.sendall("Non c'è posto\n".encode())
            conn.close()
            return
        conn.sendall(f"Benvenuto {nome}Scrivi {{quit}} per uscire\n".encode())
        with lucchetto:
            partecipanti[conn] = nome
        invia_a_tutti(f"{nome} si è unito", conn)
        for riga in file:
            testo = riga.rstrip("\r\n")
            if testo in ("{quit}", "/close"):
                break
            if testo:
                invia_a_tutti(f"{nome}: {testo}", conn)
    except OSError as e:
        print("perso", indirizzo, e, file=sys.stderr)
    if conn in partecipanti:
        del partecipanti[conn]
        invia_a_tutti(f"{nome} se n'è andato")
    file.close()
    conn.close()


def accetta(server, massimo):
    while True:
        conn, indirizzo = server.accept()
        print("connesso", indirizzo, file=sys.stderr)
        threading.Thread(target=gestisci, args=(conn, indirizzo, massimo), daemon=True).start()


def chiudi():
    invia_a_tutti("Il server chiude")
    for c in list(partecipanti):
        try:
            c.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
    os._exit(0)


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    porta = sys.argv[2] if len(sys.argv) > 2 else 50007
    massimo = int(sys.argv[3]) if len(sys.argv) > 3 else 100
    try:
        server = socket.create_server((host, int(porta)), backlog=100)
    except (OSError, ValueError, OverflowError) as e:
        sys.exit(f"Errore: {e}")
    threading.Thread(target=accetta, args=(server, massimo), daemon=True).start()
    try:
        for comando in sys.stdin:
            if comando.strip() == "/close":
                chiudi()
            print("Scrivi /close per chiudere", flush=True)
        while True:
            threading.Event().wait(1)
    except KeyboardInterrupt:
        chiudi()


main()
