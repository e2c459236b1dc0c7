import socket, sys

HOST = "127.0.0.1"
PORT = 50007
if len(sys.argv) >= 2:
    HOST = sys.argv[1]
if len(sys.argv) >= 3:
    PORT = int(sys.argv[2])

with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
    s.connect((HOST, PORT))
    while True:
        text = input()
        if not text:
            break
        s.sendall(text.encode())
        size = len(text.encode())
        while size > 0:
            data = s.recv(1024)
            size -= len(data)
        print("Received", data.decode(), flush=True)
