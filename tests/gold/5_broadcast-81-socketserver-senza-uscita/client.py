"""Broadcast client: all hear what one says. Start: python client.py [HOST [PORT]]"""

import contextlib
import logging
import socket
import sys
import threading

# the longest line, in bytes: nobody may fill our memory with a line that never ends
MAX_LINE = 65_536

# an event for all threads: the chat is over
ended = threading.Event()
# and another one: it is over because the other side is lost
lost = threading.Event()


def receive_lines(conn):
    """Yield each line that arrives, as text without its line end."""
    waiting = b""  # an unfinished line
    # receive some bytes, as many as are there: they may hold half a line, or several
    while data := conn.recv(4096):
        lines = (waiting + data).split(b"\n")  # cut at every line end
        if len(lines[0]) > MAX_LINE:  # too long: this ends the connection
            raise ValueError(f"a line of more than {MAX_LINE} bytes")
        # what comes after the last line end waits for the rest of its line
        waiting = lines.pop()
        # these lines are whole: only now can their bytes be read as text
        for line in lines:
            yield line.removesuffix(b"\r").decode(errors="replace")
    # no bytes at all are the end-of-stream: it ends the last line too
    if waiting:
        yield waiting.removesuffix(b"\r").decode(errors="replace")


def send_typed(conn):
    """The sender: send each typed line, the name first, until the user leaves."""
    try:
        # send each with its line end; {quit} and /close end this loop
        for line in sys.stdin:
            text = line.rstrip("\n")
            if text in ("{quit}", "/close"):
                break
            conn.sendall(f"{text}\n".encode())
        # after the loop: tell our threads, then the server, that we leave
        ended.set()
        conn.sendall(b"{quit}\n")
    # nothing can be sent any more: the receiver learns of it too, and ends the chat
    except OSError as error:
        logging.warning("cannot send: %s", error)


def print_received(conn):
    """The receiver: print each line that arrives, until the server ends the stream."""
    try:
        for text in receive_lines(conn):
            print(text, flush=True)
        # after the loop, the end-of-stream: the chat is over
        print("The server has hung up.", flush=True)
        ended.set()
    except (OSError, ValueError) as error:
        # tell all our threads (after our own {quit} that is no loss)
        if not ended.is_set():
            logging.warning("the server is lost: %s", error)
            lost.set()
            ended.set()


def chat(conn):
    """Talk both ways at once, until one side ends the chat."""
    # one thread sends what is typed, another one prints what arrives; both are daemons:
    # they end when we end, even if nobody wakes them (from the keyboard nothing can)
    threading.Thread(target=send_typed, args=[conn], daemon=True).start()
    receiver = threading.Thread(target=print_received, args=[conn], daemon=True)
    receiver.start()
    try:
        # wait until it is over, and look up every second (so that Windows sees Ctrl+C)
        while not ended.wait(1):
            pass
        # hear the last words of the server, for a second at most
        receiver.join(1)
    # Ctrl+C: our threads learn of it before the other side does
    except KeyboardInterrupt:
        ended.set()
        raise
    finally:
        # say end-of-stream: then the server knows that we have gone
        with contextlib.suppress(OSError):
            conn.shutdown(socket.SHUT_WR)
    # if the other side is lost, the exit status is 1
    if lost.is_set():
        raise ConnectionError("the server is lost")


def main():
    """Connect to the server, and chat until the user leaves or the chat is over."""
    # set up the log
    log_format = "%(asctime)s %(threadName)s: %(message)s"
    logging.basicConfig(level=logging.INFO, format=log_format)
    # the server's address: from the command line, or else port 50007 of this machine
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    # keyboard and screen speak UTF-8, whatever the habit of this system is
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    try:
        # connect: wait 2 seconds at most; what follows may take as long as it likes
        with socket.create_connection((host, int(port)), timeout=2) as conn:
            conn.settimeout(None)
            # write to the log what happens
            logging.info("connected to %s port %s", host, port)
            chat(conn)
        logging.info("left")
    except KeyboardInterrupt:  # Ctrl+C is a polite end
        logging.info("stopped by Ctrl+C")
    except (OSError, ValueError, OverflowError) as error:  # foreseen trouble: status 1
        sys.exit(f"Trouble with {host} port {port}: {error}")


main()  # run the program
