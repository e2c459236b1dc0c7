import socket
import sys
from datetime import datetime


def registra(testo):
    voce = datetime.now().isoformat(timespec="seconds") + " " + testo
    print(voce, flush=True)
    with open("logbook.txt", "a", encoding="utf-8") as f:
        f.write(voce + "\n")


def servi(conn):
    with conn, conn.makefile("r", encoding="utf-8", errors="replace", newline="\n") as righe:
        for riga in righe:
            registra(riga.rstrip("\n").removesuffix("\r"))


def main():
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    porta = sys.argv[2] if len(sys.argv) > 2 else "50007"
    try:
        with socket.create_server((host, int(porta))) as server:
            while True:
                conn, _ = server.accept()
                try:
                    servi(conn)
                except ConnectionError as e:
                    print("perso:", e, file=sys.stderr)
    except KeyboardInterrupt:
        pass
    except (OSError, ValueError, OverflowError) as e:
        sys.exit(f"Errore: {e}")


main()
