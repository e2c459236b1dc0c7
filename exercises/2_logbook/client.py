"""Logbook client: what is typed goes to the server, line by line. Start: python client.py [HOST [PORT]]"""


def talk(conn):
    """Send each typed line, until the end of the keyboard."""
    # for each line that is typed
        # send it with its line end, which tells the server where the line is over
        # (a line that is sent just when the server goes is lost, and nobody learns of it)


def main():
    """Connect to the server, and talk to it until the user has had enough."""
    # set up the log
    # the address of the server: from the command line, or else port 50007 of this machine
    # the keyboard speaks UTF-8, whatever the habit of this system is
        # connect: wait 2 seconds at most for an answer, and for all that follows as long as it takes
            # write to the log what happens
    # Ctrl+C is a polite end
    # foreseen trouble: one sentence, exit status 1


# so far all was only defined: here it begins
