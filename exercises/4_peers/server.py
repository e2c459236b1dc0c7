"""Peers server: both sides speak at any time. Start: python server.py [HOST [PORT]]"""

# the longest line allowed, in bytes: memory needs a limit

# an event for all threads: the chat is over
# another event: it is over because the peer is lost


def receive_lines(conn):
    """Yield each line that arrives, as text without its newline."""
    # an unfinished line
    # receive whatever has arrived: half a line, or several
        # cut at every newline
        # too long: end this connection
        # what comes after the last newline waits for its rest
        # these lines are whole: decode them only now
    # end of stream: it ends the last line too


def send_typed(conn):
    """The sender: send each typed line, until /close or end of input."""
        # send each with a newline; /close ends this loop
        # after the loop: tell our threads, then the peer
    # cannot send any more: leave the end to the receiver


def print_received(conn):
    """The receiver: print each line that arrives, until the peer says /close."""
        # the first line is the peer's name: print it
        # in bold, if this is a terminal
        # print each further line; /close ends the chat
        # after the loop, EOF without /close: the peer is lost
        # tell our threads (after our own /close it's no loss)


def chat(conn, name):
    """Talk both ways at the same time, until one side ends the chat."""
    # send our name first
    # start two threads, a sender and a receiver, as daemons:
    # nothing wakes a thread at the keyboard
        # wait for the end, one second each time (for Windows)
        # wait for the peer's last words, one second at most
    # Ctrl+C: tell our threads before the peer
        # half-close: this wakes the peer's receiver
    # if the peer is lost, raise an error for main


def main():
    """Accept one client, and chat with it until one of the two leaves."""
    # the log
    # address: from the command line, or 127.0.0.1 and 50007
    # use UTF-8 for keyboard and screen on every system
        # ask for our name; leave if there is none
        # listen there; from now on, clients can connect
            # accept one client: its connection is a second socket
        # close the listening socket: later clients are refused
        # log who connects and leaves
    # Ctrl+C: exit quietly
    # expected error: status 1


# run the program
