import logging
import socket
import sys
import threading

logging.basicConfig(level=logging.INFO)
people = {}
lock = threading.Lock()


def send(conn, text):
    conn.sendall(f"{text}\n".encode())


def tell(text, but=None):
    with lock:
        for conn in people:
            if conn is not but:
                try:
                    send(conn, text)
                except OSError as error:
                    logging.warning("cannot send: %s", error)


def lines(conn):
    rest = b""
    while data := conn.recv(4096):
        *whole, rest = (rest + data).split(b"\n")
        for line in whole:
            yield line.removesuffix(b"\r").decode(errors="replace")


def serve(conn, address, limit):
    name = ""
    try:
        send(conn, "Hello, what is your name?")
        for text in lines(conn):
            if text in ("{quit}", "/close"):
                break
            if name:
                if text:
                    tell(f"{name}: {text}", conn)
                continue
            wish = text.strip()
            if not (1 <= len(wish) <= 32 and wish.isprintable()):
                send(conn, "That is no name.")
                continue
            with lock:
                full = len(people) >= limit
                if not full:
                    people[conn] = wish
                    send(conn, f"Welcome {wish}, leave with {{quit}}")
            if full:
                send(conn, "No place left.")
                break
            name = wish
        logging.info("%s left", address)
    except OSError as error:
        logging.warning("%s lost: %s", address, error)
    with lock:
        people.pop(conn, None)
    if name:
        tell(f"{name} has gone")
    try:
        conn.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    conn.close()


def accept(server, limit):
    while True:
        conn, address = server.accept()
        logging.info("%s connected", address)
        tell(f"{address[0]}:{address[1]} is here")
        threading.Thread(target=serve, args=(conn, address, limit), daemon=True).start()


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    limit = sys.argv[3] if len(sys.argv) > 3 else "100"
    try:
        server = socket.create_server((host, int(port)), backlog=100)
        threading.Thread(target=accept, args=(server, int(limit)), daemon=True).start()
        for line in sys.stdin:
            if line.strip() == "/close":
                break
            print("only /close", flush=True)
        else:
            threading.Event().wait()
    except KeyboardInterrupt:
        pass
    except (OSError, ValueError, OverflowError) as error:
        sys.exit(f"trouble: {error}")
    tell("The chat is over.")
    for conn in list(people):
        try:
            conn.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


main()
