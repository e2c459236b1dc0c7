import socket, sys
host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
while True:
    line = input()
    if line == "":
        break
    s.sendto(line.encode(), (host, port))
    data, addr = s.recvfrom(1024)
    print("Received:", data.decode(), flush=True)
