import socket
import sys

try:
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
    client = socket.socket()
    client.connect((host, port))
    while True:
        msg = input("Message: ")
        if msg == "":
            break
        client.send(msg.encode())
        data = client.recv(1024)
        print("Server says:", data.decode(), flush=True)
except:
    print("Error")
