"""Logbook server."""
import argparse
import logging
import socket
from datetime import datetime, timezone

logging.basicConfig(filename="logbook.txt", level=logging.INFO, format="%(asctime)s %(message)s",
                    datefmt="%Y-%m-%dT%H:%M:%S", encoding="utf-8")


def handle_client(conn: socket.socket, addr) -> None:
    logging.info("Connected: %s", addr)
    with conn, conn.makefile("r", encoding="utf-8", errors="replace", newline="\n") as stream:
        for line in stream:
            text = line.rstrip("\r\n")
            logging.info(text)
            print(datetime.now().isoformat(timespec="seconds"), text, flush=True)
    logging.info("Disconnected: %s", addr)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("host", nargs="?", default="127.0.0.1")
    parser.add_argument("port", nargs="?", type=int, default=50007)
    args = parser.parse_args()
    server = socket.create_server((args.host, args.port))
    try:
        while True:
            handle_client(*server.accept())
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
