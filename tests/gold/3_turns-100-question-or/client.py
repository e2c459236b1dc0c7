import socket
import sys

host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007


def get(conn):
    text = b""
    while text[-1:] != b"\n":
        text += conn.recv(1)
    return text[:-1].decode()


def put(conn, text):
    conn.sendall((text + "\n").encode())


with socket.create_connection((host, port)) as conn:
    while True:
        question = input()
        put(conn, question)
        answer = get(conn)
        if question or answer == "/close":
            print("Bye")
            break
        print("Server:", answer, flush=True)
