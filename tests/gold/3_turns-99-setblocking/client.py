import socket
import sys

ENCODING = "utf-8"
BUFFER = 64


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
    client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    client.connect((host, port))
    client.setblocking(False)
    while True:
        question = input()
        client.send(question.encode(ENCODING) + b"\n")
        if question == "/close":
            break
        try:
            answer = client.recv(BUFFER).decode(ENCODING)
        except BlockingIOError:
            answer = ""
        if answer == "/close\n":
            break
        print("Server:", answer)
    client.close()


if __name__ == "__main__":
    main()
