import socket
import sys
import threading
import os


def listen(conn):
    f = conn.makefile("rb")
    name2 = f.readline().decode("utf-8", "replace").strip()
    print("chatting with", name2, flush=True)
    while True:
        line = f.readline()
        if not line:
            print("lost", flush=True)
            os._exit(1)
        line = line.decode("utf-8", "replace").rstrip("\r\n")
        if line == "/close":
            print("the chat is over", flush=True)
            os._exit(0)
        print(name2 + ": " + line, flush=True)


host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind((host, port))
server.listen(1)
conn, addr = server.accept()
threading.Thread(target=listen, args=(conn,), daemon=True).start()

first = True
while True:
    name = input("Your name: ")
    if first:
        conn.sendall((name + "\n").encode())
        first = False
    message = input("Message: ")
    conn.sendall((message + "\n").encode())
    if message == "/close":
        break
conn.shutdown(socket.SHUT_WR)
conn.close()
