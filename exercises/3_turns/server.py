"""Turns server: the client speaks first. Start: python server.py [HOST [PORT]]"""

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
    """Listen and speak in turn, the client first, until one of them says /close."""
    # print each line of the peer, until /close
        # the peer spoke: take our turn
    # after the loop, EOF without /close: the peer is lost


def main():
    """Accept one client, and talk to it until one of the two leaves."""
    # the log
    # address: from the command line, or 127.0.0.1 and 50007
    # use UTF-8 for keyboard and screen on every system
        # listen there; from now on, clients can connect
            # accept one client: its connection is a second socket
            # (on Windows, Ctrl+C waits for that client)
        # close the listening socket: later clients are refused
        # log who connects and leaves
    # Ctrl+C: exit quietly
    # expected error: status 1


# run the program
