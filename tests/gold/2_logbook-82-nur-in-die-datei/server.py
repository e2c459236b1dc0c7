import datetime
import logging
import socket
import sys

logging.basicConfig(level=logging.INFO)
host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
server = socket.create_server((host, port))
while True:
    conn, addr = server.accept()
    logging.info("%s:%s da", *addr)
    with conn.makefile("r", encoding="utf-8", errors="replace") as zeilen:
        for zeile in zeilen:
            jetzt = datetime.datetime.now().isoformat(timespec="seconds")
            with open("logbook.txt", "a", encoding="utf-8") as buch:
                buch.write(jetzt + " " + zeile.rstrip("\n") + "\n")
    logging.info("%s:%s weg", *addr)
    conn.close()
