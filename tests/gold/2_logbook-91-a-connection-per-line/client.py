import socket, sys
host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
while True:
    try:
        line = input()
    except EOFError:
        break
    s = socket.create_connection((host, port), timeout=2)
    s.sendall((line + "\n").encode())
    s.close()
