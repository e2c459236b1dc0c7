import os, socket, sys, threading, time

people = {}
lock = threading.Lock()
limit = 100
if len(sys.argv) > 3:
    limit = int(sys.argv[3])


def out(sock, msg):
    try:
        sock.sendall((msg + "\n").encode("utf-8"))
    except OSError:
        pass


def to_all(msg, author=None):
    with lock:
        for s in list(people):
            if s is not author:
                out(s, msg)


def client_thread(sock, addr):
    sock.settimeout(None)
    f = sock.makefile("rb")
    me = None
    try:
        out(sock, "Welcome! Please enter your name")
        while True:
            raw = f.readline(70000)
            if not raw:
                break
            if len(raw) > 65537:
                out(sock, "line too long")
                break
            msg = raw.decode("utf-8", "replace").rstrip("\n")
            if msg.endswith("\r"):
                msg = msg[:-1]
            if msg == "{quit}" or msg == "/close":
                break
            if me is None:
                msg = msg.strip()
                if len(msg) < 1 or len(msg) > 32 or not msg.isprintable():
                    out(sock, "bad name, try again")
                    continue
                with lock:
                    full = len(people) >= limit
                    if not full:
                        for s in people:
                            out(s, msg + " has joined")
                        me = msg
                        people[sock] = me
                        out(sock, "Hi " + me + ", {quit} to leave")
                if full:
                    out(sock, "chat is full")
                    break
            elif msg != "":
                to_all(me + ": " + msg, sock)
    except OSError as e:
        print("lost", addr, e, file=sys.stderr)
    with lock:
        people.pop(sock, None)
    if me:
        to_all(me + " has left")
    print("left", addr, file=sys.stderr)
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


def accept_thread(server):
    while True:
        sock, addr = server.accept()
        print("connected", addr, file=sys.stderr)
        threading.Thread(target=client_thread, args=(sock, addr), daemon=True).start()


def console():
    while True:
        try:
            cmd = input("server> ")
            if cmd == "/close":
                to_all("server is closing")
                os._exit(0)
            print("commands: /close", flush=True)
        except KeyboardInterrupt:
            to_all("server is closing")
            os._exit(0)
        except:
            print("Error in console, try again")


host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
try:
    server = socket.create_server((host, port), backlog=200)
except OSError as e:
    print("Error:", e, file=sys.stderr)
    sys.exit(1)
threading.Thread(target=accept_thread, args=(server,), daemon=True).start()
console()
