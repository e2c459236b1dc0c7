import socket, sys, os
host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
with socket.create_server((host, port)) as s:
    conn, _ = s.accept()
rfile = conn.makefile("r", encoding="utf-8", errors="replace", newline="\n")
def say(t):
    conn.sendall((t + "\n").encode("utf-8"))
while True:
    line = rfile.readline()
    if not line:
        print("The client is gone.", file=sys.stderr)
        os._exit(1)
    line = line.rstrip("\r\n")
    if line == "/close":
        os._exit(1)
    print("Client:", line, flush=True)
    try:
        t = input()
    except EOFError:
        t = "/close"
    say(t)
    if t == "/close":
        os._exit(0)
