"""Turns client: we speak first. Start: python client.py [HOST [PORT]]"""

# the longest line allowed, in bytes: memory needs a limit


def receive_lines(conn):
    """Yield each line that arrives, as text without its newline."""
    # an unfinished line
    # receive whatever has arrived: half a line, or several
        # cut at every newline
        # too long: end this connection
        # what comes after the last newline waits for its rest
        # these lines are whole: decode them only now
    # end of stream: it ends the last line too


def speak(conn):
    """Send a typed line, and return whether the conversation continues."""
    # read a typed line; end of input means /close
    # (the peer stays unseen: one thing at a time)
    # send it with a newline


def converse(conn):
    """Speak and listen in turn, we first, until one of us says /close."""
    # take the first turn
    # print each line of the peer, until /close
        # the peer spoke: take our turn
    # after the loop, EOF without /close: the peer is lost


def main():
    """Connect to the server, and talk to it until one of the two leaves."""
    # the log
    # the server's address: from the command line, or the default
    # use UTF-8 for keyboard and screen on every system
        # connect within 2 seconds; afterwards wait without a limit
            # log what happens
    # Ctrl+C: exit quietly
    # expected error: status 1


# run the program
