import socket, sys
HOST = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
PORT = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
s = socket.socket()
s.connect((HOST, PORT))
while True:
    try:
        text = input()
        s.sendall((text + "\n").encode())
    except:
        break
