"""Broadcast server (Übung 5)"""
import queue, socket, sys, threading

ende = threading.Event()
nachrichten = queue.Queue(500)
postfach = {}


def zeilen(conn):
    rest = b""
    while True:
        try:
            stueck = conn.recv(4096)
        except TimeoutError:
            continue
        if not stueck:
            break
        rest += stueck
        while b"\n" in rest:
            zeile, rest = rest.split(b"\n", 1)
            if zeile.endswith(b"\r"):
                zeile = zeile[:-1]
            yield zeile.decode("utf-8", "replace")
        if len(rest) > 65536:
            raise ValueError("Zeile zu lang")


def empfangen(conn, adresse):
    name = ""
    nachrichten.put(("antwort", conn, "Willkommen! Wie heißt du?"))
    try:
        for text in zeilen(conn):
            if text in ("{quit}", "/close"):
                break
            if not name:
                kandidat = text.strip()
                if 1 <= len(kandidat) <= 32 and kandidat.isprintable():
                    name = kandidat
                    nachrichten.put(("neu", conn, name))
                else:
                    nachrichten.put(("antwort", conn, "Kein guter Name. Wie heißt du?"))
            elif text:
                nachrichten.put(("sagt", conn, f"{name}: {text}"))
    except (OSError, ValueError) as fehler:
        print("verloren:", adresse, fehler, file=sys.stderr)
    nachrichten.put(("weg", conn, name))


def annehmen(tuer):
    while True:
        conn, adresse = tuer.accept()
        print("verbunden:", adresse, file=sys.stderr)
        conn.settimeout(1)
        threading.Thread(target=empfangen, args=(conn, adresse), daemon=True).start()


def auflegen(conn):
    try:
        conn.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


def senden(conn, text):
    try:
        conn.sendall(text.encode())
    except OSError:
        auflegen(conn)


def allen(text, ausser=None):
    for conn in postfach:
        if conn is not ausser:
            postfach[conn] += text + "\n"


def verteilen(plaetze):
    while not ende.is_set():
        was, conn, text = nachrichten.get()
        if was == "antwort":
            senden(conn, text + "\n")
        elif was == "neu":
            if len(postfach) >= plaetze:
                senden(conn, "Leider voll.\n")
                auflegen(conn)
            else:
                allen(f"{text} ist jetzt da.")
                postfach[conn] = f"Hallo {text}, mit {{quit}} gehst du.\n"
        elif was == "sagt" and conn in postfach:
            allen(text, conn)
        elif was == "weg":
            if conn in postfach:
                del postfach[conn]
                allen(f"{text} ist gegangen.")
            conn.close()
        elif was == "schluss":
            allen("Der Chat ist zu Ende.")
            ende.set()
        for conn in postfach:
            if postfach[conn]:
                senden(conn, postfach[conn])
                postfach[conn] = ""
    for conn in postfach:
        auflegen(conn)


def konsole():
    for zeile in sys.stdin:
        if zeile.strip() == "/close":
            return
        print("Befehl: /close", flush=True)
    ende.wait()


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    plaetze = sys.argv[3] if len(sys.argv) > 3 else "100"
    try:
        sender = threading.Thread(target=verteilen, args=(int(plaetze),), daemon=True)
        with socket.create_server((host, int(port)), backlog=200) as tuer:
            threading.Thread(target=annehmen, args=(tuer,), daemon=True).start()
            try:
                konsole()
            finally:
                sender.start()
                nachrichten.put(("schluss", None, ""))
                sender.join()
    except KeyboardInterrupt:
        pass
    except (OSError, ValueError, OverflowError) as fehler:
        sys.exit(f"Fehler mit {host} {port}: {fehler}")


main()
