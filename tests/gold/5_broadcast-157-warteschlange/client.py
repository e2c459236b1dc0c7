import queue
import socket
import sys
import threading

getippt = queue.Queue()


def tastatur():
    """Liest, was getippt wird, und legt es in die Warteschlange."""
    for zeile in sys.stdin:
        getippt.put(zeile.rstrip("\n"))
    getippt.put("{quit}")


def unterhalten(sock):
    rest = b""
    while True:
        # empfangen
        daten = sock.recv(4096)
        if not daten:
            print("Der Server hat aufgelegt.", flush=True)
            return
        rest += daten
        while b"\n" in rest:
            zeile, rest = rest.split(b"\n", 1)
            print(zeile.decode(errors="replace").rstrip("\r"), flush=True)
        # senden, was inzwischen getippt wurde
        while not getippt.empty():
            text = getippt.get()
            sock.sendall(f"{text}\n".encode())
            if text in ("{quit}", "/close"):
                sock.shutdown(socket.SHUT_WR)
                return


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    threading.Thread(target=tastatur, daemon=True).start()
    try:
        with socket.create_connection((host, int(port)), timeout=2) as sock:
            sock.settimeout(None)
            print("verbunden mit", host, port, file=sys.stderr)
            unterhalten(sock)
        print("gegangen", file=sys.stderr)
    except KeyboardInterrupt:
        pass
    except (OSError, ValueError, OverflowError) as fehler:
        sys.exit(f"Fehler: {fehler}")


main()
