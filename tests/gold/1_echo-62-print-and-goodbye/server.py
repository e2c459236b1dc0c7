import socket, sys


def serve(conn, address):
    data = conn.recv(4096)
    print(data)


def main():
    host, port = sys.argv[1:3]
    with socket.create_server((host, int(port))) as listener:
        while True:
            conn, address = listener.accept()
            with conn:
                serve(conn, address)


main()
