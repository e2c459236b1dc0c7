import contextlib
import logging
import socket
import sys
import threading

logging.basicConfig(level=logging.INFO, format="%(asctime)s %(threadName)s %(message)s")
over = threading.Event()
gone = threading.Event()


def lines_of(conn):
    buffer = bytearray()
    while True:
        piece = conn.recv(1 << 12)
        if not piece:
            return
        buffer += piece
        while (at := buffer.find(b"\n")) >= 0:
            line = bytes(buffer[:at])
            del buffer[: at + 1]
            if line.endswith(b"\r"):
                line = line[:-1]
            yield line.decode("utf-8", "replace")
        if len(buffer) > 65536:
            raise ValueError("line too long")


def say(conn, text):
    conn.sendall(text.encode() + b"\n")


def type_loop(conn, me):
    try:
        for typed in sys.stdin:
            typed = typed.rstrip("\n")
            if typed == "/close":
                break
            say(conn, me)
        over.set()
        say(conn, "/close")
    except OSError as e:
        logging.warning("cannot send: %s", e)


def listen_loop(conn):
    try:
        lines = lines_of(conn)
        friend = next(lines, None)
        if friend is None:
            raise ConnectionError("no name")
        print(f"--- you and {friend}", flush=True)
        for line in lines:
            if line == "/close":
                print(f"--- {friend} left", flush=True)
                over.set()
                break
            print(f"{friend}: {line}", flush=True)
        else:
            raise ConnectionError("no goodbye")
    except (OSError, ValueError) as e:
        if not over.is_set():
            logging.error("lost: %s", e)
            gone.set()
            over.set()


def main():
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    host, port = "127.0.0.1", "50007"
    if len(sys.argv) > 1:
        host = sys.argv[1]
    if len(sys.argv) > 2:
        port = sys.argv[2]
    try:
        print("Who are you?", flush=True)
        me = sys.stdin.readline().strip()
        if me == "":
            return
        with socket.create_server((host, int(port))) as door:
            conn, where = door.accept()
        logging.info("%s %s connected", *where)
        with conn:
            say(conn, me)
            ear = threading.Thread(target=listen_loop, args=[conn], daemon=True)
            ear.start()
            threading.Thread(target=type_loop, args=[conn, me], daemon=True).start()
            try:
                while not over.wait(1):
                    pass
                ear.join(1)
            finally:
                over.set()
                with contextlib.suppress(OSError):
                    conn.shutdown(socket.SHUT_WR)
            if gone.is_set():
                raise ConnectionError("your friend is lost")
        logging.info("%s %s left", *where)
    except KeyboardInterrupt:
        pass
    except (OSError, ValueError, OverflowError) as e:
        sys.exit(f"Sorry: {e}")


main()
