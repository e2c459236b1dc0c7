import logging
import socket
import socketserver
import struct
import sys
import threading

HOST = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
PORT = sys.argv[2] if len(sys.argv) > 2 else "50007"
MAX = sys.argv[3] if len(sys.argv) > 3 else "100"
logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")

def ask():
    global HOST, PORT
    if len(sys.argv) == 1 and sys.stdin.isatty():
        HOST = input("host? ") or HOST
        PORT = input("port? ") or PORT

LIMIT = 65536
lock = threading.RLock()
people = {}       # handler -> name
handlers = set()
finished = threading.Event()

def say(text, author=None):
    """tell everyone; the lock keeps one order for all"""
    with lock:
        gone = [p for p in list(people) if p is not author and not p.tell(text)]
        for p in gone:
            remove(p, "lost")

def remove(person, how):
    with lock:
        name = people.get(person)
        for other in [p for p, n in people.items() if n == name]:
            people.pop(other)
        if name is not None:
            logging.info("%s %s", name, how)
            say(f"--- {name} {how} ---")
    person.hang_up()

class Person(socketserver.StreamRequestHandler):
    def tell(self, text):
        try:
            self.request.sendall(text.encode() + b"\n")
            return True
        except OSError:
            return False

    def hang_up(self):
        try:
            self.request.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def line(self):
        data = self.rfile.readline(LIMIT + 3)
        if not data.endswith(b"\n") and len(data) <= LIMIT:
            return None
        data = data.removesuffix(b"\n").removesuffix(b"\r")
        if len(data) > LIMIT:
            self.tell("This line is too long, goodbye.")
            raise ValueError("too long")
        return data.decode("utf-8", "replace")

    def get_name(self):
        self.tell("Hi! Name?")
        while True:
            text = self.line()
            if text is None or text in ("{quit}", "/close"):
                return None
            name = text.strip()
            if 0 < len(name) <= 32 and name.isprintable():
                return name
            self.tell("No, 1 to 32 letters. Name?")

    def handle(self):
        logging.info("%s:%s connected", *self.client_address)
        self.request.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", 1, 0))
        how = "lost"
        try:
            name = self.get_name()
            if name is None:
                logging.info("%s:%s left", *self.client_address)
                return
            with lock:
                if finished.is_set():
                    return
                if len(people) >= int(MAX):
                    self.tell("Sorry, full.")
                    return
                say(f"--- {name} is here ---")
                people[self] = name
                self.tell(f"Welcome {name}. {{quit}} to leave.")
            while True:
                text = self.line()
                if text is None or text in ("{quit}", "/close"):
                    how = "left"
                    break
                if text:
                    with lock:
                        if self not in people:
                            break
                        say(f"{name}: {text}", self)
        except (OSError, ValueError) as err:
            logging.info("%s:%s lost: %s", *self.client_address, err)
        finally:
            remove(self, how)

class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 500
    def process_request_thread(self, request, client_address):
        handlers.add(threading.current_thread())
        super().process_request_thread(request, client_address)
        handlers.discard(threading.current_thread())
    def handle_error(self, request, address):
        logging.info("%s:%s lost: %s", *address, sys.exc_info()[1])

def console():
    for line in sys.stdin:
        if line.rstrip("\n") == "/close":
            return
        print("Only /close is known here.", flush=True)
    threading.Event().wait()

def main():
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    try:
        ask()
        int(MAX)
        server = Server((HOST, int(PORT)), Person)
        threading.Thread(target=server.serve_forever, args=[0.1], daemon=True).start()
        try:
            console()
        finally:
            with lock:
                finished.set()
                say("The chat ends now.")
                for person in list(people):
                    del people[person]
                    person.hang_up()
    except (KeyboardInterrupt, EOFError):
        logging.info("ctrl+c")
    except (OSError, ValueError, OverflowError) as err:
        sys.exit(f"Error: {err}")

main()
