import socket
import sys
from datetime import datetime


def timestamp():
    return datetime.now().replace(microsecond=0).isoformat()


def main(host="127.0.0.1", port=50007):
    with socket.create_server((host, int(port))) as server:
        while True:
            conn, addr = server.accept()
            with conn, conn.makefile("r", encoding="utf-8", errors="replace") as reader:
                for line in reader:
                    with open("logbook.txt", "a", encoding="utf-8") as logbook:
                        print(timestamp(), line, file=logbook)
                    print(timestamp(), line, flush=True)


main(*sys.argv[1:])
