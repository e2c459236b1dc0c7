import socket
import sys
import threading
import os


def empfangen(sock):
    rest = b""
    try:
        while True:
            daten = sock.recv(4096)
            if not daten:
                break
            rest += daten
            while b"\n" in rest:
                zeile, rest = rest.split(b"\n", 1)
                print(zeile.decode("utf-8", errors="replace").rstrip("\r"))
        print("Der Server hat aufgelegt")
        sys.stdout.flush()
        os._exit(0)
    except OSError as fehler:
        print("Verbindung verloren:", fehler, file=sys.stderr)
        os._exit(1)


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    try:
        sock = socket.create_connection((host, int(port)), timeout=2)
    except (OSError, ValueError, OverflowError) as fehler:
        sys.exit(f"Keine Verbindung: {fehler}")
    sock.settimeout(None)
    print(f"verbunden mit {host}:{port}", file=sys.stderr)
    threading.Thread(target=empfangen, args=(sock,), daemon=True).start()
    try:
        for text in sys.stdin:
            sock.sendall(text.encode("utf-8"))
            if text.strip() in ("{quit}", "/close"):
                break
        else:
            sock.sendall(b"{quit}\n")
    except KeyboardInterrupt:
        pass
    except OSError:
        os._exit(1)
    print("verlassen", file=sys.stderr)
    sock.shutdown(socket.SHUT_WR)
    sock.close()


main()
