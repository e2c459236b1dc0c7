import socket
import sys

conn = socket.create_connection((sys.argv[1], int(sys.argv[2])))
question = input()
conn.sendall((question + "\n").encode("utf-8"))
fichier = conn.makefile("r", encoding="utf-8")
print("Server:", fichier.readline().rstrip("\n"), flush=True)
conn.close()
