import socket
import sys

HOST = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
PORT = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
s = socket.socket()
s.connect((HOST, PORT))
line = sys.stdin.readline()
while line:
    s.sendall(line.rstrip("\n").encode() + b"\n")
    line = sys.stdin.readline()
s.close()
