#!/usr/bin/env python3
"""Echo client implementation with structured logging."""
import argparse
import logging
import socket
import sys

logger = logging.getLogger(__name__)


class EchoClient:
    def __init__(self, host: str, port: int) -> None:
        self.sock = socket.create_connection((host, port), timeout=2)
        self.sock.settimeout(None)
        logger.info("Connected to %s:%d", host, port)

    def send(self, message: str) -> bytes:
        payload = message.encode("utf-8")
        self.sock.sendall(payload)
        received = b""
        while len(received) < len(payload):
            chunk = self.sock.recv(4096)
            if not chunk:
                raise ConnectionError("server closed the connection")
            received += chunk
        return received

    def close(self) -> None:
        self.sock.close()


def main() -> None:
    parser = argparse.ArgumentParser(description="Echo client")
    parser.add_argument("host", nargs="?", default="127.0.0.1")
    parser.add_argument("port", nargs="?", type=int, default=50007)
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO)
    try:
        client = EchoClient(args.host, args.port)
        for line in sys.stdin:
            line = line.rstrip("\n")
            if not line:
                break
            print("Received:", client.send(line).decode("utf-8", errors="replace"), flush=True)
        client.close()
    except KeyboardInterrupt:
        pass
    except OSError as exc:
        logger.error("Error: %s", exc)
        sys.exit(1)


if __name__ == "__main__":
    main()
