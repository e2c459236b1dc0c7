"""Broadcast server. Start: python server.py [HOST [PORT [MAX_CLIENTS]]]"""

# the longest line, in bytes: nobody may fill our memory with a line that never ends
# in seconds: one who does not read may keep the others waiting so long, once
# an event for all threads: the chat is over
# from all receivers to the sender: (what, connection, text); when full, they wait
# of each participant, by connection: the lines to send there next
# (only the sender looks here: no lock is needed)


def receive_lines(conn):
    """Yield each line that arrives, as text without its line end."""
    # an unfinished line
        # receive some bytes, as many as are there: half a line, or several
        # nothing came for a while: nobody has to speak
        # the end-of-stream
        # cut at every line end
        # too long: this ends the connection
        # what comes after the last line end waits for the rest of its line
        # these lines are whole: only now can their bytes be read as text
    # the end-of-stream ends the last line too


def take_name(conn, text):
    """Return the name in this line and tell the sender, or "" if it is no name."""
    # without the white space around
    # no good name: ask again


def receive(conn, address):
    """A receiver: tell the sender what one participant does, until it leaves."""
    # log who comes, who leaves and how
    # not known yet: ask for it
            # {quit} or /close: one may leave, with or without a name
            # the first good line
            # all the others shall hear it
    # the connection is lost: that ends this participant, not the chat
    # tell the sender that it has left: once, however it ends


def accept_all(listener):
    """The acceptor: start a receiver for each one who connects."""
            # accept a connection; TCP_NODELAY: short lines travel at once
            # no call on this connection waits longer than our patience
            # start a receiver for it
        # too many are connected just now: try again in a while


def hang_up(conn):
    """Say end-of-stream; that also wakes the receiver of this connection."""
    # the connection may be lost already


def send(conn, lines):
    """Send these lines in one piece, in time."""
    # it does not read, or is lost: hang up


def tell_all(text, author=None):
    """Put a line into the outbox of every participant; its author knows it already."""


def on_answer(conn, text):
    """A line to one connection alone."""


def on_joined(conn, name):
    """Somebody has given a name: from now on it takes part."""
    # tell the others, then make an outbox, with the welcome in it


def on_refused(conn, name):
    """Somebody has given a name, but the chat is full."""


def on_said(conn, text):
    """A participant speaks to all the others."""
    # not if it was refused


def on_left(conn, name):
    """The receiver has ended: nobody else uses this connection any more."""
    # it took part: tell the others
    # in any case say end-of-stream and close the connection


def on_closed(conn, text):
    """Main wants the end: tell all participants, then our threads."""


# what the sender does with each kind of message


def send_outboxes():
    """Send each participant in one piece all that is new."""


def hang_up_on_all():
    """The chat is over: hang up, and wait until all receivers have ended."""
    # each receiver tells us when it has ended


def send_all(max_clients):
    """The sender: it alone takes messages out, so all people see the same order."""
        # take all the messages that wait, at least one
            # no place left
            # do what this kind of message asks for
        # then send what is new


def run_console():
    """Obey the commands that are typed, until /close."""
            # main ends the chat
    # the keyboard has ended, the chat has not: go on without it


def main():
    """Read the settings, start the threads, and say goodbye to all at the end."""
    # set up the log
    # the address: from the command line, or else port 50007 of this machine alone
    # so many may take part
    # the keyboard speaks UTF-8, whatever the habit of this system is
        # no address given at a terminal: ask for it; Enter takes the default
        # listen there: so many may queue until they are accepted
            # start the acceptor and the sender (nothing wakes the acceptor: a daemon)
                # at the end the sender says goodbye to all: wait for it
    # Ctrl+C is a polite end, and so is Ctrl+D where we ask
    # foreseen trouble: status 1


# run the program
