import socket
import sys

host, port = "127.0.0.1", 50007
if len(sys.argv) > 2:
    host, port = sys.argv[1], int(sys.argv[2])

server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind((host, port))
server.listen(1)
conn, addr = server.accept()
datei = conn.makefile("r", encoding="utf-8")
for zeile in datei:
    zeile = zeile.strip()
    if zeile == "/close":
        break
    print("Client:", zeile, flush=True)
    antwort = sys.stdin.readline().strip()
    print("Server:", antwort, flush=True)
conn.close()
