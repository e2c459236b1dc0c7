import socket
import sys

# get host and port
if len(sys.argv) >= 2:
    host = sys.argv[1]
else:
    host = "127.0.0.1"
if len(sys.argv) >= 3:
    port = int(sys.argv[2])
else:
    port = 50007

# create the socket
client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
client.bind((host, port))
client.connect((host, port))
print("Connected to the server!")

f = client.makefile("r", encoding="utf-8")

while True:
    message = input()
    client.sendall((message + "\n").encode("utf-8"))
    if message == "/close":
        break
    answer = f.readline().rstrip("\n")
    if answer == "/close":
        print("Server closed the conversation", flush=True)
        break
    print("Server:", answer, flush=True)

client.close()
