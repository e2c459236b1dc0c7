# client echo - esercizio 1
import socket
import sys


def leggi_indirizzo():
    host = "127.0.0.1"
    porta = 50007
    if len(sys.argv) > 1:
        host = sys.argv[1]
    if len(sys.argv) > 2:
        porta = int(sys.argv[2])
    return host, porta


def main():
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    s.connect(leggi_indirizzo())
    print("Connesso!", flush=True)
    while True:
        try:
            riga = input()
        except EOFError:
            break
        dati = riga.encode("utf-8")
        s.sendall(dati)
        risposta = s.recv(4096)
        while len(risposta) < len(dati):
            risposta += s.recv(4096)
        print("Received:", risposta.decode("utf-8"), flush=True)
    s.close()
    print("Ciao!", flush=True)


if __name__ == "__main__":
    main()
