import socket
import sys

s = socket.socket()
s.connect((sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1", int(sys.argv[2]) if len(sys.argv) > 2 else 50007))
while True:
    msg = input("you: ")
    s.send(msg.encode())
    data = s.recv(1024)
    print("server:", msg, flush=True)
    if msg == "bye":
        break
s.close()
