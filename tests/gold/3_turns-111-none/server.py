import socket
import sys


def receive_message(conn):
    message = b""
    while True:
        byte = conn.recv(1)
        if byte == b"":
            print("lost connection", file=sys.stderr)
            sys.exit(1)
        if byte == b"\n":
            break
        message += byte
    message.decode("utf-8", errors="replace")


def send_message(conn, text):
    conn.sendall(text.encode("utf-8") + b"\n")


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
    with socket.create_server((host, port)) as server:
        conn, addr = server.accept()
    with conn:
        while True:
            message = receive_message(conn)
            if message == "/close":
                print("The client left", flush=True)
                break
            print(f"Client: {message}", flush=True)
            answer = sys.stdin.readline().rstrip("\n")
            send_message(conn, answer)
            if answer == "/close":
                break


if __name__ == "__main__":
    main()
