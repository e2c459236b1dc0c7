"""Further exercise. Consent: two may talk in private, if both want to.

These comments go into your server.py of stage 5. The ones that begin with the name
of the exercise are new; the others only show where they belong. What it does to the
byte stands in PROTOCOLS.md.
"""


# the longest line, in bytes: nobody may fill our memory with a line that never ends
# in seconds: one who does not read may keep the others waiting so long, once
# an event for all threads: the chat is over
# from all receivers to the sender: (what, connection, text); when full, they wait
# of each participant, by connection: the lines to send there next
# (only the sender looks here: no lock is needed)
# consent: of each participant, by connection: its name
# consent: of each one who was asked for a private talk: who waits for the answer
# consent: of each one who talks in private: the other one


def receive(conn, address):
    """A receiver: tell the sender what one participant does, until it leaves."""
    # log who comes, who leaves and how
    # not known yet: ask for it
            # {quit} or /close: one may leave, with or without a name
            # the first good line
            # consent: it wants a private talk
            # consent: heard by all again
            # all the others shall hear it
    # the connection is lost: that ends this participant, not the chat
    # tell the sender that it has left: once, however it ends


# consent: not for all
def tell(conn, text):
    """Put a line into the outbox of one participant."""


# consent: who is meant
def find(text):
    """Return whose name this text begins with (None: nobody's), and the rest of it."""
        # of Anna and Anna Lee it is the longer one


# consent: nobody can be asked twice
def is_busy(conn):
    """Return whether this one has asked, was asked, or talks in private."""


# consent: the end of a private talk, or of the question for it
def part(conn):
    """Forget with whom this one talks, who has asked it, and whom it has asked."""


# consent: what one says may be meant for one alone
def in_private(what, conn):
    """Return which kind this is if its author was asked or talks in private."""
    # whatever it says now is its answer
    # this is for the other one alone


def on_joined(conn, name):
    """Somebody has given a name: from now on it takes part."""
    # tell the others, then make an outbox, with the welcome in it
    # consent: keep its name


def on_left(conn, name):
    """The receiver has ended: nobody else uses this connection any more."""
    # it took part: tell the others
        # consent: without it there is no private talk
        # consent: its name counts no more
    # in any case say end-of-stream and close the connection


# consent: one wants to talk with another one in private
def on_asks(conn, text):
    """Ask the other one, if both are free."""
    # it was refused


# consent: the other one has answered
def on_answered(conn, text):
    """Begin the talk after a yes; all else means no."""


# consent: one of the two speaks
def on_confided(conn, text):
    """Only the other one hears it."""


# consent: one of the two has had enough
def on_returns(conn, text):
    """Both are heard by all again."""


# what the sender does with each kind of message
# consent: a question
# consent: its answer
# consent: words for one alone
# consent: the end of a talk


def send_all(max_clients):
    """The sender: it alone takes messages out, so all people see the same order."""
        # take all the messages that wait, at least one
            # no place left
            # consent: not for all, perhaps
            # do what this kind of message asks for
        # then send what is new
