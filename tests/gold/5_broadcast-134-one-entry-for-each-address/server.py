import socket
import sys
import threading

HOST = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
PORT = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
LIMIT = int(sys.argv[3]) if len(sys.argv) > 3 else 100

people = {}
people_lock = threading.Lock()


def say_all(text, skip=None):
    with people_lock:
        targets = [c for c, n in people.values() if c is not skip]
        for c in targets:
            try:
                c.sendall(f"{text}\n".encode())
            except OSError:
                pass


def client_thread(conn, addr):
    rfile = conn.makefile("rb")
    name = None
    try:
        conn.sendall(b"Welcome to the chat! Your name?\n")
        while name is None:
            raw = rfile.readline()
            if raw == b"":
                return
            wish = raw.decode(errors="replace").strip()
            if wish in ("{quit}", "/close"):
                return
            if wish and len(wish) < 33 and wish.isprintable():
                name = wish
            else:
                conn.sendall(b"That is not a name. Your name?\n")
        with people_lock:
            if len(people) >= LIMIT:
                conn.sendall(b"Sorry, full.\n")
                return
        say_all(f"[{name} enters]")
        with people_lock:
            people[addr[0]] = (conn, name)
            conn.sendall(f"Nice to see you, {name}. {{quit}} leaves.\n".encode())
        for raw in rfile:
            text = raw.decode(errors="replace").removesuffix("\n").removesuffix("\r")
            if text in ("{quit}", "/close"):
                break
            if text:
                say_all(f"{name}: {text}", skip=conn)
    except OSError as e:
        print(addr, e, file=sys.stderr)
    finally:
        with people_lock:
            gone = people.pop(addr[0], (None, None))[1]
        if gone:
            say_all(f"[{gone} leaves]")
        try:
            conn.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        conn.close()


def accept_thread(server):
    while True:
        try:
            conn, addr = server.accept()
        except OSError:
            return
        threading.Thread(target=client_thread, args=(conn, addr), daemon=True).start()


def console(server):
    while True:
        try:
            command = input()
        except EOFError:
            threading.Event().wait()
        if command == "/close":
            print("Server is closing...", flush=True)
            raise KeyboardInterrupt
        else:
            print("Unknown command. Use /close", flush=True)


def main():
    server = socket.create_server((HOST, PORT), backlog=128)
    threading.Thread(target=accept_thread, args=(server,), daemon=True).start()
    try:
        console(server)
    except KeyboardInterrupt:
        say_all("The server is stopped")
        with people_lock:
            for c, n in people.values():
                c.shutdown(socket.SHUT_RDWR)


main()
