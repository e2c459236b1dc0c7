import socket
import sys
import threading


def receiver(conn):
    f = conn.makefile("r", encoding="utf-8", errors="replace")
    other = f.readline().strip()
    print("Chatting with", other, flush=True)
    for line in f:
        line = line.rstrip("\r\n")
        if line == "/close":
            print(other, "has left the chat", flush=True)
            sys.exit(0)
        print(other + ": " + line, flush=True)
    print("connection lost", file=sys.stderr)
    sys.exit(1)


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    print("Your name?", flush=True)
    name = sys.stdin.readline().strip()
    try:
        listener = socket.create_server((host, int(port)))
    except (OSError, ValueError, OverflowError) as error:
        print("Cannot start:", error, file=sys.stderr)
        sys.exit(1)
    conn, address = listener.accept()
    listener.close()
    conn.sendall((name + "\n").encode())
    threading.Thread(target=receiver, args=(conn,), daemon=True).start()
    for line in sys.stdin:
        conn.sendall(line.encode())
        if line.strip() == "/close":
            break
    else:
        conn.sendall(b"/close\n")
    conn.shutdown(socket.SHUT_WR)
    sys.exit(0)


main()
