import socket
import sys

HOST = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
PORT = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.connect((HOST, PORT))
f = s.makefile(encoding='utf-8')
while True:
    text = input()
    s.sendall((text + '\n').encode())
    if text == '/close':
        break
    line = f.readline()
