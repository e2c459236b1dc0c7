import socket, sys, select
host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
name = sys.stdin.readline().rstrip("\n")
s = socket.create_connection((host, port), timeout=2)
s.settimeout(None)
s.sendall((name + "\n").encode())
peer = None
buf = b""
while True:
    r, _, _ = select.select([sys.stdin, s], [], [])
    if sys.stdin in r:
        line = sys.stdin.readline()
        if not line or line == "/close\n":
            s.sendall(b"/close\n")
            break
        s.sendall(line.encode())
    if s in r:
        d = s.recv(1024)
        if not d:
            print("lost", file=sys.stderr)
            sys.exit(1)
        buf += d
        while b"\n" in buf:
            line, buf = buf.split(b"\n", 1)
            text = line.decode("utf-8", "replace")
            if peer is None:
                peer = text
                print("Chat with " + peer, flush=True)
            elif text == "/close":
                print("bye", flush=True)
                sys.exit(0)
            else:
                print(peer + ": " + text, flush=True)
