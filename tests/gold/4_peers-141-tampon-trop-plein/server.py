import logging
import os
import socket
import sys
import threading

MAXI = 65536
fini = threading.Event()
etat = {"perdu": False}


def au_clavier(conn):
    for ligne in sys.stdin:
        ligne = ligne.rstrip("\n")
        if ligne == "/close":
            break
        conn.sendall((ligne + "\n").encode())
    conn.sendall(b"/close\n")
    fini.set()


def lignes(conn):
    tampon = b""
    while True:
        morceau = conn.recv(2048)
        if not morceau:
            return
        tampon += morceau
        if len(tampon) > MAXI:
            raise ValueError("ligne trop longue")
        while b"\n" in tampon:
            ligne, tampon = tampon.split(b"\n", 1)
            yield ligne.removesuffix(b"\r").decode("utf-8", "replace")


def ecoute(conn):
    autre = ""
    try:
        for ligne in lignes(conn):
            if ligne == "/close":
                print("L'autre est parti.", flush=True)
                fini.set()
                return
            if not autre:
                autre = ligne
                print("Vous parlez avec", autre, flush=True)
            else:
                print(f"{autre}: {ligne}", flush=True)
        raise OSError("l'autre a disparu")
    except (OSError, ValueError) as erreur:
        if not fini.is_set():
            etat["perdu"] = True
            logging.warning("fini : %s", erreur)
            fini.set()


def main():
    logging.basicConfig(level=logging.INFO)
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    hote = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    try:
        with socket.create_server((hote, int(port))) as serveur:
            print("Votre nom :", flush=True)
            nom = sys.stdin.readline().strip()
            if not nom:
                return
            conn, adresse = serveur.accept()
        logging.info("connexion de %s port %s", *adresse)
        conn.sendall((nom + "\n").encode())
        threading.Thread(target=au_clavier, args=(conn,), daemon=True).start()
        threading.Thread(target=ecoute, args=(conn,), daemon=True).start()
        while not fini.wait(0.5):
            pass
        conn.shutdown(socket.SHUT_WR)
        logging.info("fin de la conversation avec %s port %s", *adresse)
        sys.stdout.flush()
        os._exit(1 if etat["perdu"] else 0)
    except KeyboardInterrupt:
        logging.info("interrompu")
        os._exit(0)
    except (OSError, ValueError, OverflowError) as erreur:
        sys.exit(f"Erreur : {erreur}")


main()
