import socket
import sys

def main(host, port):
    sock = socket.create_connection((host, port))
    line = ""
    while line != "/close":
        line = input()
        sock.sendall((line + "\n").encode())
    sock.close()

main(sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1", int(sys.argv[2]) if len(sys.argv) > 2 else 50007)
