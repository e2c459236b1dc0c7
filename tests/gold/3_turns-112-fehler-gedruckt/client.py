import logging
import socket
import sys

GRENZE = 65536


class Leitung:
    def __init__(self, sock):
        self.sock = sock
        self.puffer = b""

    def zeile(self):
        while b"\n" not in self.puffer:
            if len(self.puffer) > GRENZE:
                raise OSError("Zeile zu lang")
            stueck = self.sock.recv(4096)
            if not stueck:
                raise OSError("Server weg")
            self.puffer += stueck
        roh, _, self.puffer = self.puffer.partition(b"\n")
        if len(roh) > GRENZE:
            raise OSError("Zeile zu lang")
        return roh.removesuffix(b"\r").decode("utf-8", "replace")

    def sende(self, text):
        self.sock.sendall(text.encode() + b"\n")


def gespraech(leitung):
    while True:
        eingabe = sys.stdin.readline()
        text = eingabe.rstrip("\n") if eingabe else "/close"
        leitung.sende(text)
        if text == "/close":
            return
        antwort = leitung.zeile()
        if antwort == "/close":
            print("Der Server ist gegangen.", flush=True)
            return
        print("Server: " + antwort, flush=True)


def main():
    logging.basicConfig(level=logging.INFO)
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    try:
        with socket.create_connection((host, int(port)), timeout=2) as sock:
            sock.settimeout(None)
            logging.info("verbunden mit %s %s", host, port)
            gespraech(Leitung(sock))
        logging.info("fertig")
    except KeyboardInterrupt:
        logging.info("Strg+C")
    except (OSError, ValueError, OverflowError) as fehler:
        print("FEHLER:", fehler, flush=True)
        sys.exit(1)


main()
