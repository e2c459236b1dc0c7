"""Echo client: what is typed comes back. Start: python client.py [HOST [PORT]]"""


def talk(conn):
    """Send each typed line, and print what comes back, until a line is empty."""
    # for each line that is typed, until the end of the keyboard
        # the line without its line end, as bytes
        # an empty line: the end
        # send it (a line of some megabytes would never come back: both sides would wait
        # in sendall)
        # it may come back in pieces: receive until as many bytes are here as were sent
            # the end-of-stream, too early
        # all are here: print them


def main():
    """Connect to the server, and talk to it until the user has had enough."""
    # the log
    # the server's address: from the command line, or else port 50007 of this machine
    # keyboard and screen speak UTF-8, whatever the habit of this system is
        # connect: wait 2 seconds at most; what follows may take as long as it likes
            # write to the log what happens
    # Ctrl+C is a polite end
    # foreseen trouble: status 1


# run the program
