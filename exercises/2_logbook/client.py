"""Logbook client: sends what is typed. Start: python client.py [HOST [PORT]]"""


def talk(conn):
    """Send each typed line, until the end of the keyboard."""
    # for each line that is typed
        # send it with its line end, which tells the server where the line is over
        # (a line that is sent just when the server goes is lost, nobody learns of it)


def main():
    """Connect to the server, and talk to it until the user has had enough."""
    # the log
    # the server's address: from the command line, or else port 50007 of this machine
    # the keyboard speaks UTF-8, whatever the habit of this system is
        # connect: wait 2 seconds at most; what follows may take as long as it likes
            # write to the log what happens
    # Ctrl+C is a polite end
    # foreseen trouble: status 1


# run the program
