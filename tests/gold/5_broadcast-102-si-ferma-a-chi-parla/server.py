import socket
import sys
import threading

HOST = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
PORT = int(sys.argv[2]) if len(sys.argv) > 2 else 50007

utenti = []
nomi = {}


def invia_a_tutti(testo, mittente=None):
    for utente in utenti:
        if utente is mittente:
            break
        utente.sendall((testo + "\n").encode("utf-8"))


def gestisci(conn, addr):
    conn.sendall("Ciao! Come ti chiami?\n".encode("utf-8"))
    f = conn.makefile("r", encoding="utf-8", errors="replace", newline="\n")
    nome = f.readline().strip()
    if not nome or nome == "{quit}":
        conn.close()
        return
    conn.sendall(f"Benvenuto {nome}! Per uscire scrivi {{quit}}\n".encode("utf-8"))
    invia_a_tutti(f"{nome} è entrato")
    utenti.append(conn)
    nomi[conn] = nome
    for riga in f:
        riga = riga.rstrip("\r\n")
        if riga in ("{quit}", "/close"):
            break
        invia_a_tutti(f"{nome}: {riga}", conn)
    utenti.remove(conn)
    del nomi[conn]
    invia_a_tutti(f"{nome} è uscito")
    conn.shutdown(socket.SHUT_RDWR)
    conn.close()


def accetta(server):
    while True:
        conn, addr = server.accept()
        print("connesso", addr, file=sys.stderr)
        threading.Thread(target=gestisci, args=(conn, addr), daemon=True).start()


server = socket.create_server((HOST, PORT))
threading.Thread(target=accetta, args=(server,), daemon=True).start()
try:
    threading.Event().wait()
except KeyboardInterrupt:
    pass
