"""Broadcast server with a lock instead of a queue; it speaks Spanish.

Start: python server.py [HOST [PORT [MAX_CLIENTS]]]
"""

import contextlib
import logging
import socket
import sys
import threading

MAX_LINE = 65_536  # bytes of the longest line
PATIENCE = 1  # seconds for which somebody who does not read may hold the others up, once

lock = threading.Lock()  # whoever has it may look at the names and send
names = {}  # of the participants, by connection


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
    for conn in names:
        if conn is not but:
            send(conn, text)


def serve(conn, address, max_clients):
    """Serve one connection until it ends."""
    logging.info("%s puerto %s ha conectado", *address)
    try:
        send(conn, "¡Hola! ¿Cómo te llamas?")
        for text in receive_lines(conn):
            if text in ("{quit}", "/close") or not hear(conn, text, max_clients):
                break
        logging.info("%s puerto %s se ha ido", *address)
    except (OSError, ValueError) as error:
        logging.warning("%s puerto %s se ha perdido: %s", *address, error)
        send(conn, f"Adiós: {error}")
    with lock:
        name = names.pop(conn, None)
        if name:
            tell_all(f"-- {name} se ha ido --")
        hang_up(conn)
        conn.close()


def hear(conn, text, max_clients):
    """Deal with a line, and return whether whoever has said it may stay."""
    with lock:
        name = text.strip()
        if conn in names:
            if text:
                tell_all(f"{names[conn]}: {text}", but=conn)
        elif not (0 < len(name) <= 32 and name.isprintable()):
            send(conn, "Eso no es un nombre. ¿Cómo te llamas?")
        elif len(names) >= max_clients:
            send(conn, "Lo siento: no cabe nadie más.")
            return False
        else:
            tell_all(f"-- {name} ha llegado --")
            names[conn] = name
            send(conn, f"Te damos la bienvenida, {name}. Para salir: {{quit}}")
            send(conn, f"En la charla: {', '.join(names.values())}")
        return True


def accept_all(listener, max_clients):
    """Start a thread for each one who connects."""
    while True:
        try:
            conn, address = listener.accept()
        except OSError:  # the listener is closed
            return
        conn.settimeout(PATIENCE)
        threading.Thread(target=serve, args=[conn, address, max_clients], daemon=True).start()


def say_goodbye():
    """Tell everybody that the chat is over, and hang up."""
    with lock:
        tell_all("-- La charla ha terminado --")
        for conn in names:
            hang_up(conn)
        names.clear()


def main():
    """Read the settings, serve, and obey the console."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    max_clients = int(sys.argv[3]) if len(sys.argv) > 3 else 100
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    try:
        with socket.create_server((host, int(port)), backlog=200) as listener:
            threading.Thread(target=accept_all, args=[listener, max_clients], daemon=True).start()
            try:
                for line in sys.stdin:
                    if line.strip() == "/close":
                        break
                    print("Órdenes: /close (terminar la charla)", flush=True)
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
