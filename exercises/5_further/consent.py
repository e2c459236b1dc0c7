"""Extra exercise. Consent: two may talk in private, if both want to.

These comments go into your server.py of stage 5. The ones that begin with the name
of the exercise are new; the others only show where they belong. PROTOCOLS.md says
exactly what it must do.
"""


# the longest line allowed, in bytes: memory needs a limit
# how long a slow client may block others, in seconds
# an event for all threads: the chat is over
# bounded, from receivers to the sender: (what, connection, text)
# by connection: the lines to send to this participant next
# (only the sender uses it, so it needs no lock)
# consent: of each participant, by connection: its name
# consent: of each one who was asked for a private talk: who waits for the answer
# consent: of each one who talks in private: the other one


def receive(conn, address):
    """A receiver: tell the sender what one participant does, until it leaves."""
    # log who connects and leaves
    # not known yet: ask for it
            # {quit} or /close: leave, with or without a name
            # the first good line
            # consent: it wants a private talk
            # consent: heard by all again
            # pass it on to all the others
    # connection lost: end this participant, not the chat
    # however it ends, tell the sender once that it left


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
    """A visitor gave a name: from now on they are a participant."""
    # tell the others; give it an outbox with a welcome
    # consent: keep its name


def on_left(conn, name):
    """The receiver exited: no other thread uses this connection any more."""
    # it was a participant: tell the others
        # consent: without it there is no private talk
        # consent: its name counts no more
    # in any case, close the connection


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
            # do what this kind of message needs
        # then send what is new
