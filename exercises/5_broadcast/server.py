"""Broadcast server. Start: python server.py [HOST [PORT [MAX_CLIENTS]]]"""

# the longest line allowed, in bytes: memory needs a limit
# how long a slow client may block others, in seconds
# an event for all threads: the chat is over
# bounded, from receivers to the sender: (what, connection, text)
# by connection: the lines to send to this participant next
# (only the sender uses it, so it needs no lock)


def receive_lines(conn):
    """Yield each line that arrives, as text without its newline."""
    # an unfinished line
        # receive whatever has arrived: half a line, or several
        # timeout: no error here, no one has to speak
        # end of stream
        # cut at every newline
        # too long: end this connection
        # what comes after the last newline waits for its rest
        # these lines are whole: decode them only now
    # end of stream: it ends the last line too


def take_name(conn, text):
    """Return the name in this line and tell the sender, or "" if it is no name."""
    # strip the spaces around it
    # no good name: ask again


def receive(conn, address):
    """A receiver: tell the sender what one participant does, until it leaves."""
    # log who connects and leaves
    # not known yet: ask for it
            # {quit} or /close: leave, with or without a name
            # the first good line
            # pass it on to all the others
    # connection lost: end this participant, not the chat
    # however it ends, tell the sender once that it left


def accept_all(listener):
    """The acceptor: start a receiver for each one who connects."""
            # accept a connection; TCP_NODELAY sends short lines immediately
            # limit every call on this connection to PATIENCE
            # start a receiver for it
        # too many open files: wait, then try again


def hang_up(conn):
    """Shut this connection down both ways: that wakes its receiver, too."""
    # the connection may be lost already


def send(conn, lines):
    """Send these lines in one piece, in time."""
    # it doesn't read, or is lost: hang up


def tell_all(text, author=None):
    """Put a line into the outbox of every participant; its author knows it already."""


def on_answer(conn, text):
    """A line to one connection alone."""


def on_joined(conn, name):
    """A visitor gave a name: from now on they are a participant."""
    # tell the others; give it an outbox with a welcome


def on_refused(conn, name):
    """A visitor gave a name, but the chat is full."""


def on_said(conn, text):
    """A participant speaks to all the others."""
    # not if it was refused


def on_left(conn, name):
    """The receiver exited: no other thread uses this connection any more."""
    # it was a participant: tell the others
    # in any case, close the connection


def on_closed(conn, text):
    """Main wants the end: tell all participants, then our threads."""


# what the sender does with each kind of message


def send_outboxes():
    """Send each participant in one piece all that is new."""


def hang_up_on_all():
    """The chat is over: hang up, and wait until all receivers have ended."""
    # wait until each receiver has put "left"


def send_all(max_clients):
    """The sender: it alone takes messages out, so all people see the same order."""
        # take all the messages that wait, at least one
            # no place left
            # do what this kind of message needs
        # then send what is new


def run_console():
    """Obey the commands that are typed, until /close."""
            # main ends the chat
    # end of input: continue without a keyboard


def main():
    """Read the settings, start the threads, and say goodbye to all at the end."""
    # the log
    # address: from the command line, or 127.0.0.1 and 50007
    # the most participants
    # use UTF-8 for the keyboard on every system
        # no address given, at a terminal: ask (Enter: default)
        # listen there; from now on, clients can connect
            # start the acceptor (nothing wakes it: a daemon) and sender
                # let the sender tell everyone, and wait for it
    # Ctrl+C, or Ctrl+D where we ask: exit quietly
    # expected error: status 1


# run the program
