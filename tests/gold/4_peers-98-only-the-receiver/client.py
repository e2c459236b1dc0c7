import socket
import sys
import threading

def receive(conn):
    f = conn.makefile(encoding='utf-8')
    for line in f:
        line = line.rstrip('\n')
        if line == '/close':
            break
        print(line, flush=True)


HOST = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
PORT = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.connect((HOST, PORT))
receive(s)
