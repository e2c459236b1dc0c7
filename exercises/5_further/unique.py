"""Further exercise. Unique: a name in use gets a number.

These comments go into your server.py of stage 5. The ones that begin with the name of the exercise are new;
the others only show where they belong. What it does to the byte stands in PROTOCOLS.md.
"""


# the longest line, in bytes: nobody may fill our memory with a line that never ends
# in seconds: one who does not read may keep the others waiting so long, once
# an event for all threads: the chat is over
# from all receivers to the sender: (what, connection, text); when full, they wait
# of each participant, by connection: the lines to send there (only the sender looks: no lock is needed)
# unique: the names in use
# unique: one at a time may look for a free name and take it


# unique: the second Anna becomes Anna2
def unused(name):
    """Take this name, or the first one with a number behind it that is free."""


def receive(conn, address):
    """A receiver: tell the sender what one participant does, until it leaves."""
    # write to the log who comes, who leaves and how
    # not known yet: ask for the name
            # {quit} or /close: one may leave, with or without a name
            # with a name: all the others shall hear each line that is not empty
                # the first good line is the name, without the white space around it
                # unique: with a number behind it if somebody has it
            # no good name: ask again
    # the connection is lost: that ends this participant, not the chat
    # tell the sender that it has left: once, however it ends


def send_all(max_clients):
    """The sender: nobody else takes messages out of the queue, so all participants see the same order."""
        # take all the messages that wait, at least one
            # from a participant to all the others
                # (the author knows it already)
            # to one connection alone
            # from now on it takes part
            # the chat is full
            # the receiver has ended: nobody else uses this connection any more
                # unique: its name is free again
                    # if it took part, the others are told
            # main wants the end: tell all participants, then our threads
        # then send each participant in one piece all that is new
    # the chat is over: hang up on all
    # and wait until the receivers have told us that they have ended
