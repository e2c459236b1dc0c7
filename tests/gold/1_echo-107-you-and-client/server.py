import socket
import sys

s = socket.socket()
s.bind((sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1", int(sys.argv[2]) if len(sys.argv) > 2 else 50007))
s.listen()
c, a = s.accept()
print("connected", a)
while True:
    msg = c.recv(1024).decode()
    print("client:", msg)
    answer = input("you: ")
    c.send(answer.encode())
