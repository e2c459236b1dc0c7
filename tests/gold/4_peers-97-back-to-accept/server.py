import socket
import sys
import threading

HOST = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
PORT = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
username = input("Enter your name: ")


def handle_client(conn, addr):
    print(f"[NEW CONNECTION] {addr} connected.")
    conn.sendall(f"{username}\n".encode())
    threading.Thread(target=write, args=(conn,), daemon=True).start()
    reader = conn.makefile(encoding="utf-8")
    peer = reader.readline().strip()
    print(f"Now chatting with {peer}", flush=True)
    for line in reader:
        line = line.rstrip("\n")
        if line == "/close":
            print(f"{peer} closed the chat", flush=True)
            break
        print(f"{peer}: {line}", flush=True)
    conn.close()


def write(conn):
    while True:
        try:
            text = input()
        except EOFError:
            text = "/close"
        conn.sendall(f"{text}\n".encode())
        if text == "/close":
            conn.shutdown(socket.SHUT_RDWR)
            return


def start():
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((HOST, PORT))
    server.listen()
    print(f"[LISTENING] Server is listening on {HOST}")
    while True:
        conn, addr = server.accept()
        thread = threading.Thread(target=handle_client, args=(conn, addr))
        thread.start()
        print(f"[ACTIVE CONNECTIONS] {threading.active_count() - 1}")


start()
