"""Broadcast server in one thread, with selectors. Start: python server.py [HOST [PORT [MAX_CLIENTS]]]"""

import logging
import selectors
import socket
import sys
import threading
import time

MAX_LINE = 65_536  # bytes of the longest line
MOST_WAITING = 262_144  # bytes that may wait for one participant before nobody is listened to for a while
PATIENCE = 1  # seconds after which somebody who reads nothing is given up


class Visitor:
    """One connection: what has arrived and is no line yet, and what waits to be sent."""

    def __init__(self, conn, address):
        self.conn = conn
        self.address = address
        self.name = None
        self.inbox = b""
        self.outbox = bytearray()
        self.progress = time.monotonic()  # when it has read something last
        self.leaving = False  # it is hung up on when its outbox is empty

    def tell(self, text):
        """Put a line into the outbox."""
        if not self.outbox:
            self.progress = time.monotonic()
        self.outbox += f"{text}\n".encode()


class Chat:
    """All visitors, and the selector that says who has sent something and who can be sent something."""

    def __init__(self, listener, max_clients):
        self.listener = listener
        self.max_clients = max_clients
        self.visitors = []
        self.over = False
        self.selector = selectors.DefaultSelector()
        self.bell, self.button = socket.socketpair()  # the console rings it when the chat is to end
        for ear in (listener, self.bell):
            ear.setblocking(False)
            self.selector.register(ear, selectors.EVENT_READ)

    def run(self):
        """Serve until the bell rings."""
        while not self.over:
            self.turn()

    def turn(self):
        """Wait until something can be done, and do it."""
        listening = all(len(each.outbox) < MOST_WAITING for each in self.visitors)
        for each in self.visitors:
            reading = selectors.EVENT_READ if listening or not each.name else 0
            events = reading | (selectors.EVENT_WRITE if each.outbox else 0)
            self.watch(each, events)
        for key, events in self.selector.select(PATIENCE / 4):
            if key.fileobj is self.listener:
                self.accept()
            elif key.fileobj is self.bell:
                self.over = True
            else:
                self.serve(key.data, events)
        for each in list(self.visitors):
            if each.outbox and time.monotonic() - each.progress > PATIENCE:
                self.lose(each, "it does not read")
            elif each.leaving and not each.outbox:
                self.hang_up(each)

    def watch(self, visitor, events):
        """Let the selector watch for these events, or for none."""
        known = visitor.conn in self.selector.get_map()
        if events and known:
            self.selector.modify(visitor.conn, events, visitor)
        elif events:
            self.selector.register(visitor.conn, events, visitor)
        elif known:
            self.selector.unregister(visitor.conn)

    def accept(self):
        """Greet a new visitor."""
        try:
            conn, address = self.listener.accept()
        except OSError as error:
            logging.warning("cannot accept: %s", error)
            return
        conn.setblocking(False)
        logging.info("%s port %s connected", *address)
        self.visitors.append(Visitor(conn, address))
        self.visitors[-1].tell("Welcome. Your name, please:")

    def serve(self, visitor, events):
        """Receive from a visitor, and send to it, what is possible now."""
        try:
            if events & selectors.EVENT_READ and not visitor.leaving:
                self.receive(visitor)
            if events & selectors.EVENT_WRITE and visitor.outbox:
                del visitor.outbox[: visitor.conn.send(visitor.outbox[:65_536])]
                visitor.progress = time.monotonic()
        except BlockingIOError:
            return
        except OSError as error:
            self.lose(visitor, error)

    def receive(self, visitor):
        """Receive some bytes, and deal with each whole line among them."""
        data = visitor.conn.recv(65_536)
        *lines, visitor.inbox = (visitor.inbox + data).split(b"\n")
        for line in lines:
            if len(line) > MAX_LINE:
                visitor.inbox = line
                break
            if not visitor.leaving:
                self.hear(visitor, line.removesuffix(b"\r").decode(errors="replace"))
        if len(visitor.inbox) > MAX_LINE:
            logging.warning("%s port %s lost: a line too long", *visitor.address)
            visitor.tell("That line is too long. Goodbye.")
            self.leave(visitor)
        elif not data and not visitor.leaving:
            self.leave(visitor)

    def hear(self, visitor, text):
        """Deal with a line."""
        if text in ("{quit}", "/close"):
            self.leave(visitor)
        elif visitor.name:
            if text:
                self.tell_all(f"{visitor.name}: {text}", but=visitor)
        elif not (1 <= len(text.strip()) <= 32 and text.strip().isprintable()):
            visitor.tell("Another name, please:")
        elif sum(bool(each.name) for each in self.visitors) >= self.max_clients:
            visitor.tell("The chat is full, sorry.")
            visitor.leaving = True
        else:
            self.tell_all(f"* {text.strip()} comes in")
            visitor.name = text.strip()
            visitor.tell(f"* Hello {visitor.name}, say {{quit}} to leave")

    def tell_all(self, text, but=None):
        """Tell all participants but one."""
        for each in self.visitors:
            if each.name and each is not but:
                each.tell(text)

    def leave(self, visitor):
        """Let somebody go, once it has got all that waits for it."""
        logging.info("%s port %s left", *visitor.address)
        visitor.leaving = True
        name, visitor.name = visitor.name, None
        if name:
            self.tell_all(f"* {name} goes out")

    def lose(self, visitor, error):
        """Give up somebody whose connection is of no use any more."""
        logging.warning("%s port %s lost: %s", *visitor.address, error)
        self.leave(visitor)
        self.hang_up(visitor)

    def hang_up(self, visitor):
        """Close a connection."""
        if visitor in self.visitors:
            self.visitors.remove(visitor)
            self.watch(visitor, 0)
            visitor.conn.close()

    def say_goodbye(self):
        """Tell everybody that the chat is over, and give them a moment to receive it."""
        self.tell_all("* The chat is over")
        for each in self.visitors:
            each.leaving = True
        end = time.monotonic() + PATIENCE
        while self.visitors and time.monotonic() < end:
            self.turn()


def run_console(button):
    """Obey the console, in a thread of its own, until /close."""
    for line in sys.stdin:
        if line.strip() == "/close":
            button.send(b"!")
        else:
            print("There is one command: /close", flush=True)


def main():
    """Read the settings and serve."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    max_clients = int(sys.argv[3]) if len(sys.argv) > 3 else 100
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    try:
        with socket.create_server((host, int(port)), backlog=200) as listener:
            chat = Chat(listener, max_clients)
            threading.Thread(target=run_console, args=[chat.button], daemon=True).start()
            try:
                chat.run()
            finally:
                chat.say_goodbye()
    except KeyboardInterrupt:
        logging.info("stopped by Ctrl+C")
    except (OSError, ValueError, OverflowError) as error:
        sys.exit(f"Trouble with {host} port {port}: {error}")


main()
