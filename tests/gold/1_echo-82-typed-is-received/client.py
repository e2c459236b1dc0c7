import socket
import sys
import logging

logging.basicConfig(level=logging.INFO)


class Client:
    def __init__(self, host, port):
        self.sock = socket.create_connection((host, port), timeout=2)
        self.sock.settimeout(None)
        logging.info("connected to %s:%s", host, port)

    def run(self):
        for line in sys.stdin:
            line = line.rstrip("\n")
            if not line:
                break
            self.sock.sendall(line.encode())
            print(f"Received: {line}", flush=True)
        self.sock.close()


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    try:
        port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
        Client(host, port).run()
    except KeyboardInterrupt:
        logging.info("bye")
    except (OSError, ValueError, OverflowError) as e:
        sys.exit(f"Error: {e}")


main()
