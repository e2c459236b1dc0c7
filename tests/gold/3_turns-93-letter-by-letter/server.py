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

s = socket.create_server((HOST, PORT))
conn, addr = s.accept()
while True:
    msg = recv_line(conn)
    if msg == "/close":
        print("Client said goodbye", flush=True)
        break
    print("Client:", msg, flush=True)
    answer = typed()
    send_line(conn, answer)
    if answer == "/close":
        break
conn.close()
s.close()
