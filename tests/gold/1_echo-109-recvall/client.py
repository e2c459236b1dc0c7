import socket
import sys


def main(host, port):
    sock = socket.create_connection((host, port), timeout=2)
    sock.settimeout(None)
    while True:
        try:
            text = input("Text: ")
        except EOFError:
            break
        if text == "":
            break
        data = text.encode("utf-8")
        sock.sendall(data)
        answer = bytearray(len(data))
        sock.recv_into(answer)
        print("Received:", answer.decode("utf-8", "replace"), flush=True)
    sock.close()


if __name__ == "__main__":
    try:
        main(sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1", int(sys.argv[2]) if len(sys.argv) > 2 else 50007)
    except KeyboardInterrupt:
        pass
    except (OSError, ValueError, OverflowError) as exc:
        sys.exit(str(exc))
