import socket
import sys


def servi(conn):
    # makefile rende il socket un file: cosi si legge riga per riga
    with conn.makefile("rb") as entrata:
        for riga in entrata:
            conn.sendall(riga)


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    porta = sys.argv[2] if len(sys.argv) > 2 else "50007"
    try:
        with socket.create_server((host, int(porta))) as porta_aperta:
            while True:
                conn, chi = porta_aperta.accept()
                with conn:
                    print("collegato", chi)
                    try:
                        servi(conn)
                    except OSError:
                        print("perso", chi)
    except (OSError, ValueError, OverflowError) as errore:
        print("Errore:", errore, file=sys.stderr)
        sys.exit(1)


main()
