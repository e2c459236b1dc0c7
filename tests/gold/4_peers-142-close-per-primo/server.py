import logging
import os
import socket
import sys
import threading

MASSIMO = 65536
finita = threading.Event()
stato = {"persa": False}


def tastiera(conn):
    for riga in sys.stdin:
        riga = riga.rstrip("\n")
        if riga == "/close":
            break
        conn.sendall((riga + "\n").encode())
    conn.sendall(b"/close\n")
    finita.set()


def righe(conn):
    resto = b""
    while True:
        pezzo = conn.recv(2048)
        if not pezzo:
            return
        resto += pezzo
        *pronte, resto = resto.split(b"\n")
        if len(resto) > MASSIMO or any(len(riga) > MASSIMO for riga in pronte):
            raise ValueError("riga troppo lunga")
        pronte = [riga.removesuffix(b"\r").decode("utf-8", "replace") for riga in pronte]
        if "/close" in pronte:
            yield "/close"
            return
        yield from pronte


def ascolta(conn):
    altro = ""
    try:
        for riga in righe(conn):
            if riga == "/close":
                print("L'altro se ne va.", flush=True)
                finita.set()
                return
            if not altro:
                altro = riga
                print("Parli con", altro, flush=True)
            else:
                print(f"{altro}: {riga}", flush=True)
        raise OSError("l'altro non risponde")
    except (OSError, ValueError) as errore:
        if not finita.is_set():
            stato["persa"] = True
            logging.warning("persa: %s", errore)
            finita.set()


def main():
    logging.basicConfig(level=logging.INFO)
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    porta = sys.argv[2] if len(sys.argv) > 2 else "50007"
    try:
        with socket.create_server((host, int(porta))) as ascoltatore:
            print("Il tuo nome:", flush=True)
            nome = sys.stdin.readline().strip()
            if not nome:
                return
            conn, indirizzo = ascoltatore.accept()
        logging.info("collegato %s porta %s", *indirizzo)
        conn.sendall((nome + "\n").encode())
        threading.Thread(target=tastiera, args=(conn,), daemon=True).start()
        threading.Thread(target=ascolta, args=(conn,), daemon=True).start()
        while not finita.wait(0.5):
            pass
        conn.shutdown(socket.SHUT_WR)
        logging.info("fine con %s porta %s", *indirizzo)
        sys.stdout.flush()
        os._exit(1 if stato["persa"] else 0)
    except KeyboardInterrupt:
        logging.info("interrotto")
        os._exit(0)
    except (OSError, ValueError, OverflowError) as errore:
        sys.exit(f"Errore: {errore}")


main()
