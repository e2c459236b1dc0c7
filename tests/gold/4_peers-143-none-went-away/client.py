# chat client - both can talk whenever they like
import os, socket, sys, threading, queue

events = queue.Queue()

def log(*words):
    print(*words, file=sys.stderr, flush=True)

def keyboard():
    for line in sys.stdin:
        events.put(("typed", line.rstrip("\n")))
    events.put(("typed", "/close"))

def network(sock):
    f = sock.makefile("rb")
    try:
        while True:
            line = f.readline(65537)
            if line == b"":
                events.put(("gone", "closed the connection"))
                return
            if not line.endswith(b"\n") and len(line) > 65536:
                events.put(("gone", "sent a line that is too long"))
                return
            if line.endswith(b"\n"):
                line = line[:-1]
                if line.endswith(b"\r"):
                    line = line[:-1]
                events.put(("heard", line.decode("utf-8", "replace")))
    except OSError as e:
        events.put(("gone", str(e)))

def talk(sock, me):
    friend = None
    sock.sendall(me.encode() + b"\n")
    threading.Thread(target=network, args=(sock,), daemon=True).start()
    while True:
        kind, text = events.get()
        if kind == "typed":
            sock.sendall(text.encode() + b"\n")
            if text == "/close":
                return 0
        elif kind == "gone":
            print(friend, text, flush=True)
            return 1
        elif text == "/close":
            print(friend, "said goodbye", flush=True)
            return 0
        elif friend is None:
            friend = text
            print("chat with", friend, flush=True)
        else:
            print(friend + ": " + text, flush=True)

def main():
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    print("who are you?", flush=True)
    me = sys.stdin.readline().strip()
    if me == "":
        return 0
    sock = socket.create_connection((host, int(port)), timeout=2)
    sock.settimeout(None)
    log("connected to", host, port)
    threading.Thread(target=keyboard, daemon=True).start()
    status = talk(sock, me)
    sock.shutdown(socket.SHUT_WR)
    log("left", host, port)
    return status

try:
    status = main()
except KeyboardInterrupt:
    log("stopped")
    status = 0
except (OSError, ValueError, OverflowError) as e:
    log("no chat:", e)
    status = 1
sys.stdout.flush()
os._exit(status)
