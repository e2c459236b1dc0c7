import queue
import socket
import sys
import threading

inbox = queue.Queue()


def reader(sock):
    buf = ""
    while True:
        data = sock.recv(1024)
        if not data:
            inbox.put(None)
            return
        buf += data.decode()
        while "\n" in buf:
            line, buf = buf.split("\n", 1)
            inbox.put(line)


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
    name = input("your name? ")
    sock = socket.create_connection((host, port))
    sock.sendall(f"{name}\n".encode())
    threading.Thread(target=reader, args=(sock,), daemon=True).start()
    peer = inbox.get()
    print(f"--- chat with {peer} ---", flush=True)
    while True:
        while not inbox.empty():
            line = inbox.get()
            if line is None or line == "/close":
                print("--- the end ---", flush=True)
                return
            print(f"{peer}: {line}", flush=True)
        try:
            text = input()
        except EOFError:
            text = "/close"
        sock.sendall(f"{text}\n".encode())
        if text == "/close":
            sock.shutdown(socket.SHUT_WR)
            return


main()
