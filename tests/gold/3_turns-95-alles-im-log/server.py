import logging
import socket
import sys

logging.basicConfig(level=logging.INFO, format="%(message)s")
host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007


def type_line():
    line = sys.stdin.readline()
    return line.rstrip("\n") if line else "/close"



with socket.create_server((host, port)) as s:
    conn, addr = s.accept()
logging.info("connected: %s", addr)
reader = conn.makefile("r", encoding="utf-8", errors="replace", newline="\n")
for line in reader:
    line = line.rstrip("\r\n")
    if line == "/close":
        logging.info("The client has left")
        break
    logging.info("Client: %s", line)
    answer = type_line()
    conn.sendall((answer + "\n").encode())
    if answer == "/close":
        break
else:
    logging.error("connection lost")
    sys.exit(1)
conn.close()
