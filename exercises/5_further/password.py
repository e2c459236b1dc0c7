"""Extra exercise. Password: who enters must give it first.

These comments go into your server.py of stage 5. The ones that begin with the name
of the exercise are new; the others only show where they belong. PROTOCOLS.md says
exactly what it must do.
"""


# the longest line allowed, in bytes: memory needs a limit
# how long a slow client may block others, in seconds
# password: the fourth argument; without it nobody is asked
# an event for all threads: the chat is over
# bounded, from receivers to the sender: (what, connection, text)
# by connection: the lines to send to this participant next
# (only the sender uses it, so it needs no lock)


# password: is it right?
def check_password(conn, address, text, tries):
    """Return whether this is the password; the visitor has so many tries left."""


def receive(conn, address):
    """A receiver: tell the sender what one participant does, until it leaves."""
    # log who connects and leaves
    # not known yet: ask for it
    # password: without one all are
    # password: so many are left
    # password: ask for it before the name
            # {quit} or /close: leave, with or without a name
            # password: before the name
            # the first good line
            # pass it on to all the others
    # connection lost: end this participant, not the chat
    # however it ends, tell the sender once that it left
