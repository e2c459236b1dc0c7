import socket, sys
host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
s = socket.socket()
s.settimeout(2)
s.connect((host, port))
s.settimeout(None)
while True:
    try:
        line = input()
    except EOFError:
        break
    if not line:
        break
    s.sendall(line.encode())
    answer = b""
    while True:
        chunk = s.recv(1024)
        if chunk == b"":
            break
        answer = answer + chunk
    print("Received:", answer.decode(), flush=True)
s.close()
