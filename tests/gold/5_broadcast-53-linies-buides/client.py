# Client de xat
import socket
import sys
import threading
import os

HOST = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
PORT = int(sys.argv[2]) if len(sys.argv) > 2 else 50007


def rebre(fitxer):
    while True:
        linia = fitxer.readline()
        print(linia.rstrip("\r\n"), flush=True)


def main():
    try:
        s = socket.create_connection((HOST, PORT), timeout=2)
    except OSError as e:
        print("No es pot connectar:", e, file=sys.stderr)
        sys.exit(1)
    s.settimeout(None)
    fitxer = s.makefile("r", encoding="utf-8", errors="replace", newline="\n")
    threading.Thread(target=rebre, args=[fitxer], daemon=True).start()
    try:
        for text in sys.stdin:
            text = text.rstrip("\n")
            s.sendall((text + "\n").encode("utf-8"))
            if text == "{quit}" or text == "/close":
                break
        else:
            s.sendall(b"{quit}\n")
    except KeyboardInterrupt:
        pass
    except OSError as e:
        print("S'ha perdut el servidor:", e, file=sys.stderr)
        os._exit(1)
    s.shutdown(socket.SHUT_WR)


main()
