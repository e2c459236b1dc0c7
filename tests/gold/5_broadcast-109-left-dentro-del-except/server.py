"""Servidor de difusión. Uso: python server.py [HOST [PORT [MAX_CLIENTS]]]"""
import queue
import socket
import sys
import threading

ended = threading.Event()
messages = queue.Queue(maxsize=500)
outboxes = {}


def receive_lines(conn):
    pendiente = b""
    while True:
        try:
            datos = conn.recv(4096)
        except TimeoutError:
            continue
        if not datos:
            return
        partes = (pendiente + datos).split(b"\n")
        pendiente = partes.pop()
        if len(pendiente) > 65536:
            raise ValueError("línea demasiado larga")
        for parte in partes:
            yield parte.removesuffix(b"\r").decode(errors="replace")


def take_name(conn, text):
    nombre = text.strip()
    if 1 <= len(nombre) <= 32 and nombre.isprintable():
        messages.put(("joined", conn, nombre))
        return nombre
    messages.put(("answer", conn, "Ese nombre no vale. ¿Cómo te llamas?"))
    return ""


def receive(conn, address):
    nombre = ""
    messages.put(("answer", conn, "Bienvenido. ¿Cómo te llamas?"))
    try:
        for text in receive_lines(conn):
            if text in ("{quit}", "/close"):
                break
            if not nombre:
                nombre = take_name(conn, text)
            elif text:
                messages.put(("said", conn, f"{nombre}: {text}"))
        print(address, "se ha ido", file=sys.stderr)
    except (OSError, ValueError) as error:
        print(address, "perdido", error, file=sys.stderr)
        # however it ends, tell the sender once that it left
        messages.put(("left", conn, nombre))


def accept_all(listener):
    while not ended.is_set():
        conn, address = listener.accept()
        conn.settimeout(1)
        print(address, "conectado", file=sys.stderr)
        threading.Thread(target=receive, args=[conn, address], daemon=True).start()


def hang_up(conn):
    try:
        conn.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


def send(conn, lines):
    try:
        conn.sendall(b"".join(lines))
    except OSError:
        hang_up(conn)


def tell_all(text, author=None):
    for conn, outbox in outboxes.items():
        if conn is not author:
            outbox.append(f"{text}\n".encode())


def send_all(max_clients):
    while not ended.is_set():
        what, conn, text = messages.get()
        if what == "answer":
            send(conn, [f"{text}\n".encode()])
        elif what == "joined":
            if len(outboxes) >= max_clients:
                send(conn, ["No queda sitio\n".encode()])
                hang_up(conn)
            else:
                tell_all(f"{text} ha entrado")
                outboxes[conn] = [f"Hola {text}, escribe {{quit}} para salir\n".encode()]
        elif what == "said":
            if conn in outboxes:
                tell_all(text, conn)
        elif what == "left":
            if outboxes.pop(conn, None) is not None:
                tell_all(f"{text} ha salido")
            conn.close()
        elif what == "closed":
            tell_all("El chat ha terminado")
            ended.set()
        for conn, outbox in outboxes.items():
            if outbox:
                send(conn, outbox)
                outbox.clear()
    for conn in outboxes:
        hang_up(conn)


def run_console():
    for line in sys.stdin:
        if line.strip() == "/close":
            return
        print("/close termina el chat", flush=True)
    while not ended.wait(1):
        pass


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    max_clients = sys.argv[3] if len(sys.argv) > 3 else "100"
    try:
        sender = threading.Thread(target=send_all, args=[int(max_clients)], daemon=True)
        with socket.create_server((host, int(port)), backlog=1000) as listener:
            threading.Thread(target=accept_all, args=[listener], daemon=True).start()
            sender.start()
            try:
                run_console()
            finally:
                messages.put(("closed", None, ""))
                sender.join()
    except KeyboardInterrupt:
        pass
    except (OSError, ValueError, OverflowError) as error:
        sys.exit(f"Problema con {host} {port}: {error}")


main()
