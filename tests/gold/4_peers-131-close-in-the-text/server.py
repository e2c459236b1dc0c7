import socket, sys, threading, os

def get_lines(s):
    buf = ""
    while True:
        d = s.recv(1024).decode("utf-8", "replace")
        if d == "":
            return
        buf = buf + d
        while "\n" in buf:
            i = buf.index("\n")
            yield buf[:i].rstrip("\r")
            buf = buf[i+1:]

def recv_thread(s):
    lines = get_lines(s)
    try:
        friend = next(lines)
        print("connected to", friend, flush=True)
        for l in lines:
            if "/close" in l:
                print(friend, "closed", flush=True)
                os._exit(0)
            print(friend + ":", l, flush=True)
    except Exception:
        pass
    print("connection lost", flush=True)
    os._exit(1)

def main():
    host = "127.0.0.1"
    port = 50007
    if len(sys.argv) > 1: host = sys.argv[1]
    if len(sys.argv) > 2: port = int(sys.argv[2])
    nick = input("nick: ")
    srv = socket.socket()
    srv.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        srv.bind((host, port))
    except OSError as e:
        print("cannot bind", e, file=sys.stderr)
        sys.exit(1)
    srv.listen()
    s, a = srv.accept()
    s.sendall((nick + "\n").encode())
    threading.Thread(target=recv_thread, args=(s,), daemon=True).start()
    while True:
        try:
            t = input()
        except EOFError:
            t = "/close"
        s.sendall((t + "\n").encode())
        if "/close" in t:
            s.shutdown(socket.SHUT_WR)
            os._exit(0)

try:
    main()
except KeyboardInterrupt:
    os._exit(0)
