import socket, sys
host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
sock = socket.create_connection((host, port), timeout=2)
sock.settimeout(None)
for line in sys.stdin:
    line = line.rstrip("\n")
    if not line: break
    data = line.encode("utf-8")
    sock.sendall(data)
    sock.shutdown(socket.SHUT_WR)
    got = b""
    while len(got) < len(data):
        piece = sock.recv(1024)
        if not piece: break
        got += piece
    print("Received:", got.decode("utf-8", "replace"), flush=True)
sock.close()
