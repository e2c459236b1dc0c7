import socket
import threading
import sys
import os

sockets = []
names = {}


def send_to_others(me, message):
    for s in sockets:
        if s != me:
            try:
                s.send((message + "\n").encode())
            except:
                pass


def handle(s):
    s.send(b"What is your name?\n")
    buf = ""
    while True:
        try:
            buf += s.recv(1024).decode()
        except:
            buf += ""
        if "\n" not in buf:
            continue
        line, buf = buf.split("\n", 1)
        line = line.strip()
        if line == "{quit}":
            break
        if s not in names:
            names[s] = line
            s.send(f"Welcome {line}! Write {{quit}} to leave\n".encode())
            send_to_others(s, f"{line} joined")
            sockets.append(s)
        else:
            send_to_others(s, f"{names[s]}: {line}")
    sockets.remove(s)
    send_to_others(s, f"{names[s]} left")
    s.close()


def accepting(server):
    while True:
        s, a = server.accept()
        t = threading.Thread(target=handle, args=(s,))
        t.daemon = True
        t.start()


server = socket.create_server((sys.argv[1], int(sys.argv[2])))
threading.Thread(target=accepting, args=(server,), daemon=True).start()
try:
    while True:
        cmd = sys.stdin.readline()
        if cmd == "/close\n":
            send_to_others(None, "closing")
            os._exit(0)
        elif cmd == "":
            threading.Event().wait()
        else:
            print("unknown, /close", flush=True)
except KeyboardInterrupt:
    os._exit(0)
