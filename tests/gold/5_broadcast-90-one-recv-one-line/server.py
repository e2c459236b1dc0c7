import selectors
import socket
import sys

sel = selectors.DefaultSelector()
names = {}


def say(conn, text):
    conn.sendall(text.encode() + b"\n")


def say_all(text, but=None):
    for conn in list(names):
        if conn is not but:
            say(conn, text)


def accept(listener):
    conn, address = listener.accept()
    sel.register(conn, selectors.EVENT_READ, read)
    say(conn, "Who are you?")


def leave(conn):
    sel.unregister(conn)
    conn.close()
    name = names.pop(conn, None)
    if name:
        say_all(name + " has gone")


def read(conn):
    try:
        data = conn.recv(4096)
    except ConnectionError:
        data = b""
    text = data.decode(errors="replace").strip()
    if not data or text == "{quit}" or text == "/close":
        leave(conn)
    elif conn not in names:
        names[conn] = text
        say(conn, "Welcome " + text + ", {quit} to go")
        say_all(text + " is here", conn)
    else:
        say_all(names[conn] + ": " + text, conn)


def main():
    listener = socket.create_server((sys.argv[1], int(sys.argv[2])))
    sel.register(listener, selectors.EVENT_READ, accept)
    try:
        while True:
            for key, mask in sel.select():
                key.data(key.fileobj)
    except KeyboardInterrupt:
        say_all("The chat is over")


main()
