import selectors
import socket
import sys


def parla(connexio):
    vigilant = selectors.DefaultSelector()
    vigilant.register(connexio, selectors.EVENT_READ, "servidor")
    vigilant.register(sys.stdin.fileno(), selectors.EVENT_READ, "teclat")
    while True:
        for clau, _ in vigilant.select():
            if clau.data == "servidor" and not connexio.recv(4096):
                raise ConnectionError("el servidor ha marxat")
            if clau.data == "teclat":
                try:
                    text = input()
                except EOFError:
                    return
                connexio.sendall(f"{text}\n".encode())


host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = sys.argv[2] if len(sys.argv) > 2 else "50007"
sys.stdin.reconfigure(encoding="utf-8", errors="replace")
try:
    with socket.create_connection((host, int(port)), timeout=2) as connexio:
        connexio.settimeout(None)
        print("connectat a", host, port, file=sys.stderr, flush=True)
        parla(connexio)
    print("fet", file=sys.stderr, flush=True)
except KeyboardInterrupt:
    print("interromput", file=sys.stderr)
except (OSError, ValueError, OverflowError) as error:
    sys.exit(f"Error: {error}")
