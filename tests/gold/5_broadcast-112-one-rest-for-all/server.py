import select
import socket
import sys

host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = sys.argv[2] if len(sys.argv) > 2 else "50007"
limit = int(sys.argv[3]) if len(sys.argv) > 3 else 100

try:
    server = socket.create_server((host, int(port)), backlog=200)
except (OSError, ValueError, OverflowError) as e:
    sys.exit(f"no server: {e}")

names = {}      # socket -> name, "" as long as we don't know it
pending = b""   # what has come without a line end


def put(sock, text):
    try:
        sock.sendall(text.encode() + b"\n")
    except OSError:
        pass


def everyone(text, but=None):
    for sock, name in list(names.items()):
        if name and sock is not but:
            put(sock, text)


def bye(sock):
    name = names.pop(sock, None)
    if name:
        everyone(f"{name} is gone")
    sock.close()


def handle(sock, line):
    """False: this one is leaving."""
    if line in ("{quit}", "/close"):
        return False
    name = names[sock]
    if name:
        if line:
            everyone(f"{name}: {line}", but=sock)
        return True
    line = line.strip()
    if not 1 <= len(line) <= 32 or not line.isprintable():
        put(sock, "Try another name")
    elif sum(1 for n in names.values() if n) >= limit:
        put(sock, "full")
        return False
    else:
        everyone(f"{line} is here")
        names[sock] = line
        put(sock, f"Hello {line}, go with {{quit}}")
    return True


keyboard = [sys.stdin]
try:
    running = True
    while running:
        ready, _, _ = select.select([server, *keyboard, *names], [], [])
        for sock in ready:
            if sock is server:
                conn, addr = server.accept()
                conn.settimeout(1)
                print("new", addr, file=sys.stderr)
                names[conn] = ""
                put(conn, "What is your name?")
            elif sock is sys.stdin:
                line = sys.stdin.readline()
                if not line:
                    keyboard = []
                elif line.strip() == "/close":
                    running = False
                else:
                    print("unknown; /close ends", flush=True)
            else:
                try:
                    data = sock.recv(4096)
                except OSError:
                    data = b""
                if not data:
                    bye(sock)
                    continue
                pending += data
                while b"\n" in pending:
                    line, pending = pending.split(b"\n", 1)
                    if not handle(sock, line.decode(errors="replace").rstrip("\r")):
                        bye(sock)
                        break
except KeyboardInterrupt:
    pass
everyone("the server closes")
for sock in list(names):
    sock.close()
