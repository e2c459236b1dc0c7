"""Broadcast server with a lock instead of a queue, and with all extra exercises; it speaks Spanish.

Start: python server.py [HOST [PORT [MAX_CLIENTS [PASSWORD]]]]
"""

import contextlib
import logging
import socket
import sys
import threading

MAX_LINE = 65_536  # bytes of the longest line
PATIENCE = 1  # seconds for which somebody who does not read may hold the others up, once

lock = threading.Lock()  # whoever has it may look at the participants and send
participants = {}  # by connection


class Participant:
    """Somebody with a name; perhaps with a partner in private, or asked by somebody who would like to be one."""

    def __init__(self, conn, name):
        self.conn = conn
        self.name = name
        self.partner = None
        self.asked_by = None

    def is_busy(self):
        """Whether there is a private talk, or a question for one, from either side."""
        return self.partner or self.asked_by or any(other.asked_by is self for other in participants.values())

    def returns(self):
        """End the private talk and all questions."""
        for other in [self, *participants.values()]:
            if self in (other, other.partner):
                other.partner = None
            if self in (other, other.asked_by):
                other.asked_by = None


def receive_lines(conn):
    """Yield each line that arrives, as text without its line end."""
    rest = bytearray()
    while True:
        try:
            data = conn.recv(8192)
        except TimeoutError:
            continue
        if not data:
            return
        rest += data
        while (end := rest.find(b"\n")) >= 0 or len(rest) > MAX_LINE:
            if end < 0 or end > MAX_LINE:
                raise ValueError(f"una línea de más de {MAX_LINE} bytes")
            line = bytes(rest[:end])
            del rest[: end + 1]
            yield line.removesuffix(b"\r").decode(errors="replace")


def send(conn, text):
    """Send a line; give somebody up who does not take it in time, or is gone. The lock is held."""
    try:
        conn.sendall(f"{text}\n".encode())
    except OSError as error:
        logging.warning("no se puede enviar: %s", error)
        hang_up(conn)


def hang_up(conn):
    """Say end-of-stream: the thread that receives from this connection notices it too."""
    with contextlib.suppress(OSError):
        conn.shutdown(socket.SHUT_RDWR)


def tell_all(text, but=None):
    """Send a line to all participants but one. The lock is held, so the order is the same for all."""
    for conn in participants:
        if conn is not but:
            send(conn, text)


def serve(conn, address, max_clients, password):
    """Serve one connection until it ends."""
    logging.info("%s puerto %s ha conectado", *address)
    try:
        lines = receive_lines(conn)
        if enters(conn, lines, address, password):
            send(conn, "¡Hola! ¿Cómo te llamas?")
            for text in lines:
                if text in ("{quit}", "/close") or not hear(conn, text, max_clients):
                    break
        logging.info("%s puerto %s se ha ido", *address)
    except (OSError, ValueError) as error:
        logging.warning("%s puerto %s se ha perdido: %s", *address, error)
        send(conn, f"Adiós: {error}")
    with lock:
        lets_go(conn, "se ha ido")
        hang_up(conn)
        conn.close()


def enters(conn, lines, address, password):
    """Ask for the password, three times at most. Whether it was given."""
    if not password:
        return True
    send(conn, "¡Hola! ¿La contraseña?")
    for number, text in enumerate(lines, 1):
        if text == password:
            return True
        if text in ("{quit}", "/close"):
            return False
        logging.warning("%s puerto %s: contraseña equivocada", *address)
        send(conn, "No es esa.")
        if number == 3:
            return False
    return False


def hear(conn, text, max_clients):
    """Deal with a line, and return whether whoever has said it may stay."""
    with lock:
        name = text.strip()
        if conn in participants:
            if text:
                speaks(participants[conn], text)
        elif not (0 < len(name) <= 32 and name.isprintable()):
            send(conn, "Eso no es un nombre. ¿Cómo te llamas?")
        elif len(participants) >= max_clients:
            send(conn, "Lo siento: no cabe nadie más.")
            return False
        else:
            joins(conn, name)
        return True


def joins(conn, name):
    """Let a newcomer take part, by a name that nobody has."""
    names = {one.name for one in participants.values()}
    free, number = name, 1
    while free in names:
        number += 1
        free = f"{name}{number}"
    if free != name:
        logging.info("%s ya está: será %s", name, free)
        send(conn, f"Ya hay alguien que se llama así: eres {free}.")
    if not participants:
        send(conn, "De momento no hay nadie más.")
    tell_all(f"-- {free} ha llegado --")
    participants[conn] = Participant(conn, free)
    send(conn, f"Te damos la bienvenida, {free}. Para salir: {{quit}}")
    send(conn, f"En la charla: {', '.join(each.name for each in participants.values())}")


