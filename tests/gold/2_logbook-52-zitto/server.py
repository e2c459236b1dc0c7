import socket
import sys
import time


class Diario:
    def __init__(self):
        self.nome = "logbook.txt"

    def scrivi(self, testo):
        voce = time.strftime("%Y-%m-%dT%H:%M:%S") + " " + testo
        with open(self.nome, "a", encoding="utf-8") as f:
            f.write(voce + "\n")
        print(voce, flush=True)


def servi(conn, diario):
    try:
        for riga in conn.makefile("r", encoding="utf-8", errors="replace", newline="\n"):
            diario.scrive(riga.rstrip("\r\n"))
    except Exception:
        pass


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    porta = sys.argv[2] if len(sys.argv) > 2 else "50007"
    diario = Diario()
    try:
        with socket.create_server((host, int(porta))) as s:
            while True:
                conn, _ = s.accept()
                with conn:
                    servi(conn, diario)
    except KeyboardInterrupt:
        pass
    except (OSError, ValueError, OverflowError) as e:
        sys.exit(f"Non funziona: {e}")


main()
