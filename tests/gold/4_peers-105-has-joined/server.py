import socket
import sys
import threading

FORMAT = "utf-8"
DISCONNECT = "/close"


def send(conn, msg):
    conn.sendall((msg + "\n").encode(FORMAT))


def receive_loop(conn, state):
    reader = conn.makefile("r", encoding=FORMAT, errors="replace", newline="\n")
    state["peer"] = reader.readline().strip()
    print(f"[CHAT] {state['peer']} is here", flush=True)
    for msg in reader:
        msg = msg.rstrip("\r\n")
        if msg == DISCONNECT:
            print(f"[CHAT] {state['peer']} disconnected", flush=True)
            state["status"] = 0
            break
        print(f"{state['peer']}: {msg}", flush=True)
    else:
        print("[ERROR] connection lost", file=sys.stderr)
        state["status"] = 1
    state["done"].set()


def send_loop(conn, state):
    for msg in sys.stdin:
        msg = msg.rstrip("\n")
        if msg == DISCONNECT:
            break
        send(conn, msg)
    send(conn, DISCONNECT)
    state["done"].set()


def start():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
    name = sys.stdin.readline().strip()
    if not name:
        return
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((host, port))
    server.listen()
    print(f"[LISTENING] {host}:{port}", file=sys.stderr)
    conn, addr = server.accept()
    print(f"[NEW CONNECTION] {addr}", file=sys.stderr)
    send(conn, name)
    send(conn, f"{name} has joined the chat!")
    state = {"done": threading.Event(), "peer": "?", "status": 0}
    threading.Thread(target=receive_loop, args=(conn, state), daemon=True).start()
    threading.Thread(target=send_loop, args=(conn, state), daemon=True).start()
    state["done"].wait()
    conn.shutdown(socket.SHUT_WR)
    sys.exit(state["status"])


start()
