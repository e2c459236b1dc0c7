import logging
import queue
import socket
import sys
import threading

logging.basicConfig(level=logging.INFO, stream=sys.stderr)
inbox = queue.Queue(500)
members = {}
done = threading.Event()


def lines_of(sock):
    rest = b""
    while True:
        data = sock.recv(4096)
        if not data:
            return
        rest += data
        if len(rest) > 65536 + 1 and b"\n" not in rest:
            raise ValueError("line too long")
        *lines, rest = rest.split(b"\n")
        for line in lines:
            yield line.decode(errors="replace").rstrip("\r")


def client_thread(sock, addr):
    logging.info("connected %s", addr)
    name = None
    joined = False
    inbox.put(("to", sock, "Hello. Tell me your name first, please."))
    try:
        for text in lines_of(sock):
            if text in ("{quit}", "/close"):
                break
            if name is None:
                candidate = text.strip()
                if 0 < len(candidate) <= 32 and candidate.isprintable():
                    name = candidate
                else:
                    inbox.put(("to", sock, "Not a good name. Again?"))
                continue
            if not joined:
                inbox.put(("join", sock, name))
                joined = True
            if text:
                inbox.put(("say", sock, f"{name}: {text}"))
        logging.info("left %s", addr)
    except (OSError, ValueError) as e:
        logging.info("lost %s %s", addr, e)
        inbox.put(("to", sock, f"Bye: {e}"))
    inbox.put(("leave", sock, name))


def out(sock, text):
    try:
        sock.settimeout(None)
        sock.sendall(text.encode() + b"\n")
    except OSError:
        pass


def close(sock):
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


def sender(maximum):
    while True:
        what, sock, text = inbox.get()
        if what == "to":
            out(sock, text)
        elif what == "join":
            if len(members) >= maximum:
                out(sock, "The chat is full")
                close(sock)
                continue
            for other in members:
                out(other, f"{text} comes in")
            members[sock] = text
            out(sock, f"Welcome {text}! {{quit}} to leave")
        elif what == "say":
            if sock in members:
                for other in members:
                    if other is not sock:
                        out(other, text)
        elif what == "leave":
            if members.pop(sock, None):
                for other in members:
                    out(other, f"{text} leaves")
            close(sock)
        elif what == "end":
            for other in members:
                out(other, "The chat ends now")
                close(other)
            done.set()
            return


def acceptor(listener):
    while True:
        sock, addr = listener.accept()
        threading.Thread(target=client_thread, args=(sock, addr), daemon=True).start()


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    maximum = sys.argv[3] if len(sys.argv) > 3 else "100"
    try:
        listener = socket.create_server((host, int(port)), backlog=300)
        threading.Thread(target=sender, args=(int(maximum),), daemon=True).start()
    except (OSError, ValueError, OverflowError) as e:
        sys.exit(f"Cannot listen: {e}")
    threading.Thread(target=acceptor, args=(listener,), daemon=True).start()
    try:
        for line in sys.stdin:
            if line.strip() == "/close":
                break
            print("only /close", flush=True)
        else:
            while True:
                done.wait(1)
    except KeyboardInterrupt:
        pass
    inbox.put(("end", None, ""))
    done.wait(2)


main()
