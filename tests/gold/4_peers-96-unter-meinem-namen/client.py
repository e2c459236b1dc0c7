import socket
import sys
import threading

name = input("Wie heisst du? ")
HOST = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
PORT = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
sock = socket.socket()
sock.connect((HOST, PORT))
sock.sendall((name + "\n").encode())
reader = sock.makefile("r", encoding="utf-8")
partner = reader.readline().strip()
print("Verbunden mit", partner, flush=True)


def empfangen():
    for zeile in reader:
        zeile = zeile.rstrip("\n")
        if zeile == "/close":
            print(partner, "ist gegangen", flush=True)
            return
        print(name + ": " + zeile, flush=True)


def senden():
    for zeile in sys.stdin:
        sock.sendall(zeile.encode())
        if zeile == "/close\n":
            return
    sock.sendall(b"/close\n")


t = threading.Thread(target=senden, daemon=True)
t.start()
empfangen()
sock.close()
