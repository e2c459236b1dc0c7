"""Broadcast server with socketserver: a thread and an outbox for each participant.

Start: python server.py [HOST [PORT [MAX_CLIENTS]]]
"""

import contextlib
import logging
import os
import queue
import socket
import socketserver
import sys
import threading

MAX_LINE = 65_536  # bytes of the longest line
PATIENCE = 1  # seconds for which a full outbox may keep the others waiting
END = None  # in an outbox: hang up


class Room(socketserver.ThreadingTCPServer):
    """Everybody who takes part. The lock is held while a line goes into all outboxes: so there is one order for all."""

    daemon_threads = True
    allow_reuse_address = os.name != "nt"
    request_queue_size = 200

    def __init__(self, address, max_clients):
        self.max_clients = max_clients
        self.participants = []
        self.lock = threading.Lock()
        super().__init__(address, Receiver)

    def join(self, newcomer):
        """Let somebody take part, if there is a place; return whether there was one."""
        with self.lock:
            if len(self.participants) >= self.max_clients:
                return False
            self._put(f"[{newcomer.name} joins]")
            self.participants.append(newcomer)
            newcomer.outbox.put(f"[Hi {newcomer.name}. {{quit}} to leave.]\n".encode())
            return True

    def leave(self, participant):
        """Let somebody go, and tell the others, once."""
        with self.lock:
            if participant in self.participants:
                self.participants.remove(participant)
                self._put(f"[{participant.name} leaves]")

    def tell_all(self, text, but=None):
        """Tell all participants but one."""
        with self.lock:
            self._put(text, but)

    def say_goodbye(self):
        """Tell everybody that the chat is over, and wait until they have been told."""
        with self.lock:
            participants, self.participants = self.participants, []
        for each in participants:
            with contextlib.suppress(queue.Full):
                each.outbox.put(b"[The chat is over.]\n", timeout=PATIENCE)
                each.outbox.put(END, timeout=PATIENCE)
        for each in participants:
            each.sender.join(PATIENCE)

    def handle_error(self, request, client_address):
        """Log what a receiver has not caught."""
        logging.exception("trouble with %s port %s", *client_address)

    def _put(self, text, but=None):
        for each in self.participants:
            if each is not but:
                try:
                    each.outbox.put(f"{text}\n".encode(), timeout=0 if each.lost else PATIENCE)
                except queue.Full:
                    each.lose("it does not read")


class Receiver(socketserver.StreamRequestHandler):
    """One participant: this thread receives, another one sends what is in its outbox."""

    name = ""
    lost = False
    disable_nagle_algorithm = True

    def handle(self):
        """Serve this participant until it leaves."""
        logging.info("%s port %s connected", *self.client_address)
        self.outbox = queue.Queue(maxsize=200)
        self.sender = threading.Thread(target=self.send_all, daemon=True)
        self.sender.start()
        try:
            self.outbox.put(b"[Welcome. What is your name?]\n")
            for text in self.lines():
                if text in ("{quit}", "/close") or not self.hear(text):
                    break
            logging.info("%s port %s left", *self.client_address)
        except (OSError, ValueError) as error:
            logging.warning("%s port %s lost: %s", *self.client_address, error)
            self.say(f"[Goodbye: {error}]")
        self.server.leave(self)
        with contextlib.suppress(queue.Full):
            self.outbox.put(END, timeout=0 if self.lost else PATIENCE)
        self.sender.join(PATIENCE)

    def lines(self):
        """Yield each line that arrives, as text without its line end."""
        while line := self.rfile.readline(MAX_LINE + 2):
            line = line.removesuffix(b"\n").removesuffix(b"\r")
            if len(line) > MAX_LINE:
                raise ValueError(f"a line of more than {MAX_LINE} bytes")
            yield line.decode(errors="replace")

    def hear(self, text):
        """Deal with a line, and return whether this participant may stay."""
        if self.name:
            if text:
                self.server.tell_all(f"{self.name}: {text}", but=self)
        elif 1 <= len(text.strip()) <= 32 and text.strip().isprintable():
            self.name = text.strip()
            if not self.server.join(self):
                self.say("[There is no room for more.]")
                return False
        else:
            self.say("[Please give a name of 1 to 32 letters.]")
        return True

    def say(self, text):
        """Tell this participant something, if it reads."""
        with contextlib.suppress(queue.Full):
            self.outbox.put(f"{text}\n".encode(), timeout=PATIENCE)

    def lose(self, why):
        """Give up this participant: its receiver notices it by the end of the stream."""
        self.lost = True
        logging.warning("%s port %s lost: %s", *self.client_address, why)
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def send_all(self):
        """Send what is in the outbox until its end, then say end-of-stream."""
        try:
            while (data := self.outbox.get()) is not END:
                self.connection.sendall(data)
        except OSError as error:
            logging.info("%s port %s cannot be sent to: %s", *self.client_address, error)
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)


def run_console():
    """Obey the console until /close."""
    for line in sys.stdin:
        if line.strip() == "/close":
            return
        print("/close: end of the chat", flush=True)
    while True:
        threading.Event().wait(1)


def main():
    """Read the settings and serve."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(threadName)s %(message)s")
    host, port, max_clients = (sys.argv[1:] + ["127.0.0.1", "50007", "100"][len(sys.argv) - 1 :])[:3]
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    try:
        with Room((host, int(port)), int(max_clients)) as room:
            threading.Thread(target=room.serve_forever, daemon=True).start()
            try:
                run_console()
            finally:
                room.say_goodbye()
    except KeyboardInterrupt:
        logging.info("stopped by Ctrl+C")
    except (OSError, ValueError, OverflowError) as error:
        sys.exit(f"Trouble with {host} port {port}: {error}")


main()
