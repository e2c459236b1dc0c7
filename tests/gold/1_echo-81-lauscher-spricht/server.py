# Echo server - Aufgabe 1
import socket
import sys

def bedienen(s):
    while True:
        daten = s.recv(1024)
        if not daten:
            break
        s.sendall(daten)

host = "127.0.0.1" if len(sys.argv) < 2 else sys.argv[1]
port = 50007 if len(sys.argv) < 3 else int(sys.argv[2])
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.bind((host, port))
s.listen(1)
while True:
    verbindung, adresse = s.accept()
    print("Verbunden mit", adresse)
    bedienen(s)
    verbindung.close()
