"""Echo client: what is typed goes to the server and comes back. Start: python client.py [HOST [PORT]]"""


def talk(conn):
    """Send each typed line, and print what comes back, until an empty line or the end of the keyboard."""
    # for each line that is typed
        # a typed line without its line end, as bytes
        # an empty line ends the conversation
        # send it (a line of some megabytes would never come back: both sides would wait in sendall)
        # it may come back in pieces: receive until as many bytes are here as were sent
            # the end-of-stream, too early
        # all are here: print them


def main():
    """Connect to the server, and talk to it until the user has had enough."""
    # set up the log
    # the address of the server: from the command line, or else port 50007 of this machine
    # keyboard and screen speak UTF-8, whatever the habit of this system is
        # connect: wait 2 seconds at most for an answer, and for all that follows as long as it takes
            # write to the log what happens
    # Ctrl+C is a polite end
    # foreseen trouble: one sentence, exit status 1


# so far all was only defined: here it begins
