import socket
import sys

host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
with socket.create_connection((host, port), timeout=2) as s:
    s.settimeout(None)
    print(s.recv(1024).decode(), flush=True)  # il benvenuto del server
    for riga in sys.stdin:
        riga = riga.rstrip("\n")
        if not riga:
            break
        dati = riga.encode()
        s.sendall(dati)
        risposta = b""
        while len(risposta) < len(dati):
            risposta += s.recv(1024)
        print("Received:", risposta.decode(), flush=True)
