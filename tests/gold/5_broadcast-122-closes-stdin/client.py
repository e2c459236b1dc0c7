import socket
import sys
import threading


def receive(sock):
    buffer = b""
    try:
        while True:
            data = sock.recv(4096)
            if not data:
                break
            buffer += data
            while b"\n" in buffer:
                line, buffer = buffer.split(b"\n", 1)
                print(line.decode("utf-8", "replace").rstrip("\r"), flush=True)
        print("The chat is over.", flush=True)
    except OSError as e:
        print("Connection lost:", e, file=sys.stderr)
    # wake up the main thread which reads the keyboard
    sys.stdin.close()


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
    try:
        sock = socket.create_connection((host, port), timeout=2)
    except OSError as e:
        print("No connection:", e, file=sys.stderr)
        sys.exit(1)
    sock.settimeout(None)
    print("connected to", host, port, file=sys.stderr)
    threading.Thread(target=receive, args=(sock,), daemon=True).start()
    try:
        for line in sys.stdin:
            text = line.rstrip("\n")
            sock.sendall(f"{text}\n".encode())
            if text in ("{quit}", "/close"):
                break
        else:
            sock.sendall(b"{quit}\n")
    except (ValueError, OSError):
        pass  # stdin was closed: the server has gone
    except KeyboardInterrupt:
        pass
    sock.close()
    print("left", file=sys.stderr)


main()
