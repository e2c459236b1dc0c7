import socket
import sys

PORT = int(sys.argv[1]) if len(sys.argv) > 1 else 50007
HOST = sys.argv[2] if len(sys.argv) > 2 else '127.0.0.1'

client = socket.socket()
client.connect((HOST, PORT))
while True:
    try:
        msg = input()
    except EOFError:
        break
    if msg == '':
        break
    client.sendall(msg.encode())
    n = 0
    reply = b''
    while n < len(msg.encode()):
        part = client.recv(1024)
        reply += part
        n += len(part)
    print('Received:', reply.decode(errors='replace'), flush=True)
client.close()
