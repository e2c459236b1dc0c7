"""日誌サーバー: 一バイトずつ受け取り、記録には印だけを書く (+ 接続, - 退出, ! 切断)。"""

import datetime
import io
import socket
import sys

LIMIT = 65_536
screen = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", errors="replace", line_buffering=True)


def enter(line):
    """行を日誌と画面に書く。"""
    text = line.removesuffix(b"\r").decode("utf-8", "replace")
    entry = f"{datetime.datetime.now().isoformat(timespec='seconds')} {text}\n"
    with open("logbook.txt", "ab") as book:
        book.write(entry.encode())
    screen.write(f"日誌: {entry}")


def serve(connection):
    """一バイトずつ、相手が終わるまで。"""
    line = b""
    while byte := connection.recv(1):
        if byte == b"\n":
            enter(line)
            line = b""
            continue
        line += byte
        if len(line) > LIMIT:
            raise OSError("行が長すぎます")
    if line:
        enter(line)


def main(host="127.0.0.1", port="50007"):
    """一人ずつ、いつまでも。"""
    try:
        with socket.create_server((host, int(port))) as listener:
            while True:
                connection, address = listener.accept()
                print("+", *address, file=sys.stderr)
                with connection:
                    try:
                        serve(connection)
                        print("-", *address, file=sys.stderr)
                    except OSError:
                        print("!", *address, file=sys.stderr)
    except KeyboardInterrupt:
        print(".", file=sys.stderr)
    except (OSError, ValueError, OverflowError) as error:
        sys.exit(f"! {error}")


if __name__ == "__main__":
    main(*sys.argv[1:])
