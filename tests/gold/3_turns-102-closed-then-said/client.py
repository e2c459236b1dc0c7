import socket
import sys
import logging

logging.basicConfig(level=logging.INFO)


def bye(sock):
    sock.close()
    sock.sendall(b"/close\n")
    logging.info("closed")


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
    sock = socket.create_connection((host, port), timeout=2)
    sock.settimeout(None)
    logging.info("connected to %s:%s", host, port)
    buf = b""
    while True:
        line = sys.stdin.readline()
        if not line or line == "/close\n":
            bye(sock)
            return
        sock.sendall(line.encode())
        while b"\n" not in buf:
            data = sock.recv(4096)
            if not data:
                sys.exit("server is gone")
            buf += data
        answer, buf = buf.split(b"\n", 1)
        answer = answer.decode(errors="replace").rstrip("\r")
        if answer == "/close":
            print("server left", flush=True)
            return
        print("Server:", answer, flush=True)


main()
