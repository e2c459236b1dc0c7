"""日誌クライアント: 一バイトずつ送る。"""

import socket
import sys


def talk(connection):
    """入力が終わるまで、一行ずつ読み、一バイトずつ送る。"""
    try:
        while True:
            for byte in f"{input('✍ ')}\n".encode():
                connection.sendall(bytes([byte]))
    except EOFError:
        print(flush=True)


def main(host="127.0.0.1", port="50007"):
    """つないで、書いて、終わる。"""
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    sys.stdout.reconfigure(encoding="utf-8")
    try:
        with socket.create_connection((host, int(port)), 2) as connection:
            connection.settimeout(None)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            print("+", *connection.getpeername(), file=sys.stderr)
            talk(connection)
        print("-", file=sys.stderr)
    except KeyboardInterrupt:
        print(".", file=sys.stderr)
    except (OSError, ValueError, OverflowError) as error:
        sys.exit(f"! {error}")


if __name__ == "__main__":
    main(*sys.argv[1:])
