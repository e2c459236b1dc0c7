#!/usr/bin/env python3
"""Echo server implementation with structured logging."""
import argparse
import logging
import socket

logger = logging.getLogger(__name__)


class EchoServer:
    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.port = port
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)

    def run(self) -> None:
        self.sock.bind((self.host, self.port))
        self.sock.listen()
        logger.info("Listening on %s:%d", self.host, self.port)
        while True:
            conn, addr = self.sock.accept()
            logger.info("Connection from %s:%d", *addr)
            self.handle(conn)
            conn.close

    def handle(self, conn: socket.socket) -> None:
        while True:
            data = conn.recv(4096)
            if not data:
                break
            logger.info("Received: %s", data.decode())
            conn.sendall(data)


def main() -> None:
    parser = argparse.ArgumentParser(description="Echo server")
    parser.add_argument("host", nargs="?", default="127.0.0.1")
    parser.add_argument("port", nargs="?", type=int, default=50007)
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO)
    try:
        EchoServer(args.host, args.port).run()
    except KeyboardInterrupt:
        logger.info("Shutting down")


if __name__ == "__main__":
    main()
