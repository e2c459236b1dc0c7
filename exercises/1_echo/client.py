"""Echo client: each typed line comes back. Start: python client.py [HOST [PORT]]"""


def talk(conn):
    """Send each typed line, and print what comes back, until a line is empty."""
    # for each typed line, until end of input
        # remove the newline, and turn the rest into bytes
        # an empty line: leave
        # send it (a line of some megabytes blocks both programs)
        # receive until as many bytes are back as you sent
            # end of stream, too early
        # all of them are back: print them


def main():
    """Connect to the server, and talk to it until the user leaves."""
    # the log
    # the server's address: from the command line, or the default
    # use UTF-8 for keyboard and screen on every system
        # connect within 2 seconds; afterwards wait without a limit
            # log what happens
    # Ctrl+C: exit quietly
    # expected error: status 1


# run the program
