"""Logbook client: sends each typed line. Start: python client.py [HOST [PORT]]"""


def talk(conn):
    """Send each typed line, until end of input."""
    # for each typed line
        # send it with a newline, which ends the message


def main():
    """Connect to the server, and talk to it until the user leaves."""
    # the log
    # the server's address: from the command line, or the default
    # use UTF-8 for the keyboard on every system
        # connect within 2 seconds; afterwards wait without a limit
            # log what happens
    # Ctrl+C: exit quietly
    # expected error: status 1


# run the program
