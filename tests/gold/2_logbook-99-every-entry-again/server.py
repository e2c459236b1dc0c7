import socket, sys, datetime
HOST = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
PORT = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
entries = []
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind((HOST, PORT))
s.listen()
logbook = open("logbook.txt", "a", encoding="utf-8")
while True:
    c, a = s.accept()
    buf = b""
    while True:
        d = c.recv(4096)
        if not d:
            break
        buf += d
        while b"\n" in buf:
            i = buf.index(b"\n")
            line = buf[:i]
            entry = datetime.datetime.now().isoformat(timespec="seconds") + " " + line.decode(errors="replace")
            entries.append(entry)
            for entry in entries:
                logbook.write(entry + "\n")
                logbook.flush()
                print(entry, flush=True)
            buf = buf[i + 1:]
    c.close()
