"""Rundfunk: alle hören alle."""
import queue
import socket
import sys
import threading

post = queue.Queue(100)
leute = {}
hoechstens = int(sys.argv[3]) if len(sys.argv) > 3 else 100


def schreib(verb, text):
    verb.sendall(f"{text}\n".encode())


def zeilen(verb):
    with verb.makefile("rb") as datei:
        while roh := datei.readline(65537):
            yield roh.decode(errors="replace").rstrip("\r\n")


def empfange(verb, adresse):
    name = ""
    try:
        schreib(verb, "Name?")
        for text in zeilen(verb):
            if text in ("{quit}", "/close"):
                break
            if name:
                if text:
                    post.put(("sagt", verb, text))
                continue
            text = text.strip()
            if 0 < len(text) <= 32 and text.isprintable():
                name = text
                post.put(("kommt", verb, name))
            else:
                schreib(verb, "Name?")
    except OSError as fehler:
        print("verloren", adresse, fehler, file=sys.stderr, flush=True)
    post.put(("geht", verb, name))


def an_alle(text, ausser=None):
    for verb in leute:
        if verb is not ausser:
            schreib(verb, text)


def verteile():
    while True:
        was, verb, text = post.get()
        if was == "kommt":
            if len(leute) >= hoechstens:
                schreib(verb, "Voll!")
                verb.shutdown(socket.SHUT_RDWR)
                continue
            an_alle(f"{text} kommt")
            leute[verb] = text
            schreib(verb, f"Willkommen {text}, {{quit}} zum Gehen")
        elif was == "sagt":
            an_alle(f"{leute[verb]}: {text}", verb)
        elif was == "geht":
            if verb in leute:
                name = leute.pop(verb)
                an_alle(f"{name} geht")
            verb.close()


def nimm_an(horcher):
    while True:
        verb, adresse = horcher.accept()
        print("kommt", adresse, file=sys.stderr, flush=True)
        threading.Thread(target=empfange, args=(verb, adresse), daemon=True).start()


def main():
    try:
        horcher = socket.create_server((sys.argv[1], int(sys.argv[2])), backlog=100)
        threading.Thread(target=nimm_an, args=(horcher,), daemon=True).start()
        threading.Thread(target=verteile, daemon=True).start()
        for befehl in sys.stdin:
            if befehl.strip() == "/close":
                break
            print("Nur /close", flush=True)
        else:
            threading.Event().wait()
    except KeyboardInterrupt:
        pass
    except OSError as fehler:
        sys.exit(f"Geht nicht: {fehler}")
    for verb in list(leute):
        schreib(verb, "Schluss")
        verb.shutdown(socket.SHUT_RDWR)


main()
