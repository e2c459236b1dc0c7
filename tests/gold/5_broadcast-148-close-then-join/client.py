"""chat client: main types, a thread prints"""

import socket
import sys
import threading


def receive(sock):
    rest = b""
    try:
        while True:
            data = sock.recv(4096)
            if not data:
                print("-- the server closed the connection --", flush=True)
                break
            lines = (rest + data).split(b"\n")
            rest = lines.pop()
            for line in lines:
                print(line.decode("utf-8", "replace").rstrip("\r"), flush=True)
    except OSError as e:
        print("lost the server:", e, file=sys.stderr, flush=True)


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
    sock = socket.socket()
    sock.settimeout(2)
    try:
        sock.connect((host, port))
    except OSError as e:
        sys.exit(f"could not connect: {e}")
    sock.settimeout(None)
    print("connected to", host, port, file=sys.stderr, flush=True)
    thread = threading.Thread(target=receive, args=(sock,))
    thread.start()
    try:
        for line in sys.stdin:
            if line.rstrip("\n") in ("{quit}", "/close"):
                break
            sock.sendall(line.rstrip("\n").encode() + b"\n")
    except KeyboardInterrupt:
        pass
    except OSError as e:
        print("cannot send:", e, file=sys.stderr)
    sock.close()
    thread.join()
    print("left", file=sys.stderr)


main()
