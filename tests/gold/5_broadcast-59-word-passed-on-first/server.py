#!/usr/bin/env python3
import os
import socket
import socketserver
import sys
import threading

guests = {}
lock = threading.RLock()
MAXIMUM = int(sys.argv[3]) if len(sys.argv) > 3 else 100


def send_all(text, skip=None):
    with lock:
        for h in list(guests):
            if h is not skip:
                h.say(text)


class Handler(socketserver.StreamRequestHandler):
    name = None

    def say(self, text):
        try:
            self.wfile.write(f"{text}\n".encode())
        except OSError:
            pass

    def handle(self):
        print("connected", self.client_address, file=sys.stderr, flush=True)
        self.say("Hey there, what should we call you?")
        while not self.name:
            raw = self.rfile.readline(70000)
            if not raw:
                return
            wanted = raw.decode(errors="replace").strip()
            if wanted in ("{quit}", "/close"):
                return
            if 0 < len(wanted) <= 32 and wanted.isprintable():
                self.name = wanted
            else:
                self.say("That is no name. What should we call you?")
        with lock:
            if len(guests) >= MAXIMUM:
                self.say("No more room, sorry")
                return
            send_all(f"** {self.name} came in")
            guests[self] = self.name
            self.say(f"Hi {self.name}, you can leave with {{quit}}")
        try:
            while True:
                raw = self.rfile.readline(65538)
                if not raw:
                    break
                if len(raw) > 65537:
                    self.say("too long")
                    break
                text = raw.decode(errors="replace").rstrip("\r\n")
                if text:
                    send_all(f"{self.name}: {text}", self)
                if text == "{quit}" or text == "/close":
                    break
        except OSError as e:
            print("lost", self.client_address, e, file=sys.stderr, flush=True)
        with lock:
            guests.pop(self, None)
            send_all(f"** {self.name} went out")
        print("left", self.client_address, file=sys.stderr, flush=True)


class Chat(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 300


def end():
    send_all("** the server stops")
    for h in list(guests):
        h.connection.shutdown(socket.SHUT_RDWR)
    os._exit(0)


try:
    address = (sys.argv[1], int(sys.argv[2])) if len(sys.argv) > 2 else ("127.0.0.1", 50007)
    chat = Chat(address, Handler)
except (OSError, ValueError, OverflowError) as e:
    sys.exit(f"Error: {e}")
threading.Thread(target=chat.serve_forever, daemon=True).start()
try:
    for line in sys.stdin:
        if line.strip() == "/close":
            end()
        print("/close is the only command", flush=True)
    while True:
        threading.Event().wait(1)
except KeyboardInterrupt:
    end()