def speaks(one, text):
    """Do what a participant says: an answer, a command, a word in private or for all."""
    if one.asked_by:
        answers(one, text)
    elif text.startswith("/ask "):
        asks(one, find(text.removeprefix("/ask "))[0])
    elif text == "/all" and one.partner:
        for other in (one, one.partner):
            send(other.conn, "Fin de la charla privada.")
        one.returns()
    elif one.partner:
        send(one.partner.conn, f"[en privado] {one.name}: {text}")
    elif text != "/all":
        tell_all(f"{one.name}: {text}", but=one.conn)


def asks(one, other):
    """Ask somebody else for a private talk."""
    if other in (None, one) or one.is_busy() or other.is_busy():
        send(one.conn, "Ahora no puede ser.")
    else:
        other.asked_by = one
        send(other.conn, f"{one.name} quiere hablar contigo en privado. ¿Quieres? (yes)")


def answers(one, text):
    """Take an answer to the question for a private talk."""
    asker, one.asked_by = one.asked_by, None
    if text == "yes":
        logging.info("%s y %s hablan en privado", asker.name, one.name)
        one.partner, asker.partner = asker, one
        send(one.conn, f"Ahora hablas con {asker.name} en privado, hasta /all.")
        send(asker.conn, f"Ahora hablas con {one.name} en privado, hasta /all.")
    else:
        send(asker.conn, f"{one.name} no quiere.")


def find(text):
    """The participant whose name this text begins with (None: nobody), and what follows."""
    words = text.strip().split(" ")
    names = {one.name: one for one in participants.values()}
    for count in range(len(words), 0, -1):
        name = " ".join(words[:count])
        if name in names:
            return names[name], " ".join(words[count:])
    return None, text


def lets_go(conn, why):
    """Take somebody out, and tell the others, once."""
    one = participants.pop(conn, None)
    if one:
        one.returns()
        tell_all(f"-- {one.name} {why} --")


def obey(line):
    """Do what is typed at the console; whether it was understood."""
    command, _, rest = line.strip().partition(" ")
    if command not in ("/to", "/kick"):
        print("Órdenes: /close, /to NOMBRE TEXTO, /kick NOMBRE MOTIVO", flush=True)
        return
    with lock:
        one, text = find(rest)
        if not one or (command == "/to" and not text):
            print("No hay nadie que se llame así, o falta el texto.", flush=True)
        elif command == "/to":
            logging.info("a %s en privado", one.name)
            send(one.conn, f"(el servidor, a ti) {text}")
        else:
            logging.info("expulsado %s: %s", one.name, text)
            send(one.conn, f"Tienes que irte. {text}")
            lets_go(one.conn, "ha tenido que irse")
            hang_up(one.conn)


def accept_all(listener, max_clients, password):
    """Start a thread for each one who connects."""
    while True:
        try:
            conn, address = listener.accept()
        except OSError:  # the listener is closed
            return
        conn.settimeout(PATIENCE)
        threading.Thread(target=serve, args=[conn, address, max_clients, password], daemon=True).start()


def say_goodbye():
    """Tell everybody that the chat is over, and hang up."""
    with lock:
        tell_all("-- La charla ha terminado --")
        for conn in participants:
            hang_up(conn)
        participants.clear()


def main():
    """Read the settings, serve, and obey the console."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    max_clients = int(sys.argv[3]) if len(sys.argv) > 3 else 100
    password = sys.argv[4] if len(sys.argv) > 4 else ""
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    try:
        with socket.create_server((host, int(port)), backlog=200) as listener:
            threading.Thread(target=accept_all, args=[listener, max_clients, password], daemon=True).start()
            try:
                for line in sys.stdin:
                    if line.strip() == "/close":
                        break
                    obey(line)
                else:
                    while True:
                        threading.Event().wait(1)
            finally:
                say_goodbye()
    except KeyboardInterrupt:
        logging.info("parado con Ctrl+C")
    except (OSError, ValueError, OverflowError) as error:
        sys.exit(f"Problema con {host} puerto {port}: {error}")


main()
