# Derived from ../full/client.py by "parley build": change that file, not this one.
"""Broadcast client: all hear what one says. Start: python client.py [HOST [PORT]]"""

import contextlib
import socket
import sys
import threading

MAX_LINE = 65_536  # the longest line, in bytes: nobody may fill our memory with a line that never ends

ended = threading.Event()  # an event for all threads: the chat is over
lost = threading.Event()  # and another one: it is over because the other side is lost


def receive_lines(conn):
    """Yield each line that arrives on this connection, as text without its line end."""
    waiting = b""  # a line that is not whole yet
    # receive some bytes, as many as are there: they may hold half a line, or several
    while data := conn.recv(4096):
        lines = (waiting + data).split(b"\n")  # cut at every line end
        if len(lines[0]) > MAX_LINE:  # too long: this ends the connection
            raise ValueError(f"a line of more than {MAX_LINE} bytes")
        # what comes after the last line end waits for the rest of its line
        waiting = lines.pop()
        for line in lines:  # these lines are whole: only now can their bytes be read as text
            yield line.removesuffix(b"\r").decode(errors="replace")
    if waiting:  # no bytes at all are the end-of-stream: it ends the last line too
        yield waiting.removesuffix(b"\r").decode(errors="replace")


def send_typed(conn):
    """The sender: send each typed line, the name first, until {quit}, /close or the end of the keyboard."""
    try:
        for line in sys.stdin:  # send each with its line end; {quit} and /close end this loop
            text = line.rstrip("\n")
            if text in ("{quit}", "/close"):
                break
            conn.sendall(f"{text}\n".encode())
        # after the loop: tell our threads, then the server, that we leave
        ended.set()
        conn.sendall(b"{quit}\n")
    except OSError:  # nothing can be sent any more: the receiver learns of it too, and ends the chat
        pass


def print_received(conn):
    """The receiver: print each line that arrives, until the server ends the stream."""
    try:
        for text in receive_lines(conn):
            print(text, flush=True)
        # after the loop, the end-of-stream: the chat is over
        print("The server has hung up.", flush=True)
        ended.set()
    except (OSError, ValueError):
        # tell all our threads (after our own {quit} that is no loss)
        if not ended.is_set():
            lost.set()
            ended.set()


def chat(conn):
    """Talk both ways at once, until one side ends the chat."""
    # one thread sends what is typed, another one prints what arrives; both are daemons: they end when we end,
    # even if nobody wakes them (from the keyboard nothing can)
    threading.Thread(target=send_typed, args=[conn], daemon=True).start()
    receiver = threading.Thread(target=print_received, args=[conn], daemon=True)
    receiver.start()
    try:
        # wait until the chat is over, and look up every second (so that Windows sees Ctrl+C)
        while not ended.wait(1):
            pass
        # hear the last words of the server, for a second at most
        receiver.join(1)
    except KeyboardInterrupt:  # Ctrl+C: our threads learn of it before the other side does
        ended.set()
        raise
    finally:
        # say end-of-stream: then the server knows that we have gone
        with contextlib.suppress(OSError):
            conn.shutdown(socket.SHUT_WR)
    if lost.is_set():  # if the other side is lost, the exit status is 1
        raise ConnectionError("the server is lost")


def main():
    """Connect to the server, and chat with it until the user has had enough or the chat is over."""
    # the address of the server: from the command line, or else port 50007 of this machine
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    # keyboard and screen speak UTF-8, whatever the habit of this system is
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    try:
        # connect: wait 2 seconds at most for an answer, and for all that follows as long as it takes
        with socket.create_connection((host, int(port)), timeout=2) as conn:
            conn.settimeout(None)
            chat(conn)
    except KeyboardInterrupt:  # Ctrl+C is a polite end
        pass
    except (OSError, ValueError, OverflowError) as error:  # foreseen trouble: one sentence, exit status 1
        sys.exit(f"Trouble with {host} port {port}: {error}")


main()  # so far all was only defined: here it begins
