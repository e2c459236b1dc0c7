import socket
import sys

HOST = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
PORT = int(sys.argv[2]) if len(sys.argv) > 2 else 50007


def read_line(conn):
    data = b""
    while not data.endswith(b"\n"):
        piece = conn.recv(4096)
        if not piece:
            return None
        data += piece
    return data.decode("utf-8", "replace").rstrip("\r\n")


def main():
    conn = socket.create_connection((HOST, PORT))
    while True:
        try:
            text = input()
        except EOFError:
            break
        conn.sendall(f"{text}\n".encode())
        if text == "/close":
            read_line(conn)
            break
        answer = read_line(conn)
        if answer is None or answer == "/close":
            print("server closed", flush=True)
            break
        print("Server:", text, flush=True)
    conn.close()


try:
    main()
except KeyboardInterrupt:
    pass
except (OSError, ValueError) as e:
    sys.exit(str(e))
