import socket
import sys


def read_line(conn):
    data = b""
    while True:
        c = conn.recv(1)
        if c == b"":
            return None
        if c == b"\n":
            return data.decode("utf-8", "replace")
        data += c


def main():
    host = "127.0.0.1"
    port = 50007
    if len(sys.argv) > 1:
        host = sys.argv[1]
    if len(sys.argv) > 2:
        port = int(sys.argv[2])

    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((host, port))
    s.listen()
    conn, addr = s.accept()
    print("connected:", addr, flush=True)

    while True:
        msg = read_line(conn)
        if msg is None:
            print("connection lost")
            sys.exit(1)
        if msg == "/close":
            print("client closed the chat")
            break
        print("Client: " + msg, flush=True)

        # my turn
        if input() == "/close":
            conn.sendall(b"/close\n")
            break
        else:
            answer = input()
            conn.sendall(answer.encode() + b"\n")

    conn.close()
    s.close()


if __name__ == "__main__":
    main()
