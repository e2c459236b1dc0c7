import socket
import sys
import threading
import datetime

HEADER = 64
PORT = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
SERVER = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
ADDR = (SERVER, PORT)
FORMAT = 'utf-8'
DISCONNECT_MESSAGE = "!DISCONNECT"

server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.bind(ADDR)


def handle_client(conn, addr):
    print(f"[NEW CONNECTION] {addr} connected.", file=sys.stderr)

    connected = True
    while connected:
        msg_length = conn.recv(HEADER).decode(FORMAT)
        if msg_length:
            msg_length = int(msg_length)
            msg = conn.recv(msg_length).decode(FORMAT)
            if msg == DISCONNECT_MESSAGE:
                connected = False
            now = datetime.datetime.now().isoformat(timespec="seconds")
            with open("logbook.txt", "a", encoding=FORMAT) as f:
                f.write(f"{now} {msg}\n")
            print(f"{now} {msg}", flush=True)

    conn.close()


def start():
    server.listen()
    print(f"[LISTENING] Server is listening on {SERVER}", file=sys.stderr)
    while True:
        conn, addr = server.accept()
        thread = threading.Thread(target=handle_client, args=(conn, addr))
        thread.start()
        print(f"[ACTIVE CONNECTIONS] {threading.active_count() - 1}", file=sys.stderr)


print("[STARTING] server is starting...", file=sys.stderr)
start()
