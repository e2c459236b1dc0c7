"""Turns client: we speak, then the server, then we. Start: python client.py [HOST [PORT]]"""

# the longest line, in bytes: nobody may fill our memory with a line that never ends


def receive_lines(conn):
    """Yield each line that arrives on this connection, as text without its line end."""
    # a line that is not whole yet
    # receive some bytes, as many as are there: they may hold half a line, or several
        # cut at every line end
        # too long: this ends the connection
        # what comes after the last line end waits for the rest of its line
        # these lines are whole: only now can their bytes be read as text
    # no bytes at all are the end-of-stream: it ends the last line too


def speak(conn):
    """Send what is typed, and return whether the conversation goes on."""
    # read a line from the keyboard; the end of the keyboard means /close
    # (what the other side does meanwhile stays unseen: this program does one thing at a time)
    # send it with its line end


def converse(conn):
    """Speak and listen in turn, we first, until one side says /close."""
    # we begin
    # print what the server says, until it says /close
        # the server has spoken: now it is our turn
    # after the loop, the end-of-stream without /close: the server is lost


def main():
    """Connect to the server, and talk to it until one of the two has had enough."""
    # set up the log
    # the address of the server: from the command line, or else port 50007 of this machine
    # keyboard and screen speak UTF-8, whatever the habit of this system is
        # connect: wait 2 seconds at most for an answer, and for all that follows as long as it takes
            # write to the log what happens
    # Ctrl+C is a polite end
    # foreseen trouble: one sentence, exit status 1


# so far all was only defined: here it begins
