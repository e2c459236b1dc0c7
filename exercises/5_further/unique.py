"""Extra exercise. Unique: a name in use gets a number.

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
# unique: the names in use
# unique: one at a time may look for a free name and take it


# unique: the second Anna becomes Anna2
def unused(name):
    """Take this name, or the first one with a number behind it that is free."""


def take_name(conn, text):
    """Return the name in this line and tell the sender, or "" if it is no name."""
    # strip the spaces around it
        # unique: perhaps with a number
    # no good name: ask again


def on_left(conn, name):
    """The receiver exited: no other thread uses this connection any more."""
    # unique: its name is free again
    # it was a participant: tell the others
    # in any case, close the connection
