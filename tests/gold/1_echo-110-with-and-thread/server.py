import socket
import sys
import threading


class ClientHandler(threading.Thread):
    def __init__(self, connection, address):
        super().__init__(daemon=True)
        self.connection = connection
        self.address = address

    def run(self):
        while True:
            try:
                data = self.connection.recv(1024)
            except OSError:
                return
            if not data:
                break
            self.connection.sendall(data)


class Server:
    def __init__(self, host, port):
        self.host = host
        self.port = port

    def start(self):
        with socket.create_server((self.host, self.port)) as server_socket:
            while True:
                connection, address = server_socket.accept()
                with connection:
                    handler = ClientHandler(connection, address)
                    handler.start()


if __name__ == "__main__":
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
    Server(host, port).start()
