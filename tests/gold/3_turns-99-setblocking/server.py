import socket
import sys

ENCODING = "utf-8"
BUFFER = 64


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.bind((host, port))
    server.listen()
    print("Waiting for a client...")
    client, address = server.accept()
    print("Client connected:", address)
    buffer = bytearray(BUFFER)
    while True:
        client.recv_into(buffer)
        text = buffer.decode(ENCODING).split("\n")[0]
        if text == "/close":
            print("Client has closed")
            break
        print("Client:", text)
        answer = input("Answer: ")
        client.send(answer.encode(ENCODING))
        client.send(b"\n")
        if answer == "/close":
            break
    client.close()
    server.close()


if __name__ == "__main__":
    main()
