# peers, ported from my C homework
import socket
import sys
import threading
import os

BUFSIZE = 64


def send_msg(fd, text):
    buf = text.encode()[:BUFSIZE]
    buf = buf + b"\0" * (BUFSIZE - len(buf))
    fd.sendall(buf)


def recv_msg(fd):
    buf = b""
    while len(buf) < BUFSIZE:
        n = fd.recv(BUFSIZE - len(buf))
        if len(n) == 0:
            return None
        buf += n
    return buf.rstrip(b"\0").decode("utf-8", "replace")


def reader(fd, peer):
    while True:
        msg = recv_msg(fd)
        if msg is None:
            print("connection lost")
            sys.stdout.flush()
            os._exit(1)
        if msg == "/close":
            print("chat is over")
            sys.stdout.flush()
            os._exit(0)
        print("%s: %s" % (peer, msg))
        sys.stdout.flush()


def main(argc, argv):
    host = argv[1] if argc > 1 else "127.0.0.1"
    port = int(argv[2]) if argc > 2 else 50007
    name = sys.stdin.readline().rstrip("\n")
    lfd = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    lfd.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    lfd.bind((host, port))
    lfd.listen(1)
    cfd, addr = lfd.accept()
    lfd.close()
    send_msg(cfd, name)
    peer = recv_msg(cfd)
    if peer is None:
        print("connection lost", file=sys.stderr)
        return 1
    print("chatting with %s" % peer)
    sys.stdout.flush()
    t = threading.Thread(target=reader, args=(cfd, peer))
    t.daemon = True
    t.start()
    for line in sys.stdin:
        line = line.rstrip("\n")
        send_msg(cfd, line)
        if line == "/close":
            os._exit(0)
    send_msg(cfd, "/close")
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main(len(sys.argv), sys.argv))
