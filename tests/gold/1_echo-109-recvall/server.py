import socket
import sys


def recvall(sock, n):
    """Receive exactly n bytes."""
    data = b""
    while len(data) < n:
        packet = sock.recv(n - len(data))
        if not packet:
            return None
        data += packet
    return data


def main(host, port):
    srv = socket.create_server((host, port))
    while True:
        sock, peer = srv.accept()
        try:
            while True:
                data = recvall(sock, 1024)
                if data is None:
                    break
                sock.sendall(data)
        except OSError as exc:
            print(peer, exc, file=sys.stderr)
        finally:
            sock.close()


if __name__ == "__main__":
    try:
        main(sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1", int(sys.argv[2]) if len(sys.argv) > 2 else 50007)
    except KeyboardInterrupt:
        pass
    except (OSError, ValueError, OverflowError) as exc:
        sys.exit(str(exc))
