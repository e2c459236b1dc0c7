"""Broadcast client: all hear what one says. Start: python client.py [HOST [PORT]]"""

# the longest line, in bytes: nobody may fill our memory with a line that never ends

# an event for all threads: the chat is over
# and another one: it is over because the other side is lost


def receive_lines(conn):
    """Yield each line that arrives, as text without its line end."""
    # an unfinished line
    # receive some bytes, as many as are there: they may hold half a line, or several
        # cut at every line end
        # too long: this ends the connection
        # what comes after the last line end waits for the rest of its line
        # these lines are whole: only now can their bytes be read as text
    # no bytes at all are the end-of-stream: it ends the last line too


def send_typed(conn):
    """The sender: send each typed line, the name first, until the user leaves."""
        # send each with its line end; {quit} and /close end this loop
        # after the loop: tell our threads, then the server, that we leave
    # nothing can be sent any more: the receiver learns of it too, and ends the chat


def print_received(conn):
    """The receiver: print each line that arrives, until the server ends the stream."""
        # after the loop, the end-of-stream: the chat is over
        # tell all our threads (after our own {quit} that is no loss)


def chat(conn):
    """Talk both ways at once, until one side ends the chat."""
    # one thread sends what is typed, another one prints what arrives; both are daemons:
    # they end when we end, even if nobody wakes them (from the keyboard nothing can)
        # wait until it is over, and look up every second (so that Windows sees Ctrl+C)
        # hear the last words of the server, for a second at most
    # Ctrl+C: our threads learn of it before the other side does
        # say end-of-stream: then the server knows that we have gone
    # if the other side is lost, the exit status is 1


def main():
    """Connect to the server, and chat until the user leaves or the chat is over."""
    # set up the log
    # the server's address: from the command line, or else port 50007 of this machine
    # keyboard and screen speak UTF-8, whatever the habit of this system is
        # connect: wait 2 seconds at most; what follows may take as long as it likes
            # write to the log what happens
    # Ctrl+C is a polite end
    # foreseen trouble: status 1


# run the program
