# server a turni
import socket
import sys


def avvia_server(indirizzo, porta):
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((indirizzo, porta))
    s.listen(1)
    print("Server in ascolto...", flush=True)
    conn = s.accept()
    print("Client connesso", flush=True)
    buffer = b""
    while True:
        try:
            while b"\n" not in buffer:
                pezzo = conn.recv(1024)
                if not pezzo:
                    print("Il client se n'è andato", flush=True)
                    return 1
                buffer += pezzo
            riga, buffer = buffer.split(b"\n", 1)
            testo = riga.decode("utf-8")
            if testo == "/close":
                print("Il client ha chiuso", flush=True)
                return 0
            print("Client:", testo, flush=True)
            risposta = input()
            conn.sendall(risposta.encode("utf-8") + b"\n")
            if risposta == "/close":
                return 0
        except Exception as e:
            print("Errore!", flush=True)
            return 1


if len(sys.argv) == 3:
    sys.exit(avvia_server(sys.argv[1], int(sys.argv[2])))
else:
    sys.exit(avvia_server("127.0.0.1", 50007))
