"""Broadcast client: all hear what one says. Start: python client.py [HOST [PORT]]"""

import contextlib
import logging
import socket
import sys
import threading

# the longest line allowed, in bytes: memory needs a limit
MAX_LINE = 65_536

# an event for all threads: the chat is over
ended = threading.Event()
# another event: it is over because the peer is lost
lost = threading.Event()


def receive_lines(conn):
    """Yield each line that arrives, as text without its newline."""
    waiting = b""  # an unfinished line
    # receive whatever has arrived: half a line, or several
    while data := conn.recv(4096):
        lines = (waiting + data).split(b"\n")  # cut at every newline
        if len(lines[0]) > MAX_LINE:  # too long: end this connection
            raise ValueError(f"a line of more than {MAX_LINE} bytes")
        # what comes after the last newline waits for its rest
        waiting = lines.pop()
        # these lines are whole: decode them only now
        for line in lines:
            yield line.removesuffix(b"\r").decode(errors="replace")
    # end of stream: it ends the last line too
    if waiting:
        yield waiting.removesuffix(b"\r").decode(errors="replace")


def send_typed(conn):
    """The sender: send each typed line, the name first, until the user leaves."""
    try:
        # send each with a newline, until {quit} or /close
        for line in sys.stdin:
            text = line.rstrip("\n")
            if text in ("{quit}", "/close"):
                break
            conn.sendall(f"{text}\n".encode())
        # after the loop: tell our threads, then the peer
        ended.set()
        conn.sendall(b"{quit}\n")
    # cannot send any more: leave the end to the receiver
    except OSError as error:
        logging.warning("cannot send: %s", error)


def print_received(conn):
    """The receiver: print each line that arrives, until the server ends the stream."""
    try:
        for text in receive_lines(conn):
            print(text, flush=True)
        # after the loop, EOF: the chat is over
        print("The server has hung up.", flush=True)
        ended.set()
    except (OSError, ValueError) as error:
        # tell our threads (after our own {quit} it's no loss)
        if not ended.is_set():
            logging.warning("the server is lost: %s", error)
            lost.set()
            ended.set()


def chat(conn):
    """Talk both ways at the same time, until one side ends the chat."""
    # start two threads, a sender and a receiver, as daemons:
    # nothing wakes a thread at the keyboard
    threading.Thread(target=send_typed, args=[conn], daemon=True).start()
    receiver = threading.Thread(target=print_received, args=[conn], daemon=True)
    receiver.start()
    try:
        # wait for the end, one second each time (for Windows)
        while not ended.wait(1):
            pass
        # wait for the peer's last words, one second at most
        receiver.join(1)
    # Ctrl+C: tell our threads before the peer
    except KeyboardInterrupt:
        ended.set()
        raise
    finally:
        # half-close: this wakes the peer's receiver
        with contextlib.suppress(OSError):
            conn.shutdown(socket.SHUT_WR)
    # if the peer is lost, raise an error for main
    if lost.is_set():
        raise ConnectionError("the server is lost")


def main():
    """Connect to the server, and chat until the user leaves or the chat is over."""
    # the log
    log_format = "%(asctime)s %(threadName)s: %(message)s"
    logging.basicConfig(level=logging.INFO, format=log_format)
    # the server's address: from the command line, or the default
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    # use UTF-8 for keyboard and screen on every system
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    try:
        # connect within 2 seconds; afterwards wait without a limit
        with socket.create_connection((host, int(port)), timeout=2) as conn:
            conn.settimeout(None)
            # log what happens
            logging.info("connected to %s port %s", host, port)
            chat(conn)
        logging.info("left")
    except KeyboardInterrupt:  # Ctrl+C: exit quietly
        logging.info("stopped by Ctrl+C")
    except (OSError, ValueError, OverflowError) as error:  # expected error: status 1
        sys.exit(f"Trouble with {host} port {port}: {error}")


main()  # run the program
