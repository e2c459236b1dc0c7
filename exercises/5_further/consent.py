"""Further exercise. Consent: two may talk in private, if both want to.

These comments go into your server.py of stage 5. The ones that begin with the name of the exercise are new;
the others only show where they belong. What it does to the byte stands in PROTOCOLS.md.
"""


# the longest line, in bytes: nobody may fill our memory with a line that never ends
# in seconds: one who does not read may keep the others waiting so long, once
# an event for all threads: the chat is over
# from all receivers to the sender: (what, connection, text); when full, they wait
# of each participant, by connection: the lines to send there (only the sender looks: no lock is needed)
# consent: of each participant, by connection: its name (only the sender looks here too)
# consent: of each one who was asked for a private talk and has not answered: who has asked
# consent: of each one who talks in private: the other one


def receive(conn, address):
    """A receiver: tell the sender what one participant does, until it leaves."""
    # write to the log who comes, who leaves and how
    # not known yet: ask for the name
            # {quit} or /close: one may leave, with or without a name
            # consent: tell the sender whom it wants to talk with in private
            # consent: and that it wants to be heard by all again
            # with a name: all the others shall hear each line that is not empty
                # the first good line is the name, without the white space around it
            # no good name: ask again
    # the connection is lost: that ends this participant, not the chat
    # tell the sender that it has left: once, however it ends


# consent: not for all
def tell(conn, text):
    """Put a line into the outbox of one participant."""


# consent: who is meant
def find(text):
    """Return the connection of the one whose name this text begins with (None: nobody), and the rest of the text."""
    # of Anna and Anna Lee it is the longer one


# consent: the end of a private talk, or of the question for it
def part(conn):
    """Forget with whom this one talks in private, whom it has asked, and who has asked it."""


def send_all(max_clients):
    """The sender: nobody else takes messages out of the queue, so all participants see the same order."""
        # take all the messages that wait, at least one
            # consent: whatever it says now is its answer
            # consent: this is for the other one alone
            # from a participant to all the others
                # (the author knows it already)
            # to one connection alone
            # from now on it takes part
                # consent: keep its name
            # the chat is full
            # the receiver has ended: nobody else uses this connection any more
                    # consent: without it there is no private talk
                    # consent: its name counts no more
                    # if it took part, the others are told
            # consent: ask the other one, if both are free
            # consent: only after a yes the talk begins
            # consent: only the other one hears it
            # consent: both are heard by all again
            # main wants the end: tell all participants, then our threads
        # then send each participant in one piece all that is new
    # the chat is over: hang up on all
    # and wait until the receivers have told us that they have ended
