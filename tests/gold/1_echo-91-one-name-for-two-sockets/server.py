import socket, sys
host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
s = socket.socket()
s.bind((host, port))
s.listen()
while True:
    s, addr = s.accept()
    while True:
        data = s.recv(1024)
        if not data: break
        s.sendall(data)
    s.close()
