import socket
import sys

HOST = sys.argv[1] if len(sys.argv) > 1 else '127.0.0.1'
PORT = int(sys.argv[2]) if len(sys.argv) > 2 else 50007

socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
try:
    socket.connect((HOST, PORT))
except ConnectionRefusedError:
    print('Server is not running', file=sys.stderr)
    sys.exit(1)
except socket.timeout:
    print('timeout', file=sys.stderr)
    sys.exit(1)

for line in sys.stdin:
    line = line[:-1]
    socket.sendall(line.encode())
    if line == '':
        break
    answer = ''
    while answer != line:
        answer += socket.recv(1).decode()
    print('Received:', answer)
socket.close()
