#!/usr/bin/env python3
import socket
import sys

BUFSIZE = 1024


def main(argc, argv):
    host = argv[1] if argc > 1 else "127.0.0.1"
    port = int(argv[2]) if argc > 2 else 50007
    listenfd = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listenfd.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listenfd.bind((host, port))
    listenfd.listen(5)
    buf = bytearray(BUFSIZE)
    while True:
        connfd, cliaddr = listenfd.accept()
        while True:
            try:
                n = connfd.recv_into(buf, BUFSIZE)
            except OSError:
                break
            if n <= 0:
                break
            connfd.send(buf)
        connfd.close()
    return 0


sys.exit(main(len(sys.argv), sys.argv))
