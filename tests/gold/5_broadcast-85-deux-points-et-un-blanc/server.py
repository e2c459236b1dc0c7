import socket
import sys
import threading

clients = {}  # connexion -> pseudo
verrou = threading.Lock()


def diffuser(texte, sauf=None):
    with verrou:
        for connexion in clients:
            if connexion is not sauf:
                connexion.sendall((texte + "\n").encode("utf-8"))


def servir(connexion, adresse):
    fichier = connexion.makefile("r", encoding="utf-8", errors="replace", newline="\n")
    connexion.sendall("Bonjour, quel est ton pseudo ?\n".encode("utf-8"))
    pseudo = fichier.readline().strip()
    with verrou:
        clients[connexion] = pseudo
    connexion.sendall(f"Bienvenue {pseudo} ! Tape {{quit}} pour partir.\n".encode("utf-8"))
    diffuser(f"{pseudo} est arrivé", connexion)
    while True:
        ligne = fichier.readline()
        if not ligne:
            break
        ligne = ligne.rstrip("\r\n")
        if ligne in ("{quit}", "/close"):
            break
        diffuser(f"{pseudo} : {ligne}", connexion)
    with verrou:
        del clients[connexion]
    diffuser(f"{pseudo} est parti")
    connexion.close()


def accepter(ecoute):
    while True:
        connexion, adresse = ecoute.accept()
        threading.Thread(target=servir, args=(connexion, adresse), daemon=True).start()


hote = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
with socket.create_server((hote, port)) as ecoute:
    threading.Thread(target=accepter, args=(ecoute,), daemon=True).start()
    try:
        for ligne in sys.stdin:
            if ligne.strip() == "/close":
                diffuser("Le serveur s'arrête")
                break
            print("commandes : /close", flush=True)
        else:
            threading.Event().wait()
    except KeyboardInterrupt:
        diffuser("Le serveur s'arrête")
