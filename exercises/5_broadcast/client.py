"""Broadcast client: all hear what one says. Start: python client.py [HOST [PORT]]"""

# the longest line allowed, in bytes: memory needs a limit

# an event for all threads: the chat is over
# another event: it is over because the peer is lost


def receive_lines(conn):
    """Yield each line that arrives, as text without its newline."""
    # an unfinished line
    # receive whatever has arrived: half a line, or several
        # cut at every newline
        # too long: end this connection
        # what comes after the last newline waits for its rest
        # these lines are whole: decode them only now
    # end of stream: it ends the last line too


def send_typed(conn):
    """The sender: send each typed line, the name first, until the user leaves."""
        # send each with a newline, until {quit} or /close
        # after the loop: tell our threads, then the peer
    # cannot send any more: leave the end to the receiver


def print_received(conn):
    """The receiver: print each line that arrives, until the server ends the stream."""
        # after the loop, EOF: the chat is over
        # tell our threads (after our own {quit} it's no loss)


def chat(conn):
    """Talk both ways at the same time, until one side ends the chat."""
    # start two threads, a sender and a receiver, as daemons:
    # nothing wakes a thread at the keyboard
        # wait for the end, one second each time (for Windows)
        # wait for the peer's last words, one second at most
    # Ctrl+C: tell our threads before the peer
        # half-close: this wakes the peer's receiver
    # if the peer is lost, raise an error for main


def main():
    """Connect to the server, and chat until the user leaves or the chat is over."""
    # the log
    # the server's address: from the command line, or the default
    # use UTF-8 for keyboard and screen on every system
        # connect within 2 seconds; afterwards wait without a limit
            # log what happens
    # Ctrl+C: exit quietly
    # expected error: status 1


# run the program
