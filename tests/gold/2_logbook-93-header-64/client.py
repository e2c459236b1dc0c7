import socket
import sys

HEADER = 64
PORT = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
SERVER = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
FORMAT = 'utf-8'
DISCONNECT_MESSAGE = "!DISCONNECT"
ADDR = (SERVER, PORT)

client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
client.connect(ADDR)


def send(msg):
    message = msg.encode(FORMAT)
    msg_length = len(message)
    send_length = str(msg_length).encode(FORMAT)
    send_length += b' ' * (HEADER - len(send_length))
    client.send(send_length)
    client.send(message)


for line in sys.stdin:
    send(line.rstrip("\n"))

send(DISCONNECT_MESSAGE)
