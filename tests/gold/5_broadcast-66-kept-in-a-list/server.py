import os
import socket
import sys
import threading

registry = {}
guard = threading.Lock()


def shout(line, leave_out=None):
    with guard:
        for s in list(registry):
            if s is leave_out:
                continue
            try:
                s.settimeout(None)
                s.sendall(line.encode() + b"\n")
            except OSError:
                pass


def ask_name(s, f):
    s.sendall(b"Hello stranger. Your name?\n")
    for line in f:
        text = line.decode(errors="replace").strip()
        if text in ("{quit}", "/close"):
            return None
        if 1 <= len(text) <= 32 and text.isprintable():
            return text
        s.sendall(b"I cannot call you that. Your name?\n")
    return None


def worker(s, address, maximum):
    print("in", address, file=sys.stderr, flush=True)
    f = s.makefile("rb")
    name = None
    try:
        name = ask_name(s, f)
        if name is None:
            return
        with guard:
            full = len(registry) >= maximum
            if not full:
                for other in registry:
                    other.sendall(f"{name} has joined us\n".encode())
                registry[s] = name
                s.sendall(f"Welcome {name}; {{quit}} takes you out\n".encode())
        if full:
            s.sendall(b"Full house.\n")
            s.shutdown(socket.SHUT_RDWR)
            return
        for line in f:
            text = line.decode(errors="replace").rstrip("\r\n")
            if text in ("{quit}", "/close"):
                break
            if text:
                shout(f"{name}: {text}", s)
    except OSError as error:
        print("lost", address, error, file=sys.stderr, flush=True)
    finally:
        with guard:
            there = registry.pop(s, None)
        if there:
            shout(f"{name} has left us")
        print("out", address, file=sys.stderr, flush=True)
        gone.append((s, f))


gone = []


def door(listener, maximum):
    while True:
        s, address = listener.accept()
        threading.Thread(target=worker, args=(s, address, maximum), daemon=True).start()


def finish():
    shout("We close now")
    for s in list(registry):
        try:
            s.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
    os._exit(0)


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    try:
        port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
        maximum = int(sys.argv[3]) if len(sys.argv) > 3 else 100
        listener = socket.create_server((host, port), backlog=100)
    except (OSError, ValueError, OverflowError) as error:
        sys.exit(f"no server: {error}")
    threading.Thread(target=door, args=(listener, maximum), daemon=True).start()
    try:
        for line in sys.stdin:
            if line.strip() == "/close":
                finish()
            print("what? /close", flush=True)
        while True:
            threading.Event().wait(1)
    except KeyboardInterrupt:
        finish()


main()
