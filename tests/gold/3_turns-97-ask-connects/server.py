import socket
import sys

host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
sock = socket.socket()
sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
sock.bind((host, port))
sock.listen()
running = True
while running:
    conn, addr = sock.accept()
    stream = conn.makefile("rw", encoding="utf-8", newline="\n")
    question = stream.readline().rstrip("\n")
    if question == "/close":
        print("The client has said goodbye.", flush=True)
        running = False
    else:
        print("Client:", question, flush=True)
        answer = input()
        stream.write(answer + "\n")
        stream.flush()
sock.close()
