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
    s = socket.create_server((HOST, PORT))
    conn, addr = s.accept()
    s.close()
    while True:
        text = read_line(conn)
        if text is None or text == "/close":
            print("client closed", flush=True)
            break
        print("Client:", text, flush=True)
        try:
            answer = input()
        except EOFError:
            break
        conn.sendall(f"{answer}\n".encode())
        if answer == "/close":
            break
    conn.close()


try:
    main()
except KeyboardInterrupt:
    pass
except (OSError, ValueError) as e:
    sys.exit(str(e))
