import logging
import queue
import socket
import sys
import threading


HOST = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
PORT = sys.argv[2] if len(sys.argv) > 2 else "50007"
logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")

MOST = 255
out = queue.Queue()
events = queue.Queue()      # for the main thread

def readline(stream):
    """bytes until newline, one more byte than allowed at most"""
    line = stream.readline(65536 + 3)
    if len(line.removesuffix(b"\n").removesuffix(b"\r")) > 65536:
        raise ValueError("the line is too long")
    if not line.endswith(b"\n"):
        return None
    return line.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8", "replace")

def keyboard_thread():
    while True:
        line = sys.stdin.readline()
        text = line.removesuffix("\n")
        text = text[:MOST]
        if not line:
            text = "/close"
        out.put(text)
        if text == "/close":
            return

def writer_thread(conn):
    try:
        while True:
            text = out.get()
            conn.sendall(text.encode() + b"\n")
            if text == "/close":
                break
        events.put(("done", "we have left"))
    except OSError as err:
        logging.warning("cannot send %s", err)

def reader_thread(conn):
    stream = conn.makefile("rb")
    try:
        peer = readline(stream)
        if peer is None:
            events.put(("lost", "nobody there"))
            return
        print("Chatting with", peer, flush=True)
        while True:
            text = readline(stream)
            if text is None:
                events.put(("lost", "the connection broke"))
                return
            if text == "/close":
                print("*** that was all,", peer, "went away ***", flush=True)
                events.put(("done", "they have left"))
                return
            print(f"{peer}: {text}", flush=True)
    except (OSError, ValueError) as err:
        events.put(("lost", str(err)))

def connect(host, port):
    with socket.create_server((host, int(port))) as door:
        conn, who = door.accept()
    logging.info("connected: %s %s", who[0], who[1])
    return conn
def main():
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    try:
        print("Who are you?", flush=True)
        name = sys.stdin.readline()
        if not name:
            return
        conn = connect(HOST, PORT)
        conn.sendall(name.strip().encode() + b"\n")
        for job in (reader_thread, writer_thread):
            threading.Thread(target=job, args=(conn,), daemon=True).start()
        threading.Thread(target=keyboard_thread, daemon=True).start()
        what, why = events.get()
        logging.info("end: %s", why)
        try:
            conn.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        if what == "lost":
            sys.exit("Lost: " + why)
    except KeyboardInterrupt:
        logging.info("Ctrl+C")
    except (OSError, ValueError, OverflowError) as err:
        sys.exit(f"Error: {err}")

main()
