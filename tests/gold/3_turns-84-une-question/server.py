import socket
import sys

with socket.create_server((sys.argv[1], int(sys.argv[2]))) as ecoute:
    conn, adresse = ecoute.accept()
    fichier = conn.makefile("r", encoding="utf-8")
    print("Client:", fichier.readline().rstrip("\n"), flush=True)
    reponse = input()
    conn.sendall((reponse + "\n").encode("utf-8"))
    conn.close()
