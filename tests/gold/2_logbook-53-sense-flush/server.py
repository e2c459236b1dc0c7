import socket
import sys
from datetime import datetime


def main():
    maquina = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    try:
        port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
        s = socket.create_server((maquina, port))
    except (OSError, ValueError, OverflowError) as e:
        sys.exit("Error: " + str(e))
    fitxer = open("logbook.txt", "a", encoding="utf-8")
    while True:
        conn, adreca = s.accept()
        pendent = b""
        while True:
            try:
                dades = conn.recv(4096)
            except OSError:
                break
            if not dades:
                break
            pendent += dades
            while b"\n" in pendent:
                linia, pendent = pendent.split(b"\n", 1)
                entrada = datetime.now().isoformat(timespec="seconds") + " " + linia.decode(errors="replace")
                fitxer.write(entrada + "\n")
                print(entrada, flush=True)
        if pendent:
            entrada = datetime.now().isoformat(timespec="seconds") + " " + pendent.decode(errors="replace")
            fitxer.write(entrada + "\n")
            print(entrada, flush=True)
        conn.close()


main()
