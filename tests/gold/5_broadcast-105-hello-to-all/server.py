"""Chat server, one dictionary per person."""
import socket, sys, threading

people = []
lock = threading.RLock()


def tell(text, skip=None):
    with lock:
        for person in list(people):
            if person is skip:
                continue
            try:
                person["sock"].sendall(text.encode() + b"\n")
            except OSError:
                pass


def lines_of(sock):
    rest = b""
    while True:
        data = sock.recv(4096)
        if not data:
            return
        rest += data
        while b"\n" in rest:
            line, rest = rest.split(b"\n", 1)
            if line.endswith(b"\r"):
                line = line[:-1]
            yield line.decode("utf-8", "replace")
        if len(rest) > 65536:
            sock.sendall(b"line too long\n")
            return


def serve(sock, addr, most):
    me = None
    try:
        sock.sendall(b"Your name?\n")
        for line in lines_of(sock):
            if line in ("{quit}", "/close"):
                break
            if me is None:
                name = line.strip()
                if not 0 < len(name) <= 32 or not name.isprintable():
                    sock.sendall(b"1 to 32 characters please. Your name?\n")
                    continue
                with lock:
                    if len(people) >= most:
                        sock.sendall(b"No room.\n")
                        break
                    tell(f"* {name} is here")
                    me = {"name": name, "sock": sock}
                    people.append(me)
                    tell(f"Hello {name}! {{quit}} to leave.")
            elif line:
                tell(f"{me['name']}: {line}", me)
    except OSError as e:
        print("lost", addr, e, file=sys.stderr)
    if me:
        with lock:
            people.remove(me)
            tell(f"* {me['name']} is gone")
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    sock.close()
    print("left", addr, file=sys.stderr)


def accept(listener, most):
    while True:
        sock, addr = listener.accept()
        print("connected", addr, file=sys.stderr)
        threading.Thread(target=serve, args=(sock, addr, most), daemon=True).start()


def end():
    tell("* The end.")
    with lock:
        for p in people:
            p["sock"].shutdown(socket.SHUT_RDWR)


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    try:
        port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
        most = int(sys.argv[3]) if len(sys.argv) > 3 else 100
        listener = socket.create_server((host, port))
    except (OSError, ValueError, OverflowError) as e:
        sys.exit(f"Cannot start: {e}")
    threading.Thread(target=accept, args=(listener, most), daemon=True).start()
    try:
        for line in sys.stdin:
            if line.strip() == "/close":
                break
            print("Only /close is known here.", flush=True)
        else:
            threading.Event().wait()
    except KeyboardInterrupt:
        pass
    end()


main()
