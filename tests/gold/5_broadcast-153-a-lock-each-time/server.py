import logging
import socket
import sys
import threading

people = {}


def send_line(conn, text):
    conn.sendall(f"{text}\n".encode())


def broadcast(text, sender=None):
    # lock, so that two threads do not broadcast at the same time
    lock = threading.Lock()
    with lock:
        for conn in people:
            if conn is not sender:
                try:
                    send_line(conn, text)
                except OSError as error:
                    logging.warning("cannot send: %s", error)


def add(conn, name):
    lock = threading.Lock()
    with lock:
        people[conn] = name


def remove(conn):
    lock = threading.Lock()
    with lock:
        people.pop(conn, None)


def read_lines(conn):
    rest = b""
    while data := conn.recv(4096):
        rest += data
        parts = rest.split(b"\n")
        rest = parts.pop()
        for part in parts:
            yield part.removesuffix(b"\r").decode(errors="replace")


def handle(conn, addr, max_clients):
    name = ""
    try:
        send_line(conn, "Hello! What's your name?")
        for text in read_lines(conn):
            if text in ("{quit}", "/close"):
                break
            if not name:
                wish = text.strip()
                if not wish or len(wish) > 32 or not wish.isprintable():
                    send_line(conn, "Please give a real name.")
                elif len(people) >= max_clients:
                    send_line(conn, "The room is full.")
                    break
                else:
                    name = wish
                    send_line(conn, f"Welcome {name}, type {{quit}} to leave.")
                    add(conn, name)
                    broadcast(f"{name} is here", conn)
            elif text:
                broadcast(f"{name}: {text}", conn)
        logging.info("%s left", addr)
    except OSError as error:
        logging.warning("%s lost: %s", addr, error)
    if name:
        remove(conn)
        broadcast(f"{name} has gone")
    try:
        conn.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    conn.close()


def accept(server, max_clients):
    while True:
        conn, addr = server.accept()
        logging.info("%s connected", addr)
        threading.Thread(target=handle, args=(conn, addr, max_clients), daemon=True).start()


def main():
    logging.basicConfig(level=logging.INFO)
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    max_clients = sys.argv[3] if len(sys.argv) > 3 else "100"
    try:
        server = socket.create_server((host, int(port)))
        threading.Thread(target=accept, args=(server, int(max_clients)), daemon=True).start()
        for line in sys.stdin:
            if line.strip() == "/close":
                break
            print("help: /close", flush=True)
        else:
            threading.Event().wait()
    except KeyboardInterrupt:
        pass
    except (OSError, ValueError, OverflowError) as error:
        sys.exit(f"trouble: {error}")
    broadcast("Goodbye, the chat is over.")
    for conn in list(people):
        try:
            conn.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


main()
