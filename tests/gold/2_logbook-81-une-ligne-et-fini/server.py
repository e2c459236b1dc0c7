import socket
import sys
from datetime import datetime


def serveur(hote, port):
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    s.bind((hote, port))
    s.listen(5)
    print("Serveur en écoute sur", hote, port, file=sys.stderr)
    while True:
        client, adresse = s.accept()
        message = client.recv(4096).decode("utf-8").rstrip("\n")
        heure = datetime.now().strftime("%Y-%m-%dT%H:%M:%S")
        with open("logbook.txt", "a", encoding="utf-8") as fichier:
            fichier.write(heure + " " + message + "\n")
        print(heure, message, flush=True)
        client.close()


serveur(sys.argv[1], int(sys.argv[2]))
