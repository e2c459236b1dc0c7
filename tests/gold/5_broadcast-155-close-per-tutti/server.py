import queue
import socket
import sys
import threading

posta = queue.Queue()
fine = threading.Event()
utenti = {}


def riga(conn, testo):
    try:
        conn.sendall(f"{testo}\n".encode())
    except OSError as errore:
        print("non arriva:", errore, file=sys.stderr)


def postino(massimo):
    """Un solo thread scrive a tutti: cosi l'ordine e' lo stesso per tutti."""
    while True:
        cosa, conn, testo = posta.get()
        if cosa == "entra":
            if len(utenti) >= massimo:
                riga(conn, "Non c'e' posto.")
                chiudi(conn)
                continue
            for altro in utenti:
                riga(altro, f"{testo} e' entrato")
            utenti[conn] = testo
            riga(conn, f"Benvenuto {testo}! Per uscire: {{quit}}")
        elif cosa == "dice" and conn in utenti:
            for altro in utenti:
                if altro is not conn:
                    riga(altro, f"{utenti[conn]}: {testo}")
        elif cosa == "esce":
            if conn in utenti:
                nome = utenti.pop(conn)
                for altro in utenti:
                    riga(altro, f"{nome} e' uscito")
            chiudi(conn)
        elif cosa == "fine":
            for altro in utenti:
                riga(altro, "La chat e' finita.")
                chiudi(altro)
            fine.set()
            return


def chiudi(conn):
    try:
        conn.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


def ascolta(conn, indirizzo):
    print("arriva", indirizzo, file=sys.stderr)
    nome = None
    resto = b""
    riga(conn, "Ciao! Come ti chiami?")
    try:
        while True:
            dati = conn.recv(4096)
            if not dati:
                break
            *righe, resto = (resto + dati).split(b"\n")
            for r in righe:
                testo = r.decode(errors="replace").removesuffix("\r")
                if testo == "/close":
                    # /close chiude la chat
                    posta.put(("fine", None, None))
                    return
                if testo == "{quit}":
                    return
                if nome is None:
                    t = testo.strip()
                    if 1 <= len(t) <= 32 and t.isprintable():
                        nome = t
                        posta.put(("entra", conn, nome))
                    else:
                        riga(conn, "Nome non valido. Come ti chiami?")
                elif testo:
                    posta.put(("dice", conn, testo))
    except OSError as errore:
        print("perso", indirizzo, errore, file=sys.stderr)
    finally:
        posta.put(("esce", conn, None))
        print("esce", indirizzo, file=sys.stderr)


def accetta(s):
    while True:
        conn, indirizzo = s.accept()
        threading.Thread(target=ascolta, args=(conn, indirizzo), daemon=True).start()


def tastiera():
    for r in sys.stdin:
        if r.strip() == "/close":
            posta.put(("fine", None, None))
            return
        print("Solo /close", flush=True)


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    porta = sys.argv[2] if len(sys.argv) > 2 else "50007"
    massimo = sys.argv[3] if len(sys.argv) > 3 else "100"
    try:
        s = socket.create_server((host, int(porta)))
        threading.Thread(target=postino, args=(int(massimo),), daemon=True).start()
    except (OSError, ValueError, OverflowError) as errore:
        sys.exit(f"Errore: {errore}")
    threading.Thread(target=accetta, args=(s,), daemon=True).start()
    threading.Thread(target=tastiera, daemon=True).start()
    try:
        while not fine.wait(0.5):
            pass
    except KeyboardInterrupt:
        posta.put(("fine", None, None))
        fine.wait(1)


main()
