"""Broadcast server: all hear what one says. Start: python server.py [HOST [PORT [MAX_CLIENTS]]]"""

# the longest line, in bytes: nobody may fill our memory with a line that never ends
# in seconds: one who does not read may keep the others waiting so long, once
# an event for all threads: the chat is over
# from all receivers to the sender: (what, connection, text); when full, they wait
# of each participant, by connection: the lines to send there (only the sender looks: no lock is needed)


def receive_lines(conn):
    """Yield each line that arrives on this connection, as text without its line end."""
    # a line that is not whole yet
        # receive some bytes, as many as are there: they may hold half a line, or several
        # nothing came for a while: nobody has to speak
        # cut at every line end
        # too long: this ends the connection
        # what comes after the last line end waits for the rest of its line
        # these lines are whole: only now can their bytes be read as text
    # no bytes at all are the end-of-stream: it ends the last line too


def receive(conn, address):
    """A receiver: tell the sender what one participant does, until it leaves."""
    # write to the log who comes, who leaves and how
    # not known yet: ask for the name
            # {quit} or /close: one may leave, with or without a name
            # with a name: all the others shall hear each line that is not empty
                # the first good line is the name, without the white space around it
            # no good name: ask again
    # the connection is lost: that ends this participant, not the chat
    # tell the sender that it has left: once, however it ends


def accept_all(listener):
    """The acceptor: start a receiver for each one who connects."""
            # start a receiver for each connection that is accepted
            # TCP_NODELAY: short lines travel at once
            # no call on this connection waits longer than our patience
        # too many are connected just now: try again in a while


def hang_up(conn):
    """Say end-of-stream; that also wakes the receiver of this connection, which then tells us who left."""
    # the connection may be lost already


def send(conn, lines):
    """Send these lines in one piece, in time."""
    # it does not read, or is lost: hang up


def tell_all(text):
    """Put a line into the outbox of every participant."""


def send_all(max_clients):
    """The sender: nobody else takes messages out of the queue, so all participants see the same order."""
        # take all the messages that wait, at least one
            # from a participant to all the others
                # (the author knows it already)
            # to one connection alone
            # from now on it takes part
            # the chat is full
            # the receiver has ended: nobody else uses this connection any more
                    # if it took part, the others are told
            # main wants the end: tell all participants, then our threads
        # then send each participant in one piece all that is new
    # the chat is over: hang up on all
    # and wait until the receivers have told us that they have ended


def run_console():
    """Obey the commands that are typed, until /close."""
            # back to main, which ends the chat
    # the keyboard has ended, the chat has not: go on without it


def main():
    """Read the settings, start the threads, and say goodbye to all at the end."""
    # set up the log
    # the address: from the command line, else port 50007 here
    # so many may take part
    # the keyboard speaks UTF-8 on every system
        # none given at a terminal: ask for it; Enter takes the default
        # listen: so many may queue there
            # nothing wakes it: a daemon
            # start the acceptor and the sender, and run the console
            # at the end the sender says goodbye to all: wait for it
    # Ctrl+C is a polite end, and so is Ctrl+D where we ask
    # foreseen trouble: one sentence, exit status 1


# so far all was only defined: here it begins
