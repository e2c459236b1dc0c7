import socket
import sys

host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007

client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
client.connect((host, port))
messaggio = input()
client.sendall(messaggio.encode())
risposta = client.recv(1024)
print("Received:", risposta.decode())
client.close()
