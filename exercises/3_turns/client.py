"""Turns client: we speak first. Start: python client.py [HOST [PORT]]"""

# the longest line, in bytes: nobody may fill our memory with a line that never ends


def receive_lines(conn):
    """Yield each line that arrives, as text without its line end."""
    # an unfinished line
    # receive some bytes, as many as are there: they may hold half a line, or several
        # cut at every line end
        # too long: this ends the connection
        # what comes after the last line end waits for the rest of its line
        # these lines are whole: only now can their bytes be read as text
    # no bytes at all are the end-of-stream: it ends the last line too


def speak(conn):
    """Send what is typed, and return whether the conversation goes on."""
    # read a line from the keyboard; the end of the keyboard means /close
    # (what the other side does meanwhile stays unseen: we do one thing at a time)
    # send it with its line end


def converse(conn):
    """Speak and listen in turn, we first, until one side says /close."""
    # we begin
    # print what the server says, until it says /close
        # the server has spoken: now it is our turn
    # after the loop, the end-of-stream without /close: the server is lost


def main():
    """Connect to the server, and talk to it until one of the two has had enough."""
    # the log
    # the server's address: from the command line, or else port 50007 of this machine
    # keyboard and screen speak UTF-8, whatever the habit of this system is
        # connect: wait 2 seconds at most; what follows may take as long as it likes
            # write to the log what happens
    # Ctrl+C is a polite end
    # foreseen trouble: status 1


# run the program
