import socket
import sys


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    try:
        conn = socket.create_connection((host, int(port)), timeout=2)
    except OSError as e:
        print("Could not connect to the server:", e, file=sys.stderr)
        return
    conn.settimeout(None)
    try:
        for line in sys.stdin:
            line = line.rstrip("\n")
            conn.sendall(line.encode("utf-8") + b"\n")
    except OSError as e:
        print("The server is gone:", e, file=sys.stderr)
    except KeyboardInterrupt:
        print("bye")
    conn.close()


if __name__ == "__main__":
    main()
