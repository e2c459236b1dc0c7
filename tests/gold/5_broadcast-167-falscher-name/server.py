import socket
import sys
import threading
import logging

logging.basicConfig(level=logging.INFO)
verbindungen = []
namen = {}
sperre = threading.Lock()


def rundruf(nachricht, von=None):
    with sperre:
        for v in list(verbindungen):
            if v is von:
                continue
            try:
                v.sendall((nachricht + "\n").encode())
            except OSError as e:
                logging.warning("senden: %s", e)


def zeilen(v):
    rest = b""
    while True:
        stueck = v.recv(4096)
        if not stueck:
            return
        rest += stueck
        while b"\n" in rest:
            z, rest = rest.split(b"\n", 1)
            yield z.decode(errors="replace").removesuffix("\r")


def gast(v, adresse, hoechstens):
    logging.info("neu %s %s", *adresse)
    name = None
    try:
        v.sendall(b"Willkommen im Chat. Dein Name?\n")
        for z in zeilen(v):
            if z in ("{quit}", "/close"):
                break
            if name is None:
                if not 1 <= len(z.strip()) <= 32 or not z.strip().isprintable():
                    v.sendall(b"Ungueltiger Name, auf Wiedersehen.\n")
                    break
                with sperre:
                    if len(namen) >= hoechstens:
                        v.sendall(b"Leider voll.\n")
                        break
                    name = z.strip()
                    namen[v] = name
                rundruf(f"{name} ist da")
                with sperre:
                    verbindungen.append(v)
                    v.sendall(f"Hallo {name}, {{quit}} beendet.\n".encode())
            elif z:
                rundruf(f"{name}: {z}", v)
    except OSError as e:
        logging.warning("weg %s %s: %s", *adresse, e)
    with sperre:
        if v in verbindungen:
            verbindungen.remove(v)
        namen.pop(v, None)
    if name:
        rundruf(f"{name} ist weg")
    logging.info("ende %s %s", *adresse)
    try:
        v.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    v.close()


def tuer(server, hoechstens):
    while True:
        v, adresse = server.accept()
        threading.Thread(target=gast, args=(v, adresse, hoechstens), daemon=True).start()


if __name__ == "__main__":
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    try:
        port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
        hoechstens = int(sys.argv[3]) if len(sys.argv) > 3 else 100
        server = socket.create_server((host, port), backlog=200)
    except (OSError, ValueError, OverflowError) as e:
        sys.exit(f"Fehler: {e}")
    threading.Thread(target=tuer, args=(server, hoechstens), daemon=True).start()
    try:
        for befehl in sys.stdin:
            if befehl.strip() == "/close":
                break
            print("Unbekannt. Es gibt nur /close", flush=True)
        else:
            threading.Event().wait()
    except KeyboardInterrupt:
        pass
    rundruf("Ende.")
    for v in list(verbindungen):
        try:
            v.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
