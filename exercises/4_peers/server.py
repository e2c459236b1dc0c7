"""Peers server: both sides speak at any time. Start: python server.py [HOST [PORT]]"""

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
    """The sender: send each typed line, until /close or the end of the keyboard."""
        # send each with its line end; /close ends this loop
        # after the loop: tell our threads, then the other side, that the chat is over
    # nothing can be sent any more: the receiver learns of it too, and ends the chat


def print_received(conn):
    """The receiver: print each line that arrives, until the other side says /close."""
        # the first line is the other's name: print with whom we chat
        # the name in bold, if this is a terminal
        # each further line is what the other says; /close ends the chat
        # after the loop, the end-of-stream without /close: the other side is lost
        # tell all our threads (after our own /close that is no loss)


def chat(conn, name):
    """Talk both ways at once, until one side ends the chat."""
    # tell our name first
    # one thread sends what is typed, another one prints what arrives; both are daemons:
    # they end when we end, even if nobody wakes them (from the keyboard nothing can)
        # wait until it is over, and look up every second (so that Windows sees Ctrl+C)
        # hear the last words of the other side, for a second at most
    # Ctrl+C: our threads learn of it before the other side does
        # say end-of-stream: it wakes the receiver at the other end
    # if the other side is lost, the exit status is 1


def main():
    """Accept one client, and chat with it until one of the two has had enough."""
    # set up the log
    # the address: from the command line, or else port 50007 of this machine alone
    # keyboard and screen speak UTF-8, whatever the habit of this system is
        # our name is the first line typed; who gives none leaves
        # create a socket, bind it to the address, and listen for clients
            # accept one client: its connection is a second socket, for it alone
        # the listener is closed now: whoever comes later is refused
        # log who comes, who leaves and how
    # Ctrl+C is a polite end
    # foreseen trouble: status 1


# run the program
