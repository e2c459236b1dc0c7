import socket, sys

s = socket.socket()
s.bind((sys.argv[1], int(sys.argv[2])))
s.listen()
conn, addr = s.accept()
while True:
    data = conn.recv(1024)
    if not data:
        break
    for riga in data.decode().split("\n"):
        if riga == "/close":
            sys.exit()
        if riga:
            print("Client:", riga, flush=True)
conn.close()
