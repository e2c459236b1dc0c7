"""Logbook client."""
import argparse
import logging
import socket
import sys
from datetime import datetime

logger = logging.getLogger("client")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("host", nargs="?", default="127.0.0.1")
    parser.add_argument("port", nargs="?", type=int, default=50007)
    args = parser.parse_args()
    try:
        with socket.create_connection((args.host, args.port), timeout=2) as sock:
            logger.info("connected")
            for line in sys.stdin:
                text = line.rstrip("\n")
                stamp = datetime.now().isoformat(timespec="seconds")
                sock.sendall(f"{stamp} {text}\n".encode("utf-8"))
    except KeyboardInterrupt:
        pass
    except OSError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
