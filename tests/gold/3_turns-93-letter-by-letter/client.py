import socket
import sys


def recv_line(sock):
    line = ""
    while True:
        c = sock.recv(1).decode()
        if c == "\n":
            return line
        line += c


def send_line(sock, text):
    sock.sendall((text + "\n").encode())


def typed():
    try:
        return input()
    except EOFError:
        return "/close"


HOST = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
PORT = int(sys.argv[2]) if len(sys.argv) > 2 else 50007

s = socket.create_connection((HOST, PORT))
while True:
    msg = typed()
    send_line(s, msg)
    if msg == "/close":
        break
    answer = recv_line(s)
    if answer == "/close":
        print("Server said goodbye", flush=True)
        break
    print("Server:", answer, flush=True)
s.close()
