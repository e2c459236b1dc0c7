import logging
import os
import select
import socket
import sys
import time

LIMIT = 65536

HOST = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
PORT = sys.argv[2] if len(sys.argv) > 2 else "50007"
logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")

def show(text):
    os.write(1, (text + "\n").encode("utf-8", "replace"))

class Gone(Exception):
    pass

class Liner:
    def __init__(self):
        self.rest = b""
    def cut(self, data):
        self.rest += data
        *lines, self.rest = self.rest.split(b"\n")
        return lines

def wait_name():
    show("Nom:")
    return (sys.stdin.readline().encode() or None), Liner(), []

def connect(host, port):
    with socket.create_server((host, int(port))) as door:
        conn, who = door.accept()
    logging.info("connected: %s %s", who[0], who[1])
    return conn
def chat(conn, name, keys, typed):
    conn.setblocking(False)
    out = name + b"\n"
    peer = None
    net = Liner()
    closing = False
    over = None
    deadline = None
    keyboard = [0]
    def take(lines):
        nonlocal out, closing
        for line in lines:
            if line == b"/close":
                closing = True
                break
            out += line + b"\n"
        if closing:
            out += b"/close\n"
    take(typed)
    while True:
        if closing:
            keyboard = []
            deadline = deadline or time.monotonic() + 0.5
            if not out or time.monotonic() > deadline:
                break
        r, w, _ = select.select(keyboard + [conn], [conn] if out else [], [], 0.1 if closing else None)
        if 0 in r:
            data = os.read(0, 4096)
            if data:
                take(keys.cut(data))
            else:
                take(([keys.rest] if keys.rest else []) + [b"/close"])
        if w:
            n = conn.send(out)
            out = out[n:]
        if conn in r:
            data = conn.recv(4096)
            if not data and not closing:
                raise Gone("the other one has gone without a word")
            if not data:
                return
            for raw in net.cut(data):
                if len(raw) > LIMIT:
                    raise Gone("line too long")
                text = raw.removesuffix(b"\r").decode("utf-8", "replace")
                if peer is None:
                    peer = text
                    show("Parles amb " + peer)
                elif text == "/close":
                    show(peer + " ha marxat, s'ha acabat.")
                    return
                else:
                    show(peer + ": " + text)
            if len(net.rest) > LIMIT:
                raise Gone("line too long")
    # say goodbye
    conn.shutdown(socket.SHUT_WR)
    end = time.monotonic() + 0.5
    while time.monotonic() < end:
        if select.select([conn], [], [], 0.1)[0] and not conn.recv(4096):
            break

def main():
    sys.stdin.reconfigure(encoding="utf-8")
    try:
        name, keys, typed = wait_name()
        if name is None:
            return
        conn = connect(HOST, PORT)
        with conn:
            chat(conn, name.strip(), keys, typed)
        logging.info("left")
    except KeyboardInterrupt:
        logging.info("ctrl+c")
    except (OSError, ValueError, OverflowError, Gone) as err:
        sys.exit("Error: " + str(err))

main()
