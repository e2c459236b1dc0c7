import socket
import sys

host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007


def get(conn):
    text = ""
    while not text.endswith("\n"):
        text += conn.recv(1).decode()
    return text[:-1]


def put(conn, text):
    conn.sendall((text + "\n").encode())


with socket.create_server((host, port)) as s:
    conn, addr = s.accept()
    with conn:
        question = get(conn)
        while question != "/close":
            print("Client:", question, flush=True)
            answer = input()
            put(conn, answer)
            if answer == "/close":
                break
            question = get(conn)
